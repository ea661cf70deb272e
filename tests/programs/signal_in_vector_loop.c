/* SPDX-License-Identifier: MIT */
/* Only a vector register tells the passes of this loop apart. */
#include "tracee.h"

static volatile int count;

static void on_signal(int signal)
{
	(void)signal;
	count++;
}

int main(void)
{
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } }, never = { 0 };
	double passes = 0, one = 1;

	check(signal(SIGALRM, on_signal) != SIG_ERR);
	sys(setitimer(ITIMER_REAL, &often, NULL));
	__asm__ volatile("1: addsd %1, %0\n"
			 "sqrtsd %1, %%xmm7\n"
			 ".rept 60\n sqrtsd %%xmm7, %%xmm7\n .endr\n"
			 ".rept 60\n sqrtsd %%xmm7, %%xmm7\n .endr\n"
			 "cmpl $2, %2\n"
			 "jl 1b\n"
			 : "+x"(passes)
			 : "x"(one), "m"(count)
			 : "xmm7", "cc", "memory");
	sys(setitimer(ITIMER_REAL, &never, NULL));
	check(passes > 1);
	say("%.0f passes\n", passes);
	return success();
}
