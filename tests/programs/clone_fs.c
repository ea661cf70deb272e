/* SPDX-License-Identifier: MIT */
/* CLONE_FS shares the current directory and the umask. */
#include "tracee.h"

static char stack[65536] __attribute__((aligned(16)));

static int child_main(void *unused)
{
	(void)unused;
	umask(0123);
	return chdir("/usr") != 0;
}

int main(void)
{
	char path[PATH_MAX];
	pid_t child = sys(clone(child_main, stack + sizeof(stack),
				CLONE_FS | SIGCHLD, NULL));

	await_exit(child, 0);
	check(getcwd(path, sizeof(path)) && !strcmp(path, "/usr"));
	check(umask(022) == 0123);
	return success();
}
