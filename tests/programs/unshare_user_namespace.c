/* SPDX-License-Identifier: MIT */
/* A user namespace of an ordinary user, with its id maps. */
#include "tracee.h"

static void put_file(const char *path, const char *text)
{
	int fd = sys(open(path, O_WRONLY));

	check(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

int main(void)
{
	char map[64];
	uid_t uid = geteuid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWUTS))
		skip("no user namespaces: errno %d", errno);
	say("before the map: uid %d\n", getuid());
	snprintf(map, sizeof(map), "0 %d 1", uid);
	put_file("/proc/self/uid_map", map);
	check(getuid() == 0);
	sys(sethostname("inside", 6));
	sys(gethostname(map, sizeof(map)));
	check(!strcmp(map, "inside"));
	return success();
}
