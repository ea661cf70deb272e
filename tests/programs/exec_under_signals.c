/* SPDX-License-Identifier: MIT */
/* Signals, ignored ones and blocked ones, arrive while a process executes. */
#include "tracee.h"

static void again(char *program, int generation)
{
	char count[16], *args[] = { program, count, NULL };

	if (generation == 40)
		_exit(53);
	snprintf(count, sizeof(count), "%d", generation + 1);
	execv("/proc/self/exe", args);
	_exit(99);
}

int main(int argc, char **argv)
{
	int sent = 0, status;
	pid_t child;

	if (argc > 1)
		again(argv[0], atoi(argv[1]));
	mask(SIG_BLOCK, SIGUSR2);
	signal(SIGUSR1, SIG_IGN);
	child = sys(fork());
	if (child == 0)
		again(argv[0], 0);
	while (waitpid(child, &status, WNOHANG) == 0) {
		static const int numbers[] = { SIGWINCH, SIGUSR1, SIGUSR2,
					       SIGCONT };

		kill(child, numbers[sent++ % 4]);
		sched_yield();
	}
	say("%d signals sent\n", sent);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 53);
	return success();
}
