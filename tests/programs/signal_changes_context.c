/* SPDX-License-Identifier: MIT */
/* A handler rewrites registers in its ucontext; they count after it. */
#include <ucontext.h>

#include "tracee.h"

static void handler(int number, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	(void)number, (void)info;
	user->uc_mcontext.gregs[REG_RIP] += 2;
	user->uc_mcontext.gregs[REG_RBX] = 0x1122334455667788;
	user->uc_mcontext.fpregs->_xmm[7].element[0] = 0xfeedface;
	sigaddset(&user->uc_sigmask, SIGUSR2);
}

int main(void)
{
	unsigned long value = 1;
	unsigned element;
	sigset_t set;

	handle_info(SIGILL, handler, 0);
	asm volatile("pxor %%xmm7,%%xmm7\n\t"
		     "ud2\n\t"
		     "movd %%xmm7,%1"
		     : "+b"(value), "=r"(element)
		     :
		     : "xmm7", "memory");
	check(value == 0x1122334455667788 && element == 0xfeedface);
	sigprocmask(SIG_BLOCK, NULL, &set);
	check(sigismember(&set, SIGUSR2));
	return success();
}
