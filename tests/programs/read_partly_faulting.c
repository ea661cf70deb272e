/* SPDX-License-Identifier: MIT */
/* A read whose buffer ends in an unmapped page: short, or EFAULT. */
#include "tracee.h"

int main(void)
{
	char *memory = map_private(8192);
	int fd, ends[2];
	ssize_t n;

	sys(munmap(memory + 4096, 4096));
	scratch();
	fd = make_file("file", memory, 4096, 0600);
	n = pread(fd, memory + 4000, 200, 0);
	say("file: %zd errno %d\n", n, n < 0 ? errno : 0);
	sys(pipe(ends));
	put(ends[1], memory, 200);
	n = read(ends[0], memory + 4000, 200);
	say("pipe: %zd errno %d\n", n, n < 0 ? errno : 0);
	fails(pread(fd, memory + 4096, 10, 0), EFAULT);
	fails(syscall(SYS_stat, "file", memory + 4090), EFAULT);
	return success();
}
