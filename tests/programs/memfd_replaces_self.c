/* SPDX-License-Identifier: MIT */
/* The first process itself becomes a memfd program; no fork, no file. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	char *args[] = { argv[0], "second", NULL };
	int fd;

	if (argc > 1) {
		say_image("second");
		return success();
	}
	fd = memfd_executable("stage two", MFD_CLOEXEC);
	copy_self(fd);
	syscall(SYS_execveat, fd, "", args, environ, AT_EMPTY_PATH);
	check(!"execveat must not return");
}
