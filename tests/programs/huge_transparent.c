/* SPDX-License-Identifier: MIT */
/* Transparent huge pages: advice, use, and punching a hole in one. */
#include "tracee.h"

int main(void)
{
	char *memory = map_private(8 << 20);

	madvise(memory, 8 << 20, MADV_HUGEPAGE);
	for (size_t i = 0; i < 8 << 20; i += 512)
		memory[i] = i >> 9;
	sys(madvise(memory + (3 << 20), 4096, MADV_DONTNEED));
	check(memory[3 << 20] == 0);
	say("hash %016llx\n", (long long)hash(memory, 8 << 20));
	return success();
}
