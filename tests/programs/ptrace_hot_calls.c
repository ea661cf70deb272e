/* SPDX-License-Identifier: MIT */
/*
 * A tracer comes to a process that has made the same calls many times, and
 * steps through one: it takes one step, and the code is the program's own.
 */
#include "tracee.h"

#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

/* mov $39,%eax; syscall; ret: getpid(2) */
static const unsigned char code[] = {
	0x90, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3,
};

static void child_main(long (*get_pid)(void), int go)
{
	for (int i = 0; i < 50; i++)
		check(get_pid() == getpid());
	sys(write(go, "x", 1));
	for (;;)
		get_pid();
}

/* Steps to the call, over it, and behind it. */
static void step_over_call(pid_t child, unsigned long call)
{
	struct user_regs_struct registers;
	int status;

	do {
		sys(ptrace(PTRACE_SINGLESTEP, child, 0, 0));
		check(waitpid(child, &status, 0) == child &&
		      WIFSTOPPED(status));
		sys(ptrace(PTRACE_GETREGS, child, 0, &registers));
	} while (registers.rip != call);
	sys(ptrace(PTRACE_SINGLESTEP, child, 0, 0));
	check(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
	sys(ptrace(PTRACE_GETREGS, child, 0, &registers));
	check(registers.rip == call + 2 && (pid_t)registers.rax == child);
}

int main(void)
{
	char *page = map_private(4096), byte;
	int go[2], status;
	pid_t child;

	memcpy(page, code, sizeof(code));
	sys(mprotect(page, 4096, PROT_READ | PROT_EXEC));
	sys(pipe(go));
	child = sys(fork());
	if (child == 0)
		child_main((long (*)(void))page, go[1]);
	check(read(go[0], &byte, 1) == 1);
	sys(ptrace(PTRACE_ATTACH, child, 0, 0));
	check(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
	for (unsigned i = 0; i < sizeof(code); i++)
		check((ptrace(PTRACE_PEEKTEXT, child, page + i, 0) & 0xff) ==
		      code[i]);
	for (int i = 0; i < 3; i++)
		step_over_call(child, (unsigned long)page + 6);
	sys(kill(child, SIGKILL));
	check(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
	return success();
}
