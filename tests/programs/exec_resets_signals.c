/* SPDX-License-Identifier: MIT */
/* Over exec: handlers reset, ignored and blocked stay, pending stays. */
#include "tracee.h"

static void handler(int number)
{
	(void)number;
}

static int second(void)
{
	struct sigaction action;
	sigset_t set;

	sys(sigaction(SIGUSR1, NULL, &action));
	check(action.sa_handler == SIG_DFL);
	sys(sigaction(SIGHUP, NULL, &action));
	check(action.sa_handler == SIG_IGN);
	sigprocmask(SIG_BLOCK, NULL, &set);
	check(sigismember(&set, SIGUSR2) == 1);
	check(sigismember(&set, SIGTERM) == 0);
	sigpending(&set);
	check(sigismember(&set, SIGUSR2) == 1);
	return success();
}

int main(int argc, char **argv)
{
	char *args[] = { argv[0], "second", NULL };

	if (argc > 1)
		return second();
	handle_flags(SIGUSR1, handler, 0);
	signal(SIGHUP, SIG_IGN);
	mask(SIG_BLOCK, SIGUSR2);
	raise(SIGUSR2);
	sys(execv("/proc/self/exe", args));
}
