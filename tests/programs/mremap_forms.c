/* SPDX-License-Identifier: MIT */
/* mremap: grow in place or move, shrink, fixed target, DONTUNMAP, refusals. */
#include "tracee.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

int main(void)
{
	char *memory = map_private(16384), *moved, *target;

	memset(memory, 'r', 16384);
	moved = sys(mremap(memory, 16384, 1 << 20, MREMAP_MAYMOVE));
	check(moved[16383] == 'r' && moved[16384] == 0);
	moved[(1 << 20) - 1] = 'e';
	check(mremap(moved, 1 << 20, 8192, 0) == moved);
	target = map_private(8192);
	check(mremap(moved, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED,
		     target) == target);
	check(target[8191] == 'r');
	fails(mremap(moved, 8192, 8192, 0), EFAULT);
	map_private(4096);
	moved = mremap(target, 8192, 8192, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	if (moved != MAP_FAILED) {
		check(moved != target && moved[0] == 'r' && target[0] == 0);
		say("moved %p to %p\n", (void *)target, (void *)moved);
	}
	fails(mremap(target, 8192, 0, MREMAP_MAYMOVE), EINVAL);
	return success();
}
