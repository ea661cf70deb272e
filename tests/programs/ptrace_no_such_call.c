/* SPDX-License-Identifier: MIT */
/*
 * A tracer sets the result of calls that do not exist, at their entry: of -1 it
 * stays, of all others it is the kernel's. Calls of the x32 ABI are ENOSYS.
 */
#include <sys/ptrace.h>
#include <sys/user.h>

#include "tracee.h"

#define X32 0x40000000l
#define SET_RESULT (-4242l)

static const long numbers[] = { -1, -2, -100, INT_MIN, -1, 0x3ffffff0, X32 - 1 };

static long call(long number)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(number) :
			 "rcx", "r11", "memory");
	return result;
}

static int run_child(void)
{
	sys(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	sys(raise(SIGSTOP));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		long result = call(numbers[i]);

		if (result != (numbers[i] == -1 ? SET_RESULT : -ENOSYS))
			return 2 + (int)i;
	}
	return 0;
}

static void set_result(pid_t child)
{
	struct user_regs_struct registers;

	sys(ptrace(PTRACE_GETREGS, child, NULL, &registers));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if ((int)registers.orig_rax == (int)numbers[i] &&
		    (long)registers.rax == -ENOSYS) {
			registers.rax = (unsigned long)SET_RESULT;
			sys(ptrace(PTRACE_SETREGS, child, NULL, &registers));
			return;
		}
}

int main(void)
{
	int status, is_entry = 1;
	pid_t child;

	check(call(X32 | SYS_getpid) == -ENOSYS ||
	      call(X32 | SYS_getpid) == getpid());
	child = sys(fork());
	if (!child)
		_exit(run_child());
	sys(waitpid(child, &status, 0));
	sys(ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD));
	for (;;) {
		sys(ptrace(PTRACE_SYSCALL, child, NULL, NULL));
		sys(waitpid(child, &status, 0));
		if (!WIFSTOPPED(status))
			break;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		if (is_entry)
			set_result(child);
		is_entry = !is_entry;
	}
	say("status %#x\n", (unsigned)status);
	check(!status);
	return success();
}
