/* SPDX-License-Identifier: MIT */
/* Signals strike nested loops whose counters are in memory only. */
#include "tracee.h"

#define SIGNALS 15

static volatile int count;
static volatile uint64_t passes, inner;
static uint64_t struck[SIGNALS][2];

static void on_signal(int signal)
{
	(void)signal;
	if (count < SIGNALS) {
		struck[count][0] = passes;
		struck[count][1] = inner;
	}
	count++;
}

int main(void)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };

	check(signal(SIGALRM, on_signal) != SIG_ERR);
	sys(setitimer(ITIMER_REAL, &often, NULL));
	while (count < SIGNALS) {
		for (inner = 0; inner < 1000; inner++)
			;
		passes++;
	}
	sys(setitimer(ITIMER_REAL, &never, NULL));
	for (int i = 0; i < SIGNALS; i++)
		say("signal %d at pass %llu, %llu\n", i,
		    (unsigned long long)struck[i][0],
		    (unsigned long long)struck[i][1]);
	return success();
}
