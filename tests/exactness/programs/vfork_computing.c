/* SPDX-License-Identifier: MIT */
/*
 * The child of a vfork computes in its parent's memory, and signals strike it.
 *
 * levels: O1
 */
#include "strike.h"

int main(void)
{
	pid_t child;

	strikes_wanted = from_environment("STRIKES", strikes_wanted);
	handle_info(SIGALRM, strike, SA_RESTART);
	child = vfork();
	if (child == 0) {
		every_millisecond(ITIMER_REAL);
		while (!strikes_over)
			progress++;
		_exit(0);
	}
	await_exit(sys(child), 0);
	strikes_print();
	say("%llu\n", (unsigned long long)progress);
	return success();
}
