/* SPDX-License-Identifier: MIT */
/*
 * For programs that are not written in C, which load it: a handler that counts.
 *
 * library
 */
#include "strike.h"

int strikes_so_far(void)
{
	return strike_count;
}

void strikes_start(void)
{
	strikes_wanted = STRIKES_MAX;
	handle_info(SIGALRM, strike, SA_RESTART);
	every_millisecond(ITIMER_REAL);
}

void strikes_stop(void)
{
	strikes_end();
}
