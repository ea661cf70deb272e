/* SPDX-License-Identifier: MIT */
/* A root program gives up its rights, in steps, and forks after that. */
#include <grp.h>

#include "tracee.h"

int main(void)
{
	char *page = map_private(4096);
	pid_t child;

	if (!is_root())
		skip("needs root");
	sys(prctl(PR_SET_KEEPCAPS, 1));
	sys(setgroups(0, NULL));
	sys(setresgid(65534, 65534, 65534));
	sys(setresuid(65534, 65534, 65534));
	fails(setuid(0), EPERM);
	say("uid %d, dumpable %d\n", getuid(), prctl(PR_GET_DUMPABLE));
	child = sys(fork());
	if (child == 0) {
		prctl(4242, page);
		execl("/bin/sh", "sh", "-c", "id -u; exit 6", NULL);
		_exit(99);
	}
	await_exit(child, 6);
	return success();
}
