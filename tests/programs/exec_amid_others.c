/* SPDX-License-Identifier: MIT */
/*
 * A program with threads executes another one while other processes run: its
 * threads die when it is not its turn.
 */
#include "tracee.h"

#define ROUNDS 30
#define THREADS 4

static volatile int *state; /* threads that wait; done */

static void *wait_for_ever(void *argument)
{
	char byte;

	__atomic_add_fetch(&state[0], 1, __ATOMIC_SEQ_CST);
	(void)!read(*(int *)argument, &byte, 1);
	return NULL;
}

static void execute(int fd)
{
	pthread_t id;

	for (int i = 0; i < THREADS; i++)
		check(!pthread_create(&id, NULL, wait_for_ever, &fd));
	while (state[0] < THREADS)
		sched_yield();
	execl("/proc/self/exe", "again", "child", NULL);
	_exit(99);
}

/* Calls of all lengths, so that turns end at all places. */
static void be_busy(void)
{
	while (!state[1])
		for (int i = 0; i < 20 && !state[1]; i++)
			if (i % 3)
				getppid();
			else
				usleep(i * 10);
	_exit(0);
}

int main(int argc, char **argv)
{
	int ends[2];

	(void)argv;
	if (argc > 1)
		return 5;
	state = map_shared(4096);
	sys(pipe(ends));
	for (int i = 0; i < 3; i++)
		if (sys(fork()) == 0)
			be_busy();
	for (int round = 0; round < ROUNDS; round++) {
		pid_t child;

		state[0] = 0;
		child = sys(fork());
		if (child == 0)
			execute(ends[0]);
		await_exit(child, 5);
	}
	state[1] = 1;
	for (int i = 0; i < 3; i++)
		await_exit(-1, 0);
	return success();
}
