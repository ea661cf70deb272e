/* SPDX-License-Identifier: MIT */
/* madvise that empties pages: DONTNEED, FREE, REMOVE; and harmless advice. */
#include "tracee.h"

int main(void)
{
	char *memory = map_private(8 * 4096), *shared = map_shared(8 * 4096);

	memset(memory, 'a', 8 * 4096);
	sys(madvise(memory + 4096, 4096, MADV_DONTNEED));
	check(memory[0] == 'a' && memory[4096] == 0 && memory[8192] == 'a');
	sys(madvise(memory + 8192, 4096, MADV_FREE));
	say("freed page reads %d\n", memory[8192]);
	memset(shared, 's', 8 * 4096);
	sys(madvise(shared, 4096, MADV_DONTNEED));
	check(shared[0] == 's');
	if (madvise(shared + 4096, 4096, MADV_REMOVE) == 0)
		check(shared[4096] == 0 && shared[8192] == 's');
	sys(madvise(memory, 8 * 4096, MADV_SEQUENTIAL));
	sys(madvise(memory, 8 * 4096, MADV_WILLNEED));
	madvise(memory, 8 * 4096, MADV_HUGEPAGE);
	madvise(memory, 8 * 4096, MADV_NOHUGEPAGE);
	sys(madvise(memory, 8 * 4096, MADV_DONTDUMP));
	madvise(memory, 8 * 4096, 21 /* MADV_PAGEOUT */);
	check(memory[7 * 4096] == 'a');
	madvise(memory, 8 * 4096, 23 /* MADV_POPULATE_WRITE */);
	fails(madvise(memory, 4096, 12345), EINVAL);
	return success();
}
