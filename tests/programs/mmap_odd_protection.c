/* SPDX-License-Identifier: MIT */
/*
 * mmap(2) overlooks protections that it does not know; mprotect(2) refuses.
 * Memory that the kernel may drop (since Linux 6.11) is had, or is not.
 */
#include "tracee.h"

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

static void droppable(void)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);

	check(map != MAP_FAILED || errno == EINVAL);
}

int main(void)
{
	static const int odd[] = { 8, 0x10, 0x100, 0x40000000, 0x7ffffff0 };
	int fd = sys(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		char *map = sys(mmap(NULL, 8192,
				     PROT_READ | PROT_WRITE | odd[i],
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		char *file = sys(mmap(NULL, 4096, PROT_READ | odd[i],
				      MAP_PRIVATE, fd, 0));

		map[4096] = 5;
		check(!memcmp(file, "\177ELF", 4));
		say("%#x: mprotect %d\n", odd[i],
		    mprotect(map, 4096, PROT_READ | odd[i]) ? errno : 0);
		sys(munmap(map, 8192));
		sys(munmap(file, 4096));
	}
	droppable();
	return success();
}
