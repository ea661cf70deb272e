/* SPDX-License-Identifier: MIT */
/*
 * Locked memory: what it holds is what it held, but pages of the program's file
 * are copies now that nobody has written.
 */
#include "tracee.h"

static char data[8 * 4096] = { 1, [3 * 4096] = 3, [5 * 4096] = 5 };

int main(void)
{
	data[5] = 2;
	if (mlock(data, sizeof(data)) || mlockall(MCL_CURRENT)) {
		say("memory can't be locked: %s\n", strerror(errno));
		return 77;
	}
	check(data[0] == 1 && data[5] == 2 && data[3 * 4096] == 3 &&
	      data[5 * 4096] == 5);
	sys(munlockall());
	sys(munlock(data, sizeof(data)));
	puts("EXIT-SUCCESS");
	return 0;
}
