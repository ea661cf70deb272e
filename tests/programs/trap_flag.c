/* SPDX-License-Identifier: MIT */
/*
 * A program that steps through its own code, and the C library's calls, by the
 * trap flag: each instruction of its own traps once, and none of anybody else's.
 * EXPECT-PLAIN-OUTPUT
 */
#include <ucontext.h>

#include "tracee.h"

#define CALLS 8

static volatile sig_atomic_t steps, repeated;
static volatile uintptr_t last_rip;

static void on_step(int signal, siginfo_t *info, void *context)
{
	ucontext_t *ucontext = context;
	uintptr_t rip = (uintptr_t)ucontext->uc_mcontext.gregs[REG_RIP];

	(void)signal;
	(void)info;
	steps++;
	repeated += rip == last_rip;
	last_rip = rip;
}

static void set_trap_flag(int is_set)
{
	if (is_set)
		__asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq"
				 ::: "memory", "cc");
	else
		__asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq"
				 ::: "memory", "cc");
}

/* The first instruction that traps is the one before the call. */
static long step_into_call(void)
{
	long number;

	__asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq\n\t"
			 "movl %1, %%eax\n\t"
			 "syscall\n\t"
			 "pushfq; andq $~0x100, (%%rsp); popfq"
			 : "=a"(number) : "i"(SYS_getppid)
			 : "rcx", "r11", "memory", "cc");
	return number;
}

static long call(void)
{
	long number;

	__asm__ volatile("movl %1, %%eax\n\tsyscall" : "=a"(number)
			 : "i"(SYS_getppid) : "rcx", "r11", "memory");
	return number;
}

int main(void)
{
	struct sigaction action = {
		.sa_sigaction = on_step, .sa_flags = SA_SIGINFO,
	};
	char byte;
	int fd = sys(open("/dev/zero", O_RDONLY));

	sys(sigaction(SIGTRAP, &action, NULL));
	for (int i = 0; i < CALLS; i++) {
		check(call() == getppid());
		sys(pread(fd, &byte, 1, 0));
	}
	for (int i = 0; i < CALLS; i++) {
		steps = 0;
		check(step_into_call() == getppid());
		say("%d steps to and from a call\n", (int)steps);
		check(steps > 2);
	}
	steps = 0;
	set_trap_flag(1);
	sys(pread(fd, &byte, 1, 0));
	getppid();
	set_trap_flag(0);
	say("%s, %d places twice\n", steps > 10 ? "stepped" : "not stepped",
	    (int)repeated);
	check(steps > 10 && steps < 10000 && !repeated);
	return success();
}
