/* SPDX-License-Identifier: MIT */
/* Signals strike a loop that consists of long string instructions. */
#include "tracee.h"

#define SIGNALS 10
#define LENGTH 1000003

static volatile int count;
static volatile uint64_t passes;
static uint64_t struck[SIGNALS];
static char bytes[LENGTH];

/* The last one stops the timer: a slow recorder may get no further. */
static void on_signal(int signal)
{
	struct itimerval never = { 0 };

	(void)signal;
	if (count < SIGNALS)
		struck[count] = passes;
	if (++count == SIGNALS)
		sys(setitimer(ITIMER_REAL, &never, NULL));
}

int main(void)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };

	check(signal(SIGALRM, on_signal) != SIG_ERR);
	sys(setitimer(ITIMER_REAL, &often, NULL));
	for (; count < SIGNALS; passes++) {
		char *to = bytes;
		size_t length = LENGTH;

		__asm__ volatile("rep stosb" : "+D"(to), "+c"(length)
				 : "a"(passes) : "memory");
		check(!length && bytes[LENGTH - 1] == (char)passes);
	}
	for (int i = 0; i < SIGNALS; i++)
		say("signal %d at pass %llu\n", i,
		    (unsigned long long)struck[i]);
	return success();
}
