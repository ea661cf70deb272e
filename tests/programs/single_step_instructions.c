/* SPDX-License-Identifier: MIT */
/*
 * The program steps itself, by the trap flag, over instructions that the
 * recorder executes in its place: each is one step.  (EXPECT-PLAIN-OUTPUT)
 */
#include <ucontext.h>

#include "tracee.h"

static volatile int steps;

static void handler(int number, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	(void)number;
	check(info->si_code == TRAP_TRACE);
	check(info->si_addr == (void *)user->uc_mcontext.gregs[REG_RIP]);
	steps++;
}

/* What the code pushes is below the red zone. */
__attribute__((noinline)) static int step_over_some(void)
{
	steps = 0;
	asm volatile("sub $128, %%rsp\n\t"
		     "pushfq\n\t"
		     "orq $0x100, (%%rsp)\n\t"
		     "popfq\n\t"
		     "xor %%eax, %%eax\n\t"
		     "cpuid\n\t"
		     "rdtsc\n\t"
		     "nop\n\t"
		     "pushfq\n\t"
		     "andq $~0x100, (%%rsp)\n\t"
		     "popfq\n\t"
		     "add $128, %%rsp" ::
			     : "rax", "rbx", "rcx", "rdx", "memory", "cc");
	return steps;
}

int main(void)
{
	handle_info(SIGTRAP, handler, 0);
	for (int i = 0; i < 3; i++)
		say("%d steps\n", step_over_some());
	return success();
}
