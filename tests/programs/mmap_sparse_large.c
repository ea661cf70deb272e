/* SPDX-License-Identifier: MIT */
/* Six gigabytes mapped, a few pages of them touched, beyond 4 GiB too. */
#include "tracee.h"

int main(void)
{
	size_t size = 6UL << 30;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
	     *file;
	int fd;

	if (memory == MAP_FAILED)
		skip("no room for 6 GiB: errno %d", errno);
	for (size_t at = 0; at < size; at += 1UL << 29)
		memory[at] = at >> 29;
	memory[size - 1] = 'z';
	for (size_t at = 0; at < size; at += 1UL << 29)
		check(memory[at] == (char)(at >> 29));
	fd = sys(memfd("sparse", MFD_CLOEXEC));
	sys(ftruncate(fd, 5L << 30));
	file = sys(mmap(NULL, 5L << 30, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_NORESERVE, fd, 0));
	check(pwrite(fd, "far", 3, (4L << 30) + 7) == 3);
	check(!memcmp(file + (4L << 30) + 7, "far", 3));
	file[(5L << 30) - 1] = 'e';
	check(pread(fd, file, 1, (5L << 30) - 1) == 1 && *file == 'e');
	return success();
}
