/* SPDX-License-Identifier: MIT */
/* chmod, chown, utimensat, truncate, umask, xattrs of a file. */
#include <sys/xattr.h>

#include "tracee.h"

int main(void)
{
	struct timespec times[2] = { { 1000, 5 }, { 2000, UTIME_OMIT } };
	struct stat status;
	char value[64] = "", names[256];
	int fd;

	scratch();
	umask(027);
	fd = make_file("file", "12345", 5, 0666);
	sys(fstat(fd, &status));
	check((status.st_mode & 0777) == 0640);
	sys(fchmod(fd, 0755));
	sys(chown("file", getuid(), getgid()));
	sys(utimensat(AT_FDCWD, "file", times, 0));
	sys(truncate("file", 3));
	sys(stat("file", &status));
	check(status.st_size == 3 && status.st_atim.tv_sec == 1000);
	if (setxattr("file", "user.name", "some value", 10, 0)) {
		say("no user xattrs: errno %d\n", errno);
		return success();
	}
	check(getxattr("file", "user.name", NULL, 0) == 10);
	check(fgetxattr(fd, "user.name", value, 64) == 10);
	check(!strcmp(value, "some value"));
	fails(getxattr("file", "user.name", value, 3), ERANGE);
	fails(getxattr("file", "user.none", value, 3), ENODATA);
	check(listxattr("file", names, sizeof(names)) >= 10);
	sys(removexattr("file", "user.name"));
	return success();
}
