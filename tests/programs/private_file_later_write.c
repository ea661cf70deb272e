/* SPDX-License-Identifier: MIT */
/* A private file mapping: own writes stay own, later writes may show. */
#include "tracee.h"

int main(void)
{
	char *memory, block[8192];
	int fd;

	scratch();
	memset(block, 'o', sizeof(block));
	fd = make_file("file", block, sizeof(block), 0600);
	memory = sys(
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	memory[0] = 'p';
	check(pread(fd, block, 1, 0) == 1 && block[0] == 'o');
	check(memory[4096] == 'o');
	check(pwrite(fd, "NN", 2, 0) == 2);
	check(pwrite(fd, "NN", 2, 4096) == 2);
	check(memory[0] == 'p' && memory[1] == 'o');
	say("untouched page now reads %c\n", memory[4096]);
	return success();
}
