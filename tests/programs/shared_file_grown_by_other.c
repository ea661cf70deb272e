/* SPDX-License-Identifier: MIT */
/* A mapping reaches past the end; another process makes the file longer. */
#include "tracee.h"

int main(void)
{
	volatile char *memory;
	int fd, ends[2];
	pid_t child;
	char byte;

	scratch();
	sys(pipe(ends));
	fd = make_file("file", "x", 1, 0600);
	memory = sys(
		mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	child = sys(fork());
	if (child == 0) {
		for (int i = 1; i < 16; i++)
			check(pwrite(fd, "g", 1, i * 4096) == 1);
		put(ends[1], "g", 1);
		memory[20000] = 'c';
		_exit(0);
	}
	check(read(ends[0], &byte, 1) == 1);
	await_exit(child, 0);
	for (int i = 1; i < 16; i++)
		check(memory[i * 4096] == 'g');
	check(memory[20000] == 'c');
	memory[61440 + 100] = 0;
	return success();
}
