/* SPDX-License-Identifier: MIT */
/* A program that may be executed but not read. */
#include "tracee.h"

int main(int argc, char **argv)
{
	pid_t child;
	int fd;

	(void)argv;
	if (argc > 1) {
		say("child %d, dumpable %d\n", getpid(),
		    prctl(PR_GET_DUMPABLE));
		return 51;
	}
	scratch();
	fd = make_file("program", "", 0, 0755);
	copy_self(fd);
	sys(fchmod(fd, 0111));
	close(fd);
	child = sys(fork());
	if (child == 0) {
		execl("./program", "program", "child", NULL);
		_exit(errno);
	}
	await_exit(child, 51);
	return success();
}
