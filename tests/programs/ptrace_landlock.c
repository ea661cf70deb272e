/* SPDX-License-Identifier: MIT */
/*
 * Who is in a Landlock domain traces only who is in the same or in one below.
 * Yama may forbid some of it besides; so only what Landlock forbids is checked
 * everywhere, and what it allows where the child is traced by its parent.
 */
#include <linux/landlock.h>
#include <sys/ptrace.h>

#include "tracee.h"

#define PARENT 1
#define CHILD 2

static void enter_domain(void)
{
	struct landlock_ruleset_attr rules = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK,
	};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &rules,
			      sizeof(rules), 0);

	if (fd < 0)
		skip("no Landlock (errno %d)", errno);
	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	sys(syscall(SYS_landlock_restrict_self, fd, 0));
	sys(close(fd));
}

/* What the child may do with its parent, and says of itself. */
static int run_child(int domains, int from_parent, int to_parent)
{
	char byte;
	int may_trace = 0;

	if (domains & CHILD)
		enter_domain();
	sys(read(from_parent, &byte, 1));
	if (domains & CHILD)
		fails(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL), EPERM);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		check(errno == EPERM);
	else
		may_trace = 1;
	sys(write(to_parent, &may_trace, 1));
	sys(read(from_parent, &byte, 1));
	return 0;
}

/* In a process of its own, since nobody leaves a domain. */
static void try_domains(int domains)
{
	int to_child[2], to_parent[2], status;
	char may_trace;
	pid_t child;

	sys(pipe(to_child));
	sys(pipe(to_parent));
	child = sys(fork());
	if (!child)
		_exit(run_child(domains, to_child[0], to_parent[1]));
	if (domains & PARENT)
		enter_domain();
	sys(write(to_child[1], ".", 1));
	sys(read(to_parent[0], &may_trace, 1));
	say("%s%s: the child is %straced\n",
	    domains & PARENT ? "parent " : "", domains & CHILD ? "child" : "",
	    may_trace ? "" : "not ");
	check(may_trace == !(domains & PARENT));
	if (domains & PARENT)
		fails(ptrace(PTRACE_ATTACH, child, NULL, NULL), EPERM);
	sys(write(to_child[1], ".", 1));
	check(waitpid(child, &status, 0) == child && !status);
	_exit(0);
}

int main(void)
{
	int status;

	if (syscall(SYS_landlock_create_ruleset, NULL, 0,
		    LANDLOCK_CREATE_RULESET_VERSION) < 0)
		skip("no Landlock (errno %d)", errno);
	for (int domains = 0; domains < 5; domains++) {
		pid_t pid;

		if (domains == 4)
			enter_domain(); /* of both, at last */
		pid = sys(fork());
		if (!pid)
			try_domains(domains & (PARENT | CHILD));
		check(waitpid(pid, &status, 0) == pid && !status);
	}
	return success();
}
