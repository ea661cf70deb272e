/* SPDX-License-Identifier: MIT */
/* Who am I: pids, sessions, users, groups. */
#include <grp.h>
#include <sys/fsuid.h>

#include "tracee.h"

int main(void)
{
	uid_t r, e, s;
	gid_t rg, eg, sg, list[64];
	int count;

	sys(getresuid(&r, &e, &s));
	sys(getresgid(&rg, &eg, &sg));
	check(r == getuid() && e == geteuid());
	check(rg == getgid() && eg == getegid());
	count = sys(getgroups(64, list));
	say("pid %d tid %d parent %d group %d session %d\n", getpid(), my_tid(),
	    getppid(), getpgrp(), getsid(0));
	say("uid %d %d %d gid %d %d %d, fsuid %d, %d groups\n", r, e, s, rg, eg,
	    sg, setfsuid(-1), count);
	for (int i = 0; i < count; i++)
		say("group %d\n", list[i]);
	return success();
}
