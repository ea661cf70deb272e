/* SPDX-License-Identifier: MIT */
/*
 * SIGALRM ends the program, which only computes.
 *
 * levels: O0 O2
 * status: 142
 * points: none
 */
#include "strike.h"

int main(void)
{
	say("EXIT-SUCCESS\n");
	every_millisecond(ITIMER_REAL);
	for (;;)
		progress++;
}
