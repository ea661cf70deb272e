/* SPDX-License-Identifier: MIT */
/*
 * Loops that count in registers, as the compiler likes them.
 *
 * levels: O0 O2 O3
 */
#include "strike.h"

int main(void)
{
	uint64_t value = 1, passes = 0;

	strikes_begin();
	while (!strikes_over)
		value = value * 6364136223846793005 + ++passes;
	strikes_end();
	say("%llu after %llu passes\n", (unsigned long long)value,
	    (unsigned long long)passes);
	return success();
}
