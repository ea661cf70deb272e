/* SPDX-License-Identifier: MIT */
/* A dynamic PIE executes itself: arguments, environment and AT_EXECFN. */
#include <sys/auxv.h>

#include "tracee.h"

static int second(int argc, char **argv)
{
	check(argc == 4 && !strcmp(argv[2], "two words") && !*argv[3]);
	check(!strcmp(getenv("ONLY"), "this one") && !environ[1]);
	say("execfn %s, pid %d\n", (char *)getauxval(AT_EXECFN), getpid());
	return success();
}

int main(int argc, char **argv)
{
	char *args[] = { argv[0], "second", "two words", "", NULL };
	char *environment[] = { "ONLY=this one", NULL };

	if (argc > 1)
		return second(argc, argv);
	say("first %d\n", getpid());
	sys(execve("/proc/self/exe", args, environment));
}
