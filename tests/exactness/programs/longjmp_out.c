/* SPDX-License-Identifier: MIT */
/*
 * The handler leaves for good, out of the middle of a computation.
 *
 * levels: O0 O2 O3
 */
#include "strike.h"

#include <setjmp.h>

static sigjmp_buf out;
static volatile uint64_t sum;

static void leave(int signal, siginfo_t *info, void *context)
{
	strike(signal, info, context);
	siglongjmp(out, 1);
}

int main(void)
{
	if (!sigsetjmp(out, 1)) {
		strikes_wanted = from_environment("STRIKES", strikes_wanted);
		handle_info(SIGALRM, leave, 0);
		every_millisecond(ITIMER_REAL);
	}
	while (!strikes_over) {
		progress++;
		for (int i = 0; i < 100; i++)
			sum += progress ^ (uint64_t)i;
	}
	strikes_end();
	say("%llu, %llu\n", (unsigned long long)progress,
	    (unsigned long long)sum);
	return success();
}
