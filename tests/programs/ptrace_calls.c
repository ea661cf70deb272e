/* SPDX-License-Identifier: MIT */
/* A tracer sees the calls of its child, changes them, and skips one. */
#include "tracer.h"

#include <linux/ptrace.h>

#define CALL_STOP STOP_STATUS(SIGTRAP | 0x80)

static char text[] = "written by the child\n";
static char other[] = "changed by its tracer\n";

static void run(void)
{
	syscall(SYS_getppid);
	syscall(SYS_write, 1, text, sizeof(text) - 1);
	syscall(SYS_write, 1, text, sizeof(text) - 1);
	if (syscall(SYS_getuid) != 4242)
		_exit(3);
	if (syscall(SYS_munmap, 0, 0) != -1 || errno != EXDEV)
		_exit(4);
	if (syscall(SYS_getpgrp) != 77)
		_exit(5);
}

/* To the next stop at a call, entry or exit; its number or result. */
static long next(pid_t child, int op)
{
	struct __ptrace_syscall_info info;
	long length;

	go_on(PTRACE_SYSCALL, child, 0);
	expect(child, CALL_STOP);
	memset(&info, 0x55, sizeof(info));
	length = sys(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info),
			    &info));
	check(info.op == op && length >= 24);
	check(info.instruction_pointer == registers_of(child).rip);
	return op == PTRACE_SYSCALL_INFO_ENTRY ? (long)info.entry.nr :
						 info.exit.rval;
}

static void find(pid_t child, long number)
{
	while (next(child, PTRACE_SYSCALL_INFO_ENTRY) != number)
		next(child, PTRACE_SYSCALL_INFO_EXIT);
}

int main(void)
{
	pid_t child = traced_child(run);
	struct user_regs_struct registers;
	siginfo_t info;
	uint64_t word;

	find(child, SYS_getppid);
	sys(ptrace(PTRACE_GETSIGINFO, child, 0, &info));
	check(info.si_signo == SIGTRAP && info.si_code == (SIGTRAP | 0x80));
	check(registers_of(child).rax == (unsigned long)-ENOSYS);
	check(next(child, PTRACE_SYSCALL_INFO_EXIT) == getpid());
	check(registers_of(child).orig_rax == SYS_getppid);

	/* other bytes in its memory */
	find(child, SYS_write);
	memcpy(&word, other, sizeof(word));
	sys(ptrace(PTRACE_POKEDATA, child, text, word));
	errno = 0;
	check(ptrace(PTRACE_PEEKDATA, child, text, 0) == (long)word && !errno);
	check(next(child, PTRACE_SYSCALL_INFO_EXIT) == sizeof(text) - 1);

	/* other arguments */
	find(child, SYS_write);
	registers = registers_of(child);
	registers.rsi = (unsigned long)other;
	registers.rdx = sizeof(other) - 1;
	sys(ptrace(PTRACE_SETREGS, child, 0, &registers));
	check(next(child, PTRACE_SYSCALL_INFO_EXIT) == sizeof(other) - 1);

	/* another result */
	find(child, SYS_getuid);
	next(child, PTRACE_SYSCALL_INFO_EXIT);
	sys(ptrace(PTRACE_POKEUSER, child,
		   offsetof(struct user_regs_struct, rax), 4242));

	/* no call at all, with a result */
	find(child, SYS_munmap);
	sys(ptrace(PTRACE_POKEUSER, child,
		   offsetof(struct user_regs_struct, orig_rax), -1L));
	next(child, PTRACE_SYSCALL_INFO_EXIT);
	sys(ptrace(PTRACE_POKEUSER, child,
		   offsetof(struct user_regs_struct, rax), (long)-EXDEV));

	/* an emulated one */
	while (1) {
		go_on(PTRACE_SYSEMU, child, 0);
		expect(child, CALL_STOP);
		registers = registers_of(child);
		if (registers.orig_rax == SYS_getpgrp)
			break;
		say("emulated another call: %ld\n", (long)registers.orig_rax);
	}
	registers.rax = 77;
	sys(ptrace(PTRACE_SETREGS, child, 0, &registers));
	go_on(PTRACE_CONT, child, 0);
	expect(child, 0);
	fails(ptrace(PTRACE_CONT, child, 0, 0), ESRCH);
	return success();
}
