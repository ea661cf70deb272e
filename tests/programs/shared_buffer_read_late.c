/* SPDX-License-Identifier: MIT */
/* A read sleeps with its buffer in shared memory, which another one uses. */
#include "tracee.h"

int main(void)
{
	char *shared = map_shared(8192);
	int ends[2], back[2];
	pid_t child;
	char byte;

	sys(pipe(ends));
	sys(pipe(back));
	memset(shared, '.', 8192);
	child = sys(fork());
	if (child == 0) {
		check(read(ends[0], shared + 4090, 12) == 12);
		put(back[1], "b", 1);
		_exit(0);
	}
	await_state(child, "S");
	check(shared[4090] == '.');
	memset(shared + 4080, '-', 30);
	put(ends[1], "twelve bytes", 12);
	check(read(back[0], &byte, 1) == 1);
	check(!memcmp(shared + 4080, "----------twelve bytes--------", 30));
	await_exit(child, 0);
	return success();
}
