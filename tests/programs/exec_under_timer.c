/* SPDX-License-Identifier: MIT */
/* A timer's ignored signal arrives at any moment of many execs and forks. */
#include "tracee.h"

static void again(char *program, int generation)
{
	char count[16], *args[] = { program, count, NULL };
	pid_t child;

	if (generation == 60)
		_exit(55);
	if (generation % 3 == 0) {
		child = sys(fork());
		if (child == 0)
			_exit(generation);
		await_exit(child, generation);
	}
	snprintf(count, sizeof(count), "%d", generation + 1);
	execv("/proc/self/exe", args);
	_exit(99);
}

int main(int argc, char **argv)
{
	struct itimerval every = { { 0, 130 }, { 0, 130 } };
	pid_t child;

	if (argc > 1)
		again(argv[0], atoi(argv[1]));
	child = sys(fork());
	if (child == 0) {
		signal(SIGALRM, SIG_IGN);
		sys(setitimer(ITIMER_REAL, &every, NULL));
		again(argv[0], 0);
	}
	await_exit(child, 55);
	return success();
}
