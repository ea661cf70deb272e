/* SPDX-License-Identifier: MIT */
/* A stopped call's signal gets a handler meanwhile: EINTR after SIGCONT. */
#include "tracee.h"

static void handler(int number)
{
	(void)number;
}

int main(void)
{
	int status;
	pid_t child = sys(fork());

	if (child == 0) {
		handle_flags(SIGUSR1, handler, 0);
		fails(poll(NULL, 0, -1), EINTR);
		_exit(12);
	}
	await_state(child, "S");
	sleep_ms(5);
	sys(kill(child, SIGSTOP));
	check(waitpid(child, &status, WUNTRACED) == child);
	sys(kill(child, SIGUSR1));
	sys(kill(child, SIGCONT));
	await_exit(child, 12);
	return success();
}
