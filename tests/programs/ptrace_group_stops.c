/* SPDX-License-Identifier: MIT */
/* Group-stops, PTRACE_INTERRUPT and PTRACE_LISTEN of a seized process. */
#include "tracer.h"

static void run(void)
{
	for (;;)
		pause();
}

int main(void)
{
	pid_t child = sys(fork());
	int status;
	siginfo_t info;

	if (child == 0) {
		raise(SIGSTOP);
		run();
	}
	check(waitpid(child, &status, WUNTRACED) == child);
	check(status == STOP_STATUS(SIGSTOP));
	fails(ptrace(PTRACE_SEIZE, child, 1, 0), EIO);
	fails(ptrace(PTRACE_INTERRUPT, child, 0, 0), ESRCH);
	sys(ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACESYSGOOD));
	fails(ptrace(PTRACE_SEIZE, child, 0, 0), EPERM);
	expect(child, EVENT_STATUS(PTRACE_EVENT_STOP) - (SIGTRAP << 8) +
			      (SIGSTOP << 8));
	check(waitpid(child, &status, __WALL | WNOHANG) == 0);
	sys(ptrace(PTRACE_LISTEN, child, 0, 0));
	check(waitpid(child, &status, __WALL | WNOHANG) == 0);
	fails(ptrace(PTRACE_CONT, child, 0, 0), ESRCH);
	sys(kill(child, SIGCONT));
	expect(child, EVENT_STATUS(PTRACE_EVENT_STOP));
	go_on(PTRACE_CONT, child, 0);
	expect(child, STOP_STATUS(SIGCONT));
	go_on(PTRACE_CONT, child, SIGCONT);
	await_state(child, "S");

	/* out of a call that waits, which then goes on */
	sys(ptrace(PTRACE_INTERRUPT, child, 0, 0));
	expect(child, EVENT_STATUS(PTRACE_EVENT_STOP));
	sys(ptrace(PTRACE_GETSIGINFO, child, 0, &info));
	check(info.si_code == (SIGTRAP | PTRACE_EVENT_STOP << 8));
	check(registers_of(child).orig_rax == SYS_pause);
	go_on(PTRACE_CONT, child, 0);
	await_state(child, "S");

	/* a stop that the program makes itself */
	sys(kill(child, SIGTSTP));
	expect(child, STOP_STATUS(SIGTSTP));
	go_on(PTRACE_CONT, child, SIGTSTP);
	expect(child, EVENT_STATUS(PTRACE_EVENT_STOP) - (SIGTRAP << 8) +
			      (SIGTSTP << 8));
	sys(ptrace(PTRACE_DETACH, child, 0, 0));
	await_state(child, "Tt");
	sys(kill(child, SIGCONT));
	await_state(child, "S");
	sys(kill(child, SIGKILL));
	await_signal(child, SIGKILL);
	return success();
}
