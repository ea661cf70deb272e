/* SPDX-License-Identifier: MIT */
/* memfd executes memfd executes memfd, five deep, names of their own. */
#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	char name[32], count[16], *args[] = { argv[0], count, NULL };
	int generation = argc > 1 ? atoi(argv[1]) : 0;
	int fd;

	say_image("link");
	if (generation == 5)
		return success();
	snprintf(name, sizeof(name), "generation %d", generation + 1);
	snprintf(count, sizeof(count), "%d", generation + 1);
	fd = memfd_executable(name, MFD_CLOEXEC);
	copy_self(fd);
	syscall(SYS_execveat, fd, "", args, environ, AT_EMPTY_PATH);
	check(!"execveat must not return");
}
