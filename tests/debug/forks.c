/* SPDX-License-Identifier: MIT */
/* A child by fork, and one by vfork that executes this program again. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int role = 1;

static void child(void)
{
	role = 2; /* MARK child */
	_exit(role);
}

static void executed(void)
{
	role = 3; /* MARK executed */
	_exit(role);
}

int main(int argc, char **argv)
{
	int status, sum = 0;
	pid_t pid;

	if (argc > 1)
		executed();
	pid = fork(); /* MARK fork */
	if (!pid)
		child();
	waitpid(pid, &status, 0); /* MARK wait */
	sum += WEXITSTATUS(status);
	pid = vfork(); /* MARK vfork */
	if (!pid) {
#ifndef EXITS
		execl(argv[0], "renamed", "again", NULL);
#endif
		_exit(9);
	}
	waitpid(pid, &status, 0); /* MARK wait again */
	sum += WEXITSTATUS(status);
	return sum * role; /* MARK end */
}
