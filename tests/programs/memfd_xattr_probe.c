/* SPDX-License-Identifier: MIT */
/* xattr calls on memfds: by descriptor, by /proc path, by the link's text. */
#include <sys/xattr.h>

#include "tracee.h"

static void show(const char *what, ssize_t result)
{
	say("%s: %zd errno %d\n", what, result, result < 0 ? errno : 0);
}

int main(void)
{
	int fd = sys(memfd("cap", MFD_CLOEXEC)), path_fd;
	char path[64], link[256] = "", value[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(readlink(path, link, sizeof(link) - 1) > 0);
	say("link %s\n", link);
	show("fgetxattr", fgetxattr(fd, "security.capability", value, 64));
	show("getxattr", getxattr(path, "security.capability", value, 64));
	show("lgetxattr", lgetxattr(path, "security.capability", value, 64));
	show("text", getxattr(link, "security.capability", value, 64));
	path_fd = sys(open(path, O_PATH | O_CLOEXEC));
	show("O_PATH", fgetxattr(path_fd, "security.capability", value, 64));
	show("list", flistxattr(fd, value, 64));
	show("user", fsetxattr(fd, "user.test", "v", 1, 0));
	show("get", fgetxattr(fd, "user.test", value, 64));
	show("remove", fremovexattr(fd, "user.test"));
	return success();
}
