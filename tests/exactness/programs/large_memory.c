/* SPDX-License-Identifier: MIT */
/*
 * Signals strike a program that has $MEGABYTES of memory, all of it used.
 *
 * levels: O2
 * long
 */
#include "strike.h"

static void count_random(volatile uint64_t *words, size_t count)
{
	uint64_t index = 0;

	while (!strikes_over) {
		index = (index * 6364136223846793005 + 1442695040888963407) %
			count;
		words[index]++;
		progress++;
	}
}

int main(void)
{
	size_t length = (size_t)from_environment("MEGABYTES", 1000) << 20;
	uint64_t *words = (uint64_t *)map_private(length);

	for (size_t i = 0; i < length / 8; i += 8)
		words[i] = i * 2654435761;
	strikes_begin();
	strikes_wanted = 4;
	count_random(words, length / 8);
	strikes_end();
	say("%016llx\n",
	    (unsigned long long)hash(words + length / 8 - 100, 800));
	return success();
}
