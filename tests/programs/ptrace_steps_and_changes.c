/* SPDX-License-Identifier: MIT */
/*
 * A tracer that goes on by PTRACE_SINGLEBLOCK, changes calls and results by
 * PTRACE_SET_SYSCALL_INFO where the kernel knows that, and is told what a
 * stopped tracee has used.
 *
 * EXPECT-NO-WARNING
 */
#include <sys/ptrace.h>

#include "tracee.h"

#define SINGLEBLOCK 33
#define SET_CALL_INFO 0x4212
#define EVENT_STOP 0x80 /* of a call, with PTRACE_O_TRACESYSGOOD */

static void *tracee_memory;

static pid_t start(void)
{
	pid_t pid = sys(fork());

	if (pid)
		return pid;
	sys(ptrace(PTRACE_TRACEME, 0, 0, 0));
	memset(tracee_memory, 1, 8 << 20);
	raise(SIGSTOP);
	for (volatile int i = 0; i < 10; i++)
		;
	_exit(syscall(SYS_getppid) == 4711 ? 7 : 8);
}

static int await_stop(pid_t pid, struct rusage *usage)
{
	int status;

	check(wait4(pid, &status, 0, usage) == pid);
	return status;
}

static void step(pid_t pid)
{
	for (int i = 0; i < 20; i++) {
		sys(ptrace(SINGLEBLOCK, pid, 0, 0));
		check(await_stop(pid, NULL) == (SIGTRAP << 8 | 0x7f));
	}
}

static void go_to_call(pid_t pid, unsigned number,
		       struct __ptrace_syscall_info *info)
{
	do {
		int status;

		sys(ptrace(PTRACE_SYSCALL, pid, 0, 0));
		status = await_stop(pid, NULL);
		check(WIFSTOPPED(status) &&
		      WSTOPSIG(status) == (SIGTRAP | EVENT_STOP));
		memset(info, 0, sizeof(*info));
		check(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(*info),
			     info) > 0);
	} while (info->op != PTRACE_SYSCALL_INFO_ENTRY ||
		 info->entry.nr != number);
}

int main(void)
{
	struct __ptrace_syscall_info info;
	struct rusage usage;
	pid_t pid;
	int status, is_known;

	tracee_memory = map_private(8 << 20);
	pid = start();
	check(await_stop(pid, &usage) == (SIGSTOP << 8 | 0x7f));
	say("at least 8 MiB: %d, switches: %d\n", usage.ru_maxrss >= 8 << 10,
	    usage.ru_nvcsw + usage.ru_nivcsw > 0);
	sys(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	step(pid);
	go_to_call(pid, SYS_getppid, &info);
	info.entry.nr = SYS_getuid;
	is_known = !ptrace(SET_CALL_INFO, pid, sizeof(info), &info);
	if (is_known) {
		info.entry.nr = 1ull << 40;
		fails(ptrace(SET_CALL_INFO, pid, sizeof(info), &info), ERANGE);
		info.op = PTRACE_SYSCALL_INFO_EXIT;
		fails(ptrace(SET_CALL_INFO, pid, sizeof(info), &info), EINVAL);
		fails(ptrace(SET_CALL_INFO, pid, 8, &info), EINVAL);
		sys(ptrace(PTRACE_SYSCALL, pid, 0, 0));
		await_stop(pid, NULL);
		check(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info),
			     &info) > 0);
		check(info.op == PTRACE_SYSCALL_INFO_EXIT);
		say("not %d\n", (int)info.exit.rval);
		info.exit.rval = 4711;
		info.exit.is_error = 0;
		sys(ptrace(SET_CALL_INFO, pid, sizeof(info), &info));
	} else {
		say("no such request: %d\n", errno);
	}
	sys(ptrace(PTRACE_CONT, pid, 0, 0));
	check(waitpid(pid, &status, 0) == pid);
	check(WIFEXITED(status) && WEXITSTATUS(status) == (is_known ? 7 : 8));
	return success();
}
