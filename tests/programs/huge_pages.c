/* SPDX-License-Identifier: MIT */
/* A hugetlb memfd, when there are huge pages; else its errno. */
#include "tracee.h"

int main(void)
{
	size_t size = 2 << 20;
	char *memory;
	int fd = memfd("huge", 4 /* MFD_HUGETLB */ | (21 << 26));

	if (fd < 0)
		skip("MFD_HUGETLB: errno %d", errno);
	sys(ftruncate(fd, size));
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		skip("no huge pages: errno %d", errno);
	memory[size - 1] = 'h';
	check(memory[0] == 0 && memory[size - 1] == 'h');
	return success();
}
