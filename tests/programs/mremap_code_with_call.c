/* SPDX-License-Identifier: MIT */
/* Code that made calls is moved, and makes them from its new place. */
#include "tracee.h"

#include <sys/mman.h>

typedef long (*call)(void);

int main(void)
{
	/* mov $39,%eax; syscall; ret; nops: getpid(2) */
	static const unsigned char before[] = {
		0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3,
	};
	/* xor %eax,%eax; mov $39,%al; syscall; cmp $-4095,%rax; ret */
	static const unsigned char behind[] = {
		0x31, 0xc0, 0xb0, 39, 0x0f, 0x05, 0x48, 0x3d, 0x01, 0xf0,
		0xff, 0xff, 0xc3,
	};
	char *from = map_private(4096), *to = map_private(4096);
	long pid = getpid();

	memcpy(from + 16, before, sizeof(before));
	memcpy(from + 256, behind, sizeof(behind));
	sys(mprotect(from, 4096, PROT_READ | PROT_EXEC));
	for (int round = 0; round < 4; round++) {
		char *next = round % 2 ? from : to, *now = round % 2 ? to : from;

		for (int i = 0; i < 20; i++) {
			check(((call)(now + 16))() == pid);
			check(((call)(now + 256))() == pid);
		}
		check(mremap(now, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED,
			     next) == next);
	}
	check(((call)(from + 16))() == pid);
	return success();
}
