/* SPDX-License-Identifier: MIT */
/* A static program executed in a chroot without /proc (needs root). */
#include "tracee.h"

int main(int argc, char **argv)
{
	pid_t child;
	int fd;

	if (argc > 1) {
		say("inside, called %s\n", argv[0]);
		return 47;
	}
	if (!is_root())
		skip("chroot needs root");
	scratch();
	sys(mkdir("root", 0755));
	fd = make_file("root/program", "", 0, 0755);
	copy_self(fd);
	close(fd);
	child = sys(fork());
	if (child == 0) {
		sys(chroot("root"));
		sys(chdir("/"));
		execl("/program", "program", "child", NULL);
		_exit(errno);
	}
	await_exit(child, 47);
	return success();
}
