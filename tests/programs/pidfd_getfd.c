/* SPDX-License-Identifier: MIT */
/* pidfd_getfd takes a descriptor out of another process. */
#include "tracee.h"

int main(void)
{
	int ends[2], pidfd, fd;
	char text[6] = "";
	pid_t child;

	sys(pipe(ends));
	child = sys(fork());
	if (child == 0) {
		int own[2];

		sys(pipe(own));
		put(own[1], "stolen", 6);
		put(ends[1], (char *)&own[0], sizeof(own[0]));
		for (;;)
			pause();
	}
	check(read(ends[0], &fd, sizeof(fd)) == sizeof(fd));
	pidfd = sys(syscall(SYS_pidfd_open, child, 0));
	fd = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		kill(child, SIGKILL);
		skip("pidfd_getfd: errno %d", errno);
	}
	check(read(fd, text, 6) == 6 && !memcmp(text, "stolen", 6));
	sys(kill(child, SIGKILL));
	await_signal(child, SIGKILL);
	return success();
}
