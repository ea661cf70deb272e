/* SPDX-License-Identifier: MIT */
/* A program that hangs in a loop until a signal ends it, or crashes. */
#include <sys/time.h>

volatile unsigned long turns = 1;

static void hang(void)
{
#ifdef SELF
	for (;;); /* MARK self */
#endif
	for (;;) {
#ifdef STILL
		(void)turns; /* nothing changes */
#else
		turns++;
#endif
	}
}

int main(void)
{
	struct itimerval soon = { .it_value = { .tv_usec = 20000 } };

#ifdef CRASHES
	turns = 5;
	*(volatile int *)turns = 1; /* MARK crash */
#endif
	setitimer(ITIMER_REAL, &soon, 0);
	hang(); /* MARK hang */
	return 0;
}
