/* SPDX-License-Identifier: MIT */
/* O_TMPFILE, then linkat by /proc/self/fd or AT_EMPTY_PATH gives it a name. */
#include "tracee.h"

int main(void)
{
	char path[64], link[PATH_MAX] = "";
	struct stat status;
	int fd;

	scratch();
	fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		skip("O_TMPFILE: errno %d", errno);
	put(fd, "nameless", 8);
	sys(fstat(fd, &status));
	check(status.st_nlink == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(readlink(path, link, sizeof(link) - 1) > 0);
	say("link %s\n", link);
	sys(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	if (linkat(fd, "", AT_FDCWD, "named too", AT_EMPTY_PATH))
		say("AT_EMPTY_PATH: errno %d\n", errno);
	sys(stat("named", &status));
	check(status.st_size == 8);
	close(fd);
	fd = sys(open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fails(linkat(AT_FDCWD, path, AT_FDCWD, "never", AT_SYMLINK_FOLLOW),
	      ENOENT);
	return success();
}
