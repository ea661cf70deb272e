/* SPDX-License-Identifier: MIT */
/*
 * A handler spoils what the kernel is to restore: rt_sigreturn raises a SIGSEGV,
 * at a place where no instruction does.
 */
#include <ucontext.h>

#include "tracee.h"

static volatile sig_atomic_t faults;

static void spoil(int signal, siginfo_t *info, void *context)
{
	ucontext_t *ucontext = context;
	uint32_t *sizes = (void *)ucontext->uc_mcontext.fpregs;

	(void)signal;
	(void)info;
	/* reserved bits of MXCSR, without an extended state behind it */
	sizes[464 / 4] = 0;
	sizes[24 / 4] = 0xffffffff;
}

static void on_fault(int signal)
{
	(void)signal;
	faults++;
}

int main(void)
{
	struct sigaction spoiling = {
		.sa_sigaction = spoil, .sa_flags = SA_SIGINFO,
	};
	struct sigaction fault = { .sa_handler = on_fault };

	sys(sigaction(SIGUSR1, &spoiling, NULL));
	sys(sigaction(SIGSEGV, &fault, NULL));
	for (int i = 0; i < 6; i++) {
		sys(raise(SIGUSR1));
		say("%d faults\n", (int)faults);
	}
	check(faults == 6);
	return success();
}
