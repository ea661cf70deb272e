/* SPDX-License-Identifier: MIT */
/* A set-user-ID program: refused privileges or granted, but it runs. */
#include "tracee.h"

int main(int argc, char **argv)
{
	pid_t child;
	int fd;

	(void)argv;
	if (argc > 1) {
		say("child: uid %d euid %d\n", getuid(), geteuid());
		return 52;
	}
	scratch();
	fd = make_file("program", "", 0, 0755);
	copy_self(fd);
	if (is_root())
		sys(fchown(fd, 65534, 65534));
	sys(fchmod(fd, 06755));
	close(fd);
	child = sys(fork());
	if (child == 0) {
		execl("./program", "program", "child", NULL);
		_exit(errno);
	}
	await_exit(child, 52);
	return success();
}
