/* SPDX-License-Identifier: MIT */
/* A SIGCONT handler runs when the process goes on. */
#include "tracee.h"

static volatile sig_atomic_t got;

static void handler(int number)
{
	got = number;
}

int main(void)
{
	int status;
	pid_t child = sys(fork());

	if (child == 0) {
		handle_flags(SIGCONT, handler, 0);
		raise(SIGSTOP);
		check(got == SIGCONT);
		_exit(5);
	}
	check(waitpid(child, &status, WUNTRACED) == child);
	sys(kill(child, SIGCONT));
	await_exit(child, 5);
	return success();
}
