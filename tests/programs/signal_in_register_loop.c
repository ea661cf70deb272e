/* SPDX-License-Identifier: MIT */
/* Signals strike a loop that counts in a register and makes no call. */
#include "tracee.h"

#include <ucontext.h>

#define SIGNALS 15

static volatile int count;
static uint64_t passes[SIGNALS];

static void on_signal(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *now = context;

	(void)signal;
	(void)info;
	if (count < SIGNALS)
		passes[count] = (uint64_t)now->uc_mcontext.gregs[REG_R12];
	count++;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_signal,
				    .sa_flags = SA_SIGINFO };
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
	uint64_t total = 0;

	sys(sigaction(SIGALRM, &action, NULL));
	sys(setitimer(ITIMER_REAL, &often, NULL));
	__asm__ volatile("xor %%r12d, %%r12d\n"
			 "1: inc %%r12\n"
			 "cmpl %2, %1\n"
			 "jl 1b\n"
			 "mov %%r12, %0\n"
			 : "=r"(total)
			 : "m"(count), "i"(SIGNALS)
			 : "r12", "cc", "memory");
	sys(setitimer(ITIMER_REAL, &never, NULL));
	for (int i = 0; i < SIGNALS; i++) {
		say("signal %d at pass %llu\n", i,
		    (unsigned long long)passes[i]);
		check(passes[i] <= total && (!i || passes[i] >= passes[i - 1]));
	}
	return success();
}
