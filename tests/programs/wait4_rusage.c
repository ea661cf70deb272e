/* SPDX-License-Identifier: MIT */
/* wait4 by process group, with the rusage of the child. */
#include "tracee.h"

int main(void)
{
	struct rusage usage;
	int status;
	pid_t child = sys(fork());

	if (child == 0) {
		setpgid(0, 0);
		memset(map_private(1 << 20), 1, 1 << 20);
		_exit(1);
	}
	setpgid(child, child);
	fails(wait4(0, &status, 0, NULL), ECHILD);
	check(wait4(-child, &status, 0, &usage) == child);
	say("%d: %ld faults, %ld us\n", child, usage.ru_minflt,
	    (long)usage.ru_utime.tv_usec);
	check(WEXITSTATUS(status) == 1 && usage.ru_minflt > 200);
	return success();
}
