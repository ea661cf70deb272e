/* SPDX-License-Identifier: MIT */
/* si_code: killed, dumped, stopped, continued, exited. */
#include "tracee.h"

static siginfo_t next(pid_t child)
{
	siginfo_t info = { 0 };

	sys(waitid(P_PID, child, &info, WEXITED | WSTOPPED | WCONTINUED));
	say("%d: code %d status %d uid %d\n", info.si_pid, info.si_code,
	    info.si_status, info.si_uid);
	return info;
}

int main(void)
{
	struct rlimit none = { 0, 0 };
	pid_t child = sys(fork());

	if (child == 0) {
		setrlimit(RLIMIT_CORE, &none);
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	check(next(child).si_code == CLD_STOPPED);
	kill(child, SIGCONT);
	check(next(child).si_code == CLD_CONTINUED);
	kill(child, SIGKILL);
	check(next(child).si_code == CLD_KILLED);
	child = sys(fork());
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &none);
		abort();
	}
	siginfo_t info = next(child);

	check(info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED);
	check(info.si_status == SIGABRT);
	return success();
}
