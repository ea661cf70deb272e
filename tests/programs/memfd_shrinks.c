/* SPDX-License-Identifier: MIT */
/* Pages that stores into a mapping of a memfd made are taken away by calls. */
#include <linux/falloc.h>

#include "tracee.h"

#define LENGTH (1 << 20)

int main(void)
{
	int fd = sys(memfd("shrinks", MFD_CLOEXEC));
	char *bytes, byte;

	sys(ftruncate(fd, LENGTH));
	bytes = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(bytes != MAP_FAILED);
	memset(bytes, 1, LENGTH);
	sys(fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
		      LENGTH / 2, LENGTH / 4));
	check(bytes[LENGTH / 2] == 0 && bytes[LENGTH / 2 - 1] == 1);
	bytes[LENGTH / 2] = 2;
	sys(ftruncate(fd, 4096));
	check(pread(fd, &byte, 1, 4095) == 1 && byte == 1);
	check(pread(fd, &byte, 1, 4096) == 0);
	check(pwrite(fd, "x", 1, LENGTH - 1) == 1 && bytes[LENGTH - 1] == 'x');
	check(bytes[LENGTH / 2] == 0);
	puts("EXIT-SUCCESS");
	return 0;
}
