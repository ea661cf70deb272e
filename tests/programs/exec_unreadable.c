/* SPDX-License-Identifier: MIT */
/*
 * A program that may be executed but not read: it runs, or under a tracer that
 * may not read it either is refused.
 */
#include "tracee.h"

int main(int argc, char **argv)
{
	int fd, status;
	pid_t child;

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
	status = await(child);
	say("status %#x\n", status);
	check(status == 51 << 8 || (status == EACCES << 8 && !is_root()));
	return success();
}
