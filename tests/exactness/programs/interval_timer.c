/* SPDX-License-Identifier: MIT */
/*
 * A timer of a millisecond goes off all the time; the program computes for
 * $MILLISECONDS.
 *
 * levels: O2
 */
#include "strike.h"

static volatile int is_over;

static void note(int signal, siginfo_t *info, void *context)
{
	static uint64_t end;

	(void)info;
	if (!end)
		end = clock_ns(CLOCK_MONOTONIC) +
		      from_environment("MILLISECONDS", 200) * 1000000ull;
	strike_note(signal, context);
	if (clock_ns(CLOCK_MONOTONIC) >= end)
		is_over = 1;
}

int main(void)
{
	uint64_t value = 1;

	handle_info(SIGALRM, note, 0);
	every_millisecond(ITIMER_REAL);
	while (!is_over) {
		for (int i = 0; i < 1000; i++)
			value = value * 6364136223846793005 + 1;
		progress++;
	}
	strikes_end();
	say("%llu after %llu\n", (unsigned long long)value,
	    (unsigned long long)progress);
	return success();
}
