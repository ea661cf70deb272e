/* SPDX-License-Identifier: MIT */
/* Three different signals whose handlers interrupt each other. */
#include "tracee.h"

static volatile sig_atomic_t trail[16], steps;

static void handler(int number)
{
	trail[steps++] = number;
	if (number == SIGUSR1)
		raise(SIGUSR2);
	if (number == SIGUSR2)
		raise(SIGHUP);
	trail[steps++] = -number;
}

int main(void)
{
	static const int expected[] = { SIGUSR1, SIGUSR2,  SIGHUP,
					-SIGHUP, -SIGUSR2, -SIGUSR1 };

	handle_flags(SIGUSR1, handler, 0);
	handle_flags(SIGUSR2, handler, 0);
	handle_flags(SIGHUP, handler, 0);
	raise(SIGUSR1);
	check(steps == 6);
	for (int i = 0; i < 6; i++)
		check(trail[i] == expected[i]);
	return success();
}
