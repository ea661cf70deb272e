/* SPDX-License-Identifier: MIT */
/*
 * A program that gives its privileges up is not dumpable any more, says
 * that it is after all, and finds its own files under /proc again.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include "tracee.h"

#define NOBODY 65534

static void show(const char *when)
{
	int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
	struct stat status;

	sys(stat("/proc/self/environ", &status));
	say("%s: dumpable %d, environ is of %u, open: %s\n", when,
	    prctl(PR_GET_DUMPABLE), status.st_uid,
	    fd < 0 ? strerror(errno) : "yes");
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	pid_t pid;

	if (geteuid() != 0)
		skip("needs root");
	pid = sys(fork());
	if (pid == 0) {
		sys(setgid(NOBODY));
		sys(setuid(NOBODY));
		show("another user");
		sys(prctl(PR_SET_DUMPABLE, 1));
		show("dumpable");
		sys(prctl(PR_SET_DUMPABLE, 0));
		show("not so");
		pid = sys(fork());
		if (pid == 0) {
			show("child");
			_exit(0);
		}
		await_exit(pid, 0);
		sys(prctl(PR_SET_DUMPABLE, 1));
		show("again");
		fails(prctl(PR_SET_DUMPABLE, 2), EINVAL);
		fails(prctl(PR_SET_DUMPABLE, -1), EINVAL);
		_exit(0);
	}
	await_exit(pid, 0);
	show("parent");
	return success();
}
