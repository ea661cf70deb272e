/* SPDX-License-Identifier: MIT */
/* #! scripts in memfds: they run without close-on-exec, else ENOENT. */
#include "exec_anonymous.h"

int main(void)
{
	const char *text = "#!/bin/sh\necho \"script $0 $1\"\nexit 38\n";
	int fd = memfd_executable("script", 0);

	put(fd, text, strlen(text));
	check(run_fd(fd, "child") == 38);
	check(run_path("/proc/self/fd/%d", fd) == 38);
	close(fd);
	fd = memfd_executable("script", MFD_CLOEXEC);
	put(fd, text, strlen(text));
	check(run_fd(fd, "child") == ENOENT);
	/* the kernel runs the shell, which finds the descriptor closed */
	int status = run_path("/proc/self/fd/%d", fd);

	say("through /proc with close-on-exec: %d\n", status);
	check(status == 127 || status == 2 || status == 126);
	return success();
}
