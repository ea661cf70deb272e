/* SPDX-License-Identifier: MIT */
/* fexecve of memfds with and without MFD_CLOEXEC. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	char *args[] = { argv[0], "child", NULL };

	if (argc > 1) {
		say_image("child");
		return 32;
	}
	for (int flags = 0; flags < 2; flags++) {
		int fd = memfd_executable("by fexecve", flags);
		pid_t child;

		copy_self(fd);
		child = sys(fork());
		if (child == 0) {
			fexecve(fd, args, environ);
			_exit(errno);
		}
		await_exit(child, 32);
		close(fd);
	}
	return success();
}
