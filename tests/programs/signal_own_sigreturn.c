/* SPDX-License-Identifier: MIT */
/* rt_sigreturn called by the program itself with a frame of its making. */
#include <ucontext.h>

#include "tracee.h"

static volatile int phase;
static ucontext_t saved;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
	if (phase == 0)
		saved = *(ucontext_t *)context;
}

static __attribute__((noinline)) void go_back(void *frame)
{
	asm volatile("mov %0,%%rsp\n\tmov $15,%%eax\n\tsyscall" ::"r"(frame)
		     : "memory");
	__builtin_unreachable();
}

/* No function's frame is between the signal and main. */
static __attribute__((always_inline)) inline void signal_self(void)
{
	long call = SYS_tkill;

	asm volatile("syscall"
		     : "+a"(call)
		     : "D"((long)my_tid()), "S"((long)SIGUSR1)
		     : "rcx", "r11", "memory");
}

int main(void)
{
	static ucontext_t again;

	handle_info(SIGUSR1, handler, 0);
	signal_self();
	/* Comes here twice: the second time by the frame saved above. */
	if (phase++ == 0) {
		again = saved;
		again.uc_mcontext.fpregs = NULL;
		go_back(&again);
	}
	check(phase == 2);
	return success();
}
