/* SPDX-License-Identifier: MIT */
/* execve of /proc/self/fd/N, /dev/fd/N and /proc/PID/fd/N of a memfd. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	char format[64];
	int fd;

	(void)argv;
	if (argc > 1) {
		say_image("child");
		return 33;
	}
	fd = memfd_executable("by path", MFD_CLOEXEC);
	copy_self(fd);
	check(run_path("/proc/self/fd/%d", fd) == 33);
	check(run_path("/dev/fd/%d", fd) == 33);
	snprintf(format, sizeof(format), "/proc/%d/fd/%%d", getpid());
	check(run_path(format, fd) == 33);
	return success();
}
