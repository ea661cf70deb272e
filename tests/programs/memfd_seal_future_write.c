/* SPDX-License-Identifier: MIT */
/* F_SEAL_FUTURE_WRITE: old shared mappings still write, new ones cannot. */
#include "tracee.h"

int main(void)
{
	int fd = sys(memfd("future", MFD_ALLOW_SEALING));
	char *memory, byte;

	sys(ftruncate(fd, 4096));
	memory = sys(
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	fails(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE))
		skip("no F_SEAL_FUTURE_WRITE: errno %d", errno);
	memory[7] = 'w';
	check(pread(fd, &byte, 1, 7) == 1 && byte == 'w');
	fails(pwrite(fd, "x", 1, 0), EPERM);
	fails(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
	      EPERM);
	return success();
}
