/* SPDX-License-Identifier: MIT */
/* link, symlink, readlink, rename, renameat2, unlink, mkdir, rmdir. */
#include "tracee.h"

int main(void)
{
	char text[64] = "";
	struct stat status;
	int fd;

	scratch();
	fd = make_file("a", "a", 1, 0600);
	close(make_file("b", "b", 1, 0600));
	sys(link("a", "hard"));
	sys(fstat(fd, &status));
	check(status.st_nlink == 2);
	sys(symlink("target of any length", "soft"));
	check(readlink("soft", text, 6) == 6 && !strcmp(text, "target"));
	if (syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 2))
		say("exchange: errno %d\n", errno);
	fails(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 1), EEXIST);
	sys(rename("a", "b"));
	sys(mkdir("directory", 0700));
	fails(rmdir("b"), ENOTDIR);
	fails(rename("b", "directory"), EISDIR);
	sys(rename("b", "directory/b"));
	fails(rmdir("directory"), ENOTEMPTY);
	sys(unlinkat(AT_FDCWD, "directory/b", 0));
	sys(unlinkat(AT_FDCWD, "directory", AT_REMOVEDIR));
	sys(mknod("pipe", S_IFIFO | 0600, 0));
	check(getcwd(text, 5) == NULL && errno == ERANGE);
	return success();
}
