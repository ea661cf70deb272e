/* SPDX-License-Identifier: MIT */
/* To map a file, in part a hole, does not move its descriptor's position. */
#include "tracee.h"

int main(void)
{
	char byte, *memory;
	int fd;

	scratch();
	fd = make_file("file", "0123456789", 10, 0600);
	check(pwrite(fd, "end", 3, 1 << 20) == 3);
	sys(lseek(fd, 3, SEEK_SET));
	memory = sys(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
	check(memory[4] == '4');
	check(read(fd, &byte, 1) == 1 && byte == '3');
	check(lseek(fd, 0, SEEK_CUR) == 4);
	return success();
}
