/* SPDX-License-Identifier: MIT */
/*
 * Processes that make processes and threads all the time, until they are
 * killed: by this program, or by others (tests/robustness), so many times.
 */
#include "tracee.h"

#define VICTIMS 4

static void *end_at_once(void *argument)
{
	return argument;
}

static void *make_others(void *argument)
{
	for (;;) {
		pthread_t thread;
		pid_t child;

		if (!pthread_create(&thread, NULL, end_at_once, NULL))
			pthread_join(thread, NULL);
		child = fork();
		if (!child) {
			prctl(PR_SET_NAME, "other");
			_exit(0);
		}
		if (child > 0)
			waitpid(child, NULL, 0);
	}
	return argument;
}

static pid_t start_victim(int number)
{
	pid_t victim = fork();

	if (!victim) {
		pthread_t thread;

		prctl(PR_SET_NAME, "victim");
		if (number % 2)
			pthread_create(&thread, NULL, make_others, NULL);
		make_others(NULL);
	}
	return victim;
}

int main(int argc, char **argv)
{
	int deaths = argc > 1 ? atoi(argv[1]) : 12;
	pid_t victims[VICTIMS];

	for (int i = 0; i < VICTIMS; i++)
		victims[i] = start_victim(i);
	for (int i = 0; i < deaths; i++) {
		int status, n = i % VICTIMS;
		pid_t ended;

		if (argc < 2)
			sys(kill(victims[n], SIGKILL));
		ended = wait(&status);
		check(ended > 0);
		check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		for (n = 0; n < VICTIMS && victims[n] != ended;)
			n++;
		check(n < VICTIMS);
		victims[n] = start_victim(n);
	}
	for (int i = 0; i < VICTIMS; i++) {
		kill(victims[i], SIGKILL);
		sys(waitpid(victims[i], NULL, 0));
	}
	return success();
}
