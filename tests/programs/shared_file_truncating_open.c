/* SPDX-License-Identifier: MIT */
/* open(O_TRUNC) by another process empties a file that is mapped shared. */
#include "tracee.h"

int main(void)
{
	char *memory;
	pid_t child;
	int fd;

	scratch();
	fd = make_file("file", "before", 7, 0600);
	memory = sys(
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	check(!strcmp(memory, "before"));
	child = sys(fork());
	if (child == 0) {
		int own = sys(open("file", O_RDWR | O_TRUNC));

		check(write(own, "af", 2) == 2);
		_exit(0);
	}
	await_exit(child, 0);
	check(!strcmp(memory, "af") && memory[5] == 0);
	return success();
}
