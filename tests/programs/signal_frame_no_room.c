/* SPDX-License-Identifier: MIT */
/*
 * A signal whose frame does not fit on the signal stack becomes a SIGSEGV that no
 * instruction raises; a handler takes it on the other stack, and goes on.
 */
#include <setjmp.h>

#include "tracee.h"

static sigjmp_buf back;
static volatile sig_atomic_t faults, others;

static void on_fault(int signal)
{
	(void)signal;
	faults++;
	siglongjmp(back, 1);
}

static void on_other(int signal)
{
	(void)signal;
	others++;
}

/* Just behind the call, an instruction that raises the same signal. */
static void halt_behind_call(void)
{
	long number = SYS_getpid;

	if (sigsetjmp(back, 1) == 0)
		__asm__ volatile("syscall\n\thlt" : "+a"(number) : :
				 "rcx", "r11", "memory");
}

int main(void)
{
	struct sigaction fault = { .sa_handler = on_fault };
	struct sigaction other = {
		.sa_handler = on_other, .sa_flags = SA_ONSTACK | SA_RESTART,
	};
	stack_t stack = { .ss_size = 65536 };
	int ends[2];

	stack.ss_sp = map_private(stack.ss_size);
	sys(sigaction(SIGSEGV, &fault, NULL));
	sys(sigaction(SIGUSR1, &other, NULL));
	sys(sigaction(SIGALRM, &other, NULL));
	sys(pipe(ends));
	sys(sigaltstack(&stack, NULL));
	/* Frames come from its top, which goes. */
	sys(munmap((char *)stack.ss_sp + 4096, stack.ss_size - 4096));
	for (int i = 0; i < 6; i++)
		if (sigsetjmp(back, 1) == 0)
			sys(raise(SIGUSR1));
	if (sigsetjmp(back, 1) == 0) {
		char byte;
		struct itimerval soon = { .it_value = { .tv_usec = 1000 } };

		sys(setitimer(ITIMER_REAL, &soon, NULL));
		sys(read(ends[0], &byte, 1)); /* it would be made again */
	}
	halt_behind_call();
	say("%d faults, %d others\n", (int)faults, (int)others);
	check(faults == 8 && others == 0);
	return success();
}
