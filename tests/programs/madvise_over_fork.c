/* SPDX-License-Identifier: MIT */
/* MADV_DONTFORK pages are missing in the child, WIPEONFORK ones are zero. */
#include "tracee.h"

int main(void)
{
	char *memory = map_private(3 * 4096);
	pid_t child;

	memset(memory, 'f', 3 * 4096);
	sys(madvise(memory, 4096, MADV_DONTFORK));
	sys(madvise(memory + 4096, 4096, MADV_WIPEONFORK));
	child = sys(fork());
	if (child == 0) {
		unsigned char present;

		fails(mincore(memory, 4096, &present), ENOMEM);
		check(memory[4096] == 0 && memory[8192] == 'f');
		memory[4096] = 'c';
		_exit(0);
	}
	await_exit(child, 0);
	check(memory[0] == 'f' && memory[4096] == 'f');
	sys(madvise(memory, 4096, MADV_DOFORK));
	sys(madvise(memory + 4096, 4096, MADV_KEEPONFORK));
	child = sys(fork());
	if (child == 0) {
		check(memory[0] == 'f' && memory[4096] == 'f');
		_exit(0);
	}
	await_exit(child, 0);
	return success();
}
