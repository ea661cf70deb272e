/* SPDX-License-Identifier: MIT */
/* mlock, mlock2, mlockall, munlock, msync, mincore, remap_file_pages. */
#include "tracee.h"

int main(void)
{
	char *memory = map_shared(4 * 4096);
	unsigned char present[4];

	memory[0] = 1;
	if (mlock(memory, 8192))
		say("mlock: errno %d\n", errno);
	if (syscall(SYS_mlock2, memory + 8192, 4096, 1 /* ONFAULT */))
		say("mlock2: errno %d\n", errno);
	sys(munlock(memory, 4 * 4096));
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		say("mlockall: errno %d\n", errno);
	else
		map_private(4096)[0] = 1;
	sys(munlockall());
	sys(msync(memory, 4096, MS_ASYNC));
	sys(mincore(memory, 4 * 4096, present));
	say_hex("present", present, 4);
	memory[2 * 4096] = 'r';
	if (syscall(SYS_remap_file_pages, memory, 4096, 0, 2, 0) == 0)
		check(memory[0] == 'r');
	return success();
}
