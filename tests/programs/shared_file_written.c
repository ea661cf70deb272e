/* SPDX-License-Identifier: MIT */
/* write, pwrite, pwritev, ftruncate and fallocate show in a shared mapping. */
#include "tracee.h"

int main(void)
{
	struct iovec piece[] = { { "one", 3 }, { "two", 3 } };
	char *memory;
	int fd;

	scratch();
	fd = make_file("file", "start", 5, 0600);
	sys(ftruncate(fd, 16384));
	memory = sys(
		mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	check(!strcmp(memory, "start"));
	check(write(fd, " and more", 9) == 9);
	check(!strcmp(memory, "start and more"));
	check(pwrite(fd, "far", 3, 8190) == 3 &&
	      !memcmp(memory + 8190, "far", 3));
	check(pwritev(fd, piece, 2, 100) == 6);
	check(!memcmp(memory + 100, "onetwo", 6));
	sys(ftruncate(fd, 4000));
	check(memory[3999] == 0 && memory[100] == 'o');
	sys(ftruncate(fd, 16384));
	check(memory[8190] == 0);
	memory[9000] = 'm';
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      4096) == 0)
		check(memory[0] == 0 && memory[100] == 0);
	check(pread(fd, memory + 50, 1, 9000) == 1 && memory[50] == 'm');
	return success();
}
