/* SPDX-License-Identifier: MIT */
/*
 * PR_SET_NO_NEW_PRIVS over fork and exec, with and without it; the
 * kernel's word for it is in /proc/self/status.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include "filtering.h"

static void show(const char *who)
{
	say("%s: %d, status %ld\n", who, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
	    status_number("NoNewPrivs"));
}

int main(int argc, char **argv)
{
	pid_t pid;

	if (argc > 1) {
		show("exec");
		return 0;
	}
	show("before");
	fails(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	fails(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL);
	pid = sys(fork());
	if (pid == 0) {
		sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		show("child");
		execl("/proc/self/exe", argv[0], "again", NULL);
		_exit(1);
	}
	await_exit(pid, 0);
	show("parent");
	return success();
}
