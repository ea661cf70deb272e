/* SPDX-License-Identifier: MIT */
/*
 * A program with AddressSanitizer reserves terabytes of memory.
 *
 * levels: O1
 * flags: -fsanitize=address
 * set: ASAN_OPTIONS=detect_leaks=0
 */
#include "strike.h"

int main(void)
{
	uint64_t value = 1, *memory = calloc(1000, sizeof(*memory));

	strikes_begin();
	while (!strikes_over) {
		value = value * 6364136223846793005 + 1;
		memory[(value >> 33) % 1000]++;
		progress++;
	}
	strikes_end();
	say("%016llx\n", (unsigned long long)hash(memory, 1000 * 8));
	free(memory);
	return success();
}
