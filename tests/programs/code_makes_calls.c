/* SPDX-License-Identifier: MIT */
/* A system call instruction in code that was written at run time. */
#include "tracee.h"

int main(void)
{
	/* mov $39,%eax (getpid); syscall; ret */
	static const char code[] = "\xb8\x27\0\0\0\x0f\x05\xc3";
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
