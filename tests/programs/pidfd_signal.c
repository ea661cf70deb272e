/* SPDX-License-Identifier: MIT */
/* pidfd_open, pidfd_send_signal, poll, and waitid(P_PIDFD). */
#include "tracee.h"

int main(void)
{
	siginfo_t info = { 0 };
	struct pollfd wait;
	pid_t child = sys(fork());
	int pidfd;

	if (child == 0) {
		for (;;)
			pause();
	}
	pidfd = syscall(SYS_pidfd_open, child, 0);
	if (pidfd < 0 && errno == ENOSYS)
		skip("no pidfd_open");
	check(pidfd >= 0);
	sys(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0));
	sys(syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0));
	wait = (struct pollfd){ pidfd, POLLIN, 0 };
	check(poll(&wait, 1, 5000) == 1);
	sys(waitid(3 /* P_PIDFD */, pidfd, &info, WEXITED));
	check(info.si_pid == child && info.si_status == SIGTERM);
	fails(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0), ESRCH);
	say("pidfd %d of %d\n", pidfd, child);
	return success();
}
