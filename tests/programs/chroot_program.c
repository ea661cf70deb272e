/* SPDX-License-Identifier: MIT */
/* A process in a chroot, and pivoting nothing else. */
#include "tracee.h"

int main(void)
{
	pid_t child;

	if (!is_root())
		skip("chroot needs root");
	scratch();
	sys(mkdir("root", 0755));
	close(make_file("root/inside", "text\n", 5, 0644));
	child = sys(fork());
	if (child == 0) {
		char path[64];

		sys(chroot("root"));
		sys(chdir("/"));
		sys(access("/inside", R_OK));
		fails(access("/etc/passwd", F_OK), ENOENT);
		check(getcwd(path, sizeof(path)) && !strcmp(path, "/"));
		_exit(0);
	}
	await_exit(child, 0);
	return success();
}
