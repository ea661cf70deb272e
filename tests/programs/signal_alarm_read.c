/* SPDX-License-Identifier: MIT */
/* alarm interrupts a read; alarm says how long the old one had left. */
#include "tracee.h"

static volatile sig_atomic_t got;

static void handler(int number)
{
	got = number;
}

int main(void)
{
	int ends[2];
	char byte;

	sys(pipe(ends));
	handle_flags(SIGALRM, handler, 0);
	check(alarm(100) == 0);
	check(alarm(1) == 100);
	fails(read(ends[0], &byte, 1), EINTR);
	check(got == SIGALRM);
	return success();
}
