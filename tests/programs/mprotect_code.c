/* SPDX-License-Identifier: MIT */
/* Code written at run time, made executable, changed and run again. */
#include "tracee.h"

int main(void)
{
	/* mov $imm32,%eax; ret */
	unsigned char code[] = { 0xb8, 0, 0, 0, 0, 0xc3 };
	char *page = map_private(4096);

	for (int i = 1; i < 5; i++) {
		int value = i * 1111;

		sys(mprotect(page, 4096, PROT_READ | PROT_WRITE));
		memcpy(code + 1, &value, 4);
		memcpy(page, code, sizeof(code));
		sys(mprotect(page, 4096, PROT_READ | PROT_EXEC));
		check(((int (*)(void))page)() == value);
	}
	sys(mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
	page[1]++;
	check(((int (*)(void))page)() == 4445);
	return success();
}
