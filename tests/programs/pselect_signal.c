/* SPDX-License-Identifier: MIT */
/* pselect is interrupted by a signal that only its own mask lets in. */
#include <sys/select.h>

#include "tracee.h"

static volatile sig_atomic_t got;

static void handler(int number)
{
	got = number;
}

int main(void)
{
	struct timespec wait = { 0, 1000000 };
	sigset_t empty;
	fd_set set;

	sigemptyset(&empty);
	handle_flags(SIGALRM, handler, 0);
	mask(SIG_BLOCK, SIGALRM);
	FD_ZERO(&set);
	check(pselect(0, &set, NULL, NULL, &wait, NULL) == 0);
	alarm(1);
	fails(pselect(0, &set, NULL, NULL, NULL, &empty), EINTR);
	check(got == SIGALRM);
	return success();
}
