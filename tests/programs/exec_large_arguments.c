/* SPDX-License-Identifier: MIT */
/* Two megabytes of arguments and environment arrives unchanged. */
#include "tracee.h"

int main(int argc, char **argv)
{
	static char block[65000], *args[18], *environment[4];

	if (argc > 1) {
		check(argc == 17);
		for (int i = 1; i < argc; i++)
			check(strlen(argv[i]) == 64999 && argv[i][9] == 'q');
		check(strlen(environ[1]) == 64999);
		return success();
	}
	memset(block, 'q', sizeof(block) - 1);
	for (int i = 0; i < 17; i++)
		args[i] = i ? block : argv[0];
	for (int i = 0; i < 3; i++)
		environment[i] = block;
	sys(execve("/proc/self/exe", args, environment));
}
