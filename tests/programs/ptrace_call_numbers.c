/* SPDX-License-Identifier: MIT */
/*
 * What a tracer without PTRACE_O_TRACESYSGOOD and PTRACE_O_TRACEEXEC finds: the
 * number of an exec after it, no description of calls; and a segment's base.
 */
#include <sys/ptrace.h>

#include <asm/prctl.h>
#include <linux/ptrace.h>
#include <sys/user.h>

#include "tracee.h"

#define NUMBER offsetof(struct user_regs_struct, orig_rax)

static long number_of(pid_t child)
{
	errno = 0;
	return ptrace(PTRACE_PEEKUSER, child, (void *)NUMBER, NULL);
}

static void stopped(pid_t child, int code)
{
	int status = await(child);

	check(WIFSTOPPED(status) && status >> 8 == code);
}

static void look_at_call(pid_t child, long options, int expected)
{
	struct __ptrace_syscall_info info;
	int code = SIGTRAP | (options ? 0x80 : 0);

	sys(ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)options));
	sys(ptrace(PTRACE_SYSCALL, child, NULL, NULL));
	stopped(child, code);
	check(number_of(child) == SYS_getppid);
	sys(ptrace(PTRACE_GET_SYSCALL_INFO, child, (void *)sizeof(info),
		   &info));
	check(info.op == (expected ? PTRACE_SYSCALL_INFO_ENTRY : 0));
	sys(ptrace(PTRACE_SYSCALL, child, NULL, NULL));
	stopped(child, code);
	sys(ptrace(PTRACE_GET_SYSCALL_INFO, child, (void *)sizeof(info),
		   &info));
	check(info.op == (expected ? PTRACE_SYSCALL_INFO_EXIT : 0));
}

static void child_runs(char *name)
{
	sys(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	raise(SIGSTOP);
	syscall(SYS_getppid);
	syscall(SYS_getppid);
	execl(name, name, "again", (char *)NULL);
	_exit(1);
}

int main(int argc, char **argv)
{
	uint64_t base = 1;
	pid_t child;

	if (argc > 1)
		return 0;
	child = sys(fork());
	if (child == 0)
		child_runs(argv[0]);
	stopped(child, SIGSTOP);
	sys(ptrace((enum __ptrace_request)30, child, &base,
		   (void *)ARCH_GET_FS));
	check(base == (uint64_t)pthread_self());
	look_at_call(child, 0, 0);
	look_at_call(child, PTRACE_O_TRACESYSGOOD, 1);
	sys(ptrace(PTRACE_CONT, child, NULL, NULL));
	stopped(child, SIGTRAP);
	check(number_of(child) == SYS_execve);
	sys(ptrace(PTRACE_CONT, child, NULL, NULL));
	await_exit(child, 0);
	return success();
}
