/* SPDX-License-Identifier: MIT */
/*
 * Handlers compute so long that other signals strike them.
 *
 * levels: O0 O2
 */
#include "strike.h"

static const int signals[] = { SIGALRM, SIGVTALRM, SIGPROF, SIGUSR1 };
static volatile int depth, deepest;
static volatile uint64_t work;

static void strike_slowly(int signal, siginfo_t *info, void *context)
{
	progress_within = (uint64_t)depth++;
	if (depth > deepest)
		deepest = depth;
	strike(signal, info, context);
	for (int i = 0; i < 3000000 && !strikes_over; i++)
		work++;
	depth--;
}

int main(void)
{
	strikes_begin();
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		handle_info(signals[i], strike_slowly, SA_RESTART);
	every_millisecond(ITIMER_VIRTUAL);
	every_millisecond(ITIMER_PROF);
	while (!strikes_over)
		progress++;
	strikes_end();
	say("deepest %d, work %llu, %llu\n", deepest, (unsigned long long)work,
	    (unsigned long long)progress);
	return success();
}
