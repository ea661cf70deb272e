/* SPDX-License-Identifier: MIT */
/* Signals strike loops of the instructions that count in rcx and jump. */
#include "tracee.h"

#define SIGNALS 12

static volatile int count;

static void on_signal(int signal)
{
	(void)signal;
	count++;
}

int main(void)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
	uint64_t passes = 0, inner = 0;

	check(signal(SIGALRM, on_signal) != SIG_ERR);
	sys(setitimer(ITIMER_REAL, &often, NULL));
	__asm__ volatile("1: inc %0\n"
			 "mov $7, %%ecx\n"
			 "2: inc %1\n"
			 "loop 2b\n"
			 "mov %2, %%rdx\n"
			 "mov $9, %%ecx\n"
			 "3: dec %%rcx\n"
			 "jrcxz 4f\n"
			 "jmp 3b\n"
			 "4: mov %2, %%rdx\n"
			 "cmpl %3, %2\n"
			 "jl 1b\n"
			 : "+r"(passes), "+r"(inner)
			 : "m"(count), "i"(SIGNALS)
			 : "rcx", "rdx", "cc", "memory");
	sys(setitimer(ITIMER_REAL, &never, NULL));
	check(inner == passes * 7);
	say("%llu passes\n", (unsigned long long)passes);
	return success();
}
