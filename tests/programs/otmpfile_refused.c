/* SPDX-License-Identifier: MIT */
/* O_TMPFILE where it is not supported, and the fallback to a named file. */
#include "tracee.h"

static int temporary(const char *directory)
{
	int fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	char name[64] = "fallback-XXXXXX";

	if (fd >= 0) {
		say("%s: unnamed\n", directory);
		return fd;
	}
	say("%s: errno %d, named instead\n", directory, errno);
	check(errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL ||
	      errno == ENOENT || errno == EACCES || errno == EROFS ||
	      errno == EPERM);
	fd = sys(mkostemp(name, O_CLOEXEC));
	sys(unlink(name));
	return fd;
}

int main(void)
{
	static const char *const directories[] = { ".",	    "/proc",
						   "/sys",  "/dev/pts",
						   "/none", "/dev/shm" };

	scratch();
	for (size_t i = 0; i < 6; i++) {
		int fd = temporary(directories[i]);

		check(write(fd, "x", 1) == 1);
		close(fd);
	}
	fails(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	return success();
}
