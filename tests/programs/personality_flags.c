/* SPDX-License-Identifier: MIT */
/* personality is read, changed, and kept over exec. */
#include <sys/personality.h>

#include "tracee.h"

int main(int argc, char **argv)
{
	char *args[] = { argv[0], "second", NULL };
	int before = personality(0xffffffff);

	say("personality %#x\n", before);
	if (argc > 1) {
		check(before & ADDR_NO_RANDOMIZE);
		check(before & SHORT_INODE);
		return success();
	}
	sys(personality(before | ADDR_NO_RANDOMIZE | SHORT_INODE));
	sys(execv("/proc/self/exe", args));
}
