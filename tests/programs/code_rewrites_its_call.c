/* SPDX-License-Identifier: MIT */
/*
 * Code that makes a call often is rewritten: all of it, and one byte that says
 * which call it makes.
 */
#include "tracee.h"

typedef long (*call)(void);

/* mov $110,%eax; syscall; nops; ret: getppid(2) */
static const unsigned char code[] = {
	0xb8, 110, 0, 0, 0, 0x0f, 0x05, 0x90, 0x90, 0x90, 0xc3,
};

static void check_call(const unsigned char *at, int number)
{
	long result = 0;

	for (int i = 0; i < 30; i++)
		result = ((call)at)();
	check(result == (number == 110 ? getppid() : (long)getuid()));
}

int main(void)
{
	unsigned char *page = (unsigned char *)map_private(4096), *at = page;

	for (int round = 0; round < 20; round++) {
		int number = round % 2 ? 110 : 102; /* getppid, getuid */

		sys(mprotect(page, 4096, PROT_READ | PROT_WRITE));
		if (round < 10) {
			at = page + 64 * round;
			memset(page, 0x90, 4096);
			memcpy(at, code, sizeof(code));
		}
		at[1] = (unsigned char)number;
		sys(mprotect(page, 4096, PROT_READ | PROT_EXEC));
		check_call(at, number);
	}
	return success();
}
