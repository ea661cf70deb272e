/* SPDX-License-Identifier: MIT */
/* A threaded process is stopped and continued as a whole. */
#include "tracee.h"

static int *beats;

static void *thread_main(void *argument)
{
	for (;;) {
		__atomic_add_fetch(&beats[(long)argument], 1, __ATOMIC_SEQ_CST);
		sleep_ms(1);
	}
	return NULL;
}

int main(void)
{
	int status, before[3];
	pid_t child;

	beats = map_shared(4096);
	child = sys(fork());
	if (child == 0) {
		pthread_t thread;

		for (long i = 0; i < 3; i++)
			pthread_create(&thread, NULL, thread_main, (void *)i);
		for (;;)
			pause();
	}
	while (!beats[0] || !beats[1] || !beats[2])
		sleep_ms(1);
	sys(kill(child, SIGSTOP));
	check(waitpid(child, &status, WUNTRACED) == child);
	memcpy(before, beats, sizeof(before));
	sleep_ms(10);
	check(!memcmp(before, beats, sizeof(before)));
	sys(kill(child, SIGCONT));
	while (beats[0] == before[0] || beats[1] == before[1] ||
	       beats[2] == before[2])
		sleep_ms(1);
	say("beats %d %d %d\n", before[0], before[1], before[2]);
	sys(kill(child, SIGKILL));
	await_signal(child, SIGKILL);
	return success();
}
