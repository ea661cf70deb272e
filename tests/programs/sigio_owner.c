/* SPDX-License-Identifier: MIT */
/* O_ASYNC: SIGIO or a chosen signal when a pipe becomes readable. */
#include "tracee.h"

static volatile siginfo_t last;
static volatile sig_atomic_t got;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)context;
	*(siginfo_t *)&last = *info;
	got = number;
}

int main(void)
{
	int ends[2];

	sys(pipe(ends));
	handle_info(SIGRTMIN + 1, handler, 0);
	sys(fcntl(ends[0], F_SETOWN, getpid()));
	sys(fcntl(ends[0], F_SETSIG, SIGRTMIN + 1));
	sys(fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK));
	check(fcntl(ends[0], F_GETOWN) == getpid());
	put(ends[1], "x", 1);
	while (!got)
		sleep_ms(100);
	check(got == SIGRTMIN + 1 && last.si_fd == ends[0]);
	check(last.si_code == POLL_IN);
	return success();
}
