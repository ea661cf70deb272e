/* SPDX-License-Identifier: MIT */
/* A handler leaves a blocking read by siglongjmp, again and again. */
#include <setjmp.h>

#include "tracee.h"

static sigjmp_buf back;

static void handler(int number)
{
	siglongjmp(back, number);
}

int main(void)
{
	struct itimerval soon = { { 0, 0 }, { 0, 5000 } };
	volatile int count = 0;
	int ends[2];
	char byte;

	sys(pipe(ends));
	handle_flags(SIGALRM, handler, SA_RESTART);
	if (sigsetjmp(back, 1))
		count++;
	if (count < 5) {
		sys(setitimer(ITIMER_REAL, &soon, NULL));
		check(read(ends[0], &byte, 1) == 1);
	}
	check(count == 5);
	return success();
}
