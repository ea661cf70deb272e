/* SPDX-License-Identifier: MIT */
/*
 * Loops that count in memory.
 *
 * levels: O0 O2 O3
 * variants: global stack heap far
 */
#include "strike.h"

static volatile uint64_t global[8];

static void count(volatile uint64_t *counter)
{
	while (!strikes_over) {
		progress = ++counter[0];
		if (!(counter[0] & 1023))
			counter[1]++;
	}
}

int main(int argc, char **argv)
{
	volatile uint64_t stack[8] = { 0 }, *counter = global;

	if (is_variant("stack"))
		counter = stack;
	else if (is_variant("heap"))
		counter = calloc(8, sizeof(*counter));
	else if (is_variant("far"))
		counter = (volatile void *)(map_private(1 << 20) + 4096 - 8);
	strikes_begin();
	count(counter);
	strikes_end();
	say("%llu, %llu\n", (unsigned long long)counter[0],
	    (unsigned long long)counter[1]);
	return success();
}
