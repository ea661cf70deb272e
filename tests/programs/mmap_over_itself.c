/* SPDX-License-Identifier: MIT */
/* Mappings are replaced under the stack's and the code's neighbourhood. */
#include "tracee.h"

int main(void)
{
	char *base = map_private(1 << 20), *again;
	int zero = sys(open("/dev/zero", O_RDWR)), self;

	self = sys(open("/proc/self/exe", O_RDONLY));
	for (int i = 0; i < 40; i++) {
		int flags = MAP_PRIVATE | MAP_FIXED;
		char *at = base + i % 16 * 65536;
		int fd = i % 3 == 0 ? zero : i % 3 == 1 ? self : -1;

		if (fd < 0)
			flags |= MAP_ANONYMOUS;
		again = sys(
			mmap(at, 8192, PROT_READ | PROT_WRITE, flags, fd, 0));
		check(again == at);
		at[i] = i;
		if (i % 5 == 4)
			sys(munmap(at + 4096, 4096));
	}
	sys(munmap(base, 1 << 20));
	return success();
}
