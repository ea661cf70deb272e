/* SPDX-License-Identifier: MIT */
/* Code in a memfd mapped private and executable, then the file changes. */
#include "tracee.h"

int main(void)
{
	/* mov $imm32,%eax; ret */
	unsigned char code[6] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	int fd = memfd_executable("code", MFD_CLOEXEC);
	int (*shared)(void), (*writable)(void);
	char *view;

	put(fd, (char *)code, sizeof(code));
	shared =
		sys(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0));
	view = sys(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	writable = sys(
		mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0));
	check(shared() == 42 && writable() == 42);
	view[1] = 43;
	check(shared() == 43);
	check(pwrite(fd, "\x2c", 1, 1) == 1);
	check(shared() == 44);
	say("private view now answers %d\n", writable());
	return success();
}
