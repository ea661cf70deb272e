/* SPDX-License-Identifier: MIT */
/*
 * A signal that a tracer gives at the entry or the exit of a call is sent: the
 * tracee stops for it when the call is over.  At other events it is lost.
 */
#include "tracee.h"

#include <sys/ptrace.h>

static volatile int taken;

static void handler(int signal UNUSED, siginfo_t *info, void *context UNUSED)
{
	taken = taken * 10 + (info->si_code == SI_KERNEL ? 1 : 2);
}

static void child(void)
{
	struct sigaction action = { .sa_sigaction = handler,
				    .sa_flags = SA_SIGINFO };
	pid_t own;

	sys(sigaction(SIGUSR1, &action, NULL));
	sys(ptrace(PTRACE_TRACEME));
	raise(SIGSTOP);
	syscall(SYS_getppid); /* given at its entry */
	if (taken != 1)
		_exit(1);
	syscall(SYS_getppid); /* and at its exit */
	if (taken != 11)
		_exit(2);
	own = syscall(SYS_fork); /* and at its event: lost */
	if (!own)
		_exit(0);
	_exit(own < 0 || taken != 11 ? 3 : 0);
}

static int next(pid_t pid, int signal)
{
	sys(ptrace(PTRACE_SYSCALL, pid, 0, signal));
	return await(pid) >> 8;
}

static void wants_signal(pid_t pid)
{
	siginfo_t info;

	check(next(pid, 0) == SIGUSR1);
	sys(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
	check(info.si_signo == SIGUSR1 && info.si_code == SI_KERNEL);
	check(!info.si_pid);
}

int main(void)
{
	const int call = SIGTRAP | 0x80;
	pid_t pid = sys(fork());
	unsigned long born;
	int status;

	if (!pid)
		child();
	status = await(pid);
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	sys(ptrace(PTRACE_SETOPTIONS, pid, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK));
	check(next(pid, 0) == call);
	check(next(pid, SIGUSR1) == call);
	wants_signal(pid);
	check(next(pid, SIGUSR1) == call); /* sigreturn */
	check(next(pid, 0) == call);
	check(next(pid, 0) == call);
	check(next(pid, 0) == call);
	sys(ptrace(PTRACE_SYSCALL, pid, 0, SIGUSR1));
	check(await(pid) >> 8 == SIGUSR1);
	check(next(pid, SIGUSR1) == call);
	check(next(pid, 0) == call);
	check(next(pid, 0) == call);
	check(next(pid, 0) == (SIGTRAP | PTRACE_EVENT_FORK << 8));
	sys(ptrace(PTRACE_GETEVENTMSG, pid, 0, &born));
	check(next(pid, SIGUSR1) == call);
	status = await((pid_t)born);
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	sys(ptrace(PTRACE_DETACH, (pid_t)born, 0, 0));
	sys(ptrace(PTRACE_DETACH, pid, 0, 0));
	status = await(pid);
	check(WIFEXITED(status) && !WEXITSTATUS(status));
	return success();
}
