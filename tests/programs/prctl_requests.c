/* SPDX-License-Identifier: MIT */
/* The prctl requests that programs use, and one that does not exist. */
#include <linux/prctl.h>

#include "tracee.h"

int main(void)
{
	int value = -1;

	check(prctl(PR_GET_DUMPABLE) == 1);
	sys(prctl(PR_SET_DUMPABLE, 0));
	check(prctl(PR_GET_DUMPABLE) == 0);
	sys(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	sys(prctl(PR_GET_PDEATHSIG, &value));
	check(value == SIGUSR1);
	sys(prctl(PR_SET_PDEATHSIG, 0));
	sys(prctl(PR_SET_KEEPCAPS, 1));
	check(prctl(PR_GET_KEEPCAPS) == 1);
	sys(prctl(PR_SET_TIMERSLACK, 12345));
	check(prctl(PR_GET_TIMERSLACK) == 12345);
	sys(prctl(PR_SET_CHILD_SUBREAPER, 1));
	sys(prctl(PR_GET_CHILD_SUBREAPER, &value));
	check(value == 1);
	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	say("securebits %d, seccomp %d\n", prctl(PR_GET_SECUREBITS),
	    prctl(PR_GET_SECCOMP));
	say("cap 0 bounding: %d\n", prctl(PR_CAPBSET_READ, 0));
	say("thp %d, mce %d\n", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0),
	    prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	fails(prctl(0x7fff1234), EINVAL);
	return success();
}
