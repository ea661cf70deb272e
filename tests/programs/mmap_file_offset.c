/* SPDX-License-Identifier: MIT */
/* File mappings with offsets, lengths that end inside a page, and remaps. */
#include "tracee.h"

int main(void)
{
	static char block[5 * 4096 + 77];
	char *memory;
	int fd;

	scratch();
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = i / 4096 + 'A';
	fd = make_file("file", block, sizeof(block), 0600);
	memory = sys(mmap(NULL, 100, PROT_READ, MAP_PRIVATE, fd, 3 * 4096));
	check(memory[0] == 'D' && memory[4095] == 'D');
	memory =
		sys(mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE, fd, 3 * 4096));
	check(memory[2 * 4096 + 76] == 'F' && memory[2 * 4096 + 77] == 0);
	fails(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 100), EINVAL);
	sys(mmap(memory, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0));
	check(memory[0] == 'A' && memory[4096] == 'E');
	close(fd);
	check(memory[8192] == 'F');
	return success();
}
