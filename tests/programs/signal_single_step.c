/* SPDX-License-Identifier: MIT */
/* The trap flag set by the program itself: SIGTRAP after each instruction. */
#include <ucontext.h>

#include "tracee.h"

static volatile sig_atomic_t count;

static void handler(int number, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	(void)number;
	check(info->si_code == TRAP_TRACE);
	if (++count == 5)
		user->uc_mcontext.gregs[REG_EFL] &= ~0x100;
}

int main(void)
{
	handle_info(SIGTRAP, handler, 0);
	asm volatile("pushf\n\t"
		     "orl $0x100,(%%rsp)\n\t"
		     "popf\n\t"
		     "nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop" ::
			     : "cc", "memory");
	check(count == 5);
	return success();
}
