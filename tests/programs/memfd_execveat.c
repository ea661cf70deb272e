/* SPDX-License-Identifier: MIT */
/* A memfd is executed by execveat with an empty path. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	int fd;

	(void)argv;
	if (argc > 1) {
		say_image("child");
		return 31;
	}
	fd = memfd_executable("tool", MFD_CLOEXEC);
	copy_self(fd);
	check(run_fd(fd, "child") == 31);
	return success();
}
