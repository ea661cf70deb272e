/* SPDX-License-Identifier: MIT */
/* waitid with WNOWAIT looks without reaping; the rusage comes along. */
#include "tracee.h"

int main(void)
{
	struct rusage usage;
	siginfo_t info = { 0 };
	pid_t child = sys(fork());

	if (child == 0)
		_exit(33);
	for (int i = 0; i < 3; i++) {
		sys(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
		check(info.si_pid == child && info.si_status == 33);
		check(info.si_code == CLD_EXITED);
	}
	sys(syscall(SYS_waitid, P_ALL, 0, &info, WEXITED, &usage));
	say("child used %ld pages at most\n", usage.ru_maxrss);
	fails(waitid(P_PID, child, &info, WEXITED), ECHILD);
	return success();
}
