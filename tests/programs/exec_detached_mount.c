/* SPDX-License-Identifier: MIT */
/* The executed file is on a mount that was detached (needs root). */
#include <sys/mount.h>

#include "exec_anonymous.h"

int main(int argc, char **argv)
{
	int fd;

	(void)argv;
	if (argc > 1) {
		say_image("child");
		return 46;
	}
	scratch();
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		skip("no mount namespace: errno %d", errno);
	fd = make_file("program", "", 0, 0755);
	copy_self(fd);
	close(fd);
	close(make_file("target", "", 0, 0700));
	if (mount("program", "target", NULL, MS_BIND, NULL))
		skip("no bind mount: errno %d", errno);
	fd = sys(open("target", O_PATH | O_CLOEXEC));
	sys(umount2("target", MNT_DETACH));
	check(run_fd(fd, "child") == 46);
	close(fd);
	fd = syscall(428 /* open_tree */, AT_FDCWD, "program",
		     1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
	if (fd >= 0)
		check(run_fd(fd, "child") == 46);
	return success();
}
