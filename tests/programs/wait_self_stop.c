/* SPDX-License-Identifier: MIT */
/* A child stops itself; SIGTSTP handled, default and ignored. */
#include "tracee.h"

static volatile sig_atomic_t handled;

static void handler(int number)
{
	handled = number;
}

int main(void)
{
	int status;
	pid_t child = sys(fork());

	if (child == 0) {
		handle_flags(SIGTSTP, handler, 0);
		raise(SIGTSTP);
		check(handled == SIGTSTP);
		signal(SIGTSTP, SIG_IGN);
		raise(SIGTSTP);
		raise(SIGSTOP);
		say("child goes on\n");
		_exit(0);
	}
	check(waitpid(child, &status, WUNTRACED) == child);
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	say("child stopped\n");
	sys(kill(child, SIGCONT));
	await_exit(child, 0);
	return success();
}
