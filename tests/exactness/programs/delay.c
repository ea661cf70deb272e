/* SPDX-License-Identifier: MIT */
/*
 * How late the signals of a timer of a millisecond are for a program that only
 * computes: half of them at most 5 ms.  Processor time is what counts, since
 * others may use the processor, too.
 *
 * levels: O2
 */
#include "strike.h"

#define SIGNALS 41
#define LIMIT_US 5000

static volatile uint64_t due_ns, used_ns;
static uint64_t delays_us[SIGNALS], real_us[SIGNALS];
static volatile int count;

static void arrive(int signal)
{
	uint64_t used = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	(void)signal;
	if (count < SIGNALS) {
		delays_us[count] = (used - used_ns) / 1000;
		real_us[count] = now < due_ns ? 0 : (now - due_ns) / 1000;
	}
	count++;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int main(void)
{
	struct itimerval once = { { 0, 0 }, { 0, 1000 } };

	handle_flags(SIGALRM, arrive, SA_RESTART);
	while (count < SIGNALS) {
		int before = count;

		due_ns = clock_ns(CLOCK_MONOTONIC) + 1000000;
		used_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
		sys(setitimer(ITIMER_REAL, &once, NULL));
		while (count == before)
			progress++;
	}
	qsort(delays_us, SIGNALS, sizeof(*delays_us), compare);
	qsort(real_us, SIGNALS, sizeof(*real_us), compare);
	say("after %llu us of computing, %llu at most; %llu us late\n",
	    (unsigned long long)delays_us[SIGNALS / 2],
	    (unsigned long long)delays_us[SIGNALS - 1],
	    (unsigned long long)real_us[SIGNALS / 2]);
	check(delays_us[SIGNALS / 2] <= 1000 + LIMIT_US);
	return success();
}
