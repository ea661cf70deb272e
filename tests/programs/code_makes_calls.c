/* SPDX-License-Identifier: MIT */
/* A system call instruction in code that was written at run time. */
#include "tracee.h"

int main(void)
{
	/* mov $39,%eax (getpid); syscall; ret */
	static const unsigned char code[] = { 0xb8, 39, 0, 0, 0, 0x0f, 5,
					      0xc3 };
	char *page = map_private(4096);

	memcpy(page + 100, code, sizeof(code));
	sys(mprotect(page, 4096, PROT_READ | PROT_EXEC));
	check(((int (*)(void))(page + 100))() == getpid());
	sys(mprotect(page, 4096, PROT_READ | PROT_WRITE));
	page[101] = 102; /* getuid */
	sys(mprotect(page, 4096, PROT_READ | PROT_EXEC));
	check(((int (*)(void))(page + 100))() == (int)getuid());
	return success();
}
