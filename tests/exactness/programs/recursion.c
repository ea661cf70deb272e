/* SPDX-License-Identifier: MIT */
/*
 * Functions that call themselves.
 *
 * levels: O0 O2 O3
 * variants: tree deep mutual
 */
#include "strike.h"

static NO_INLINE uint64_t fibonacci(unsigned n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static NO_INLINE uint64_t depth(uint64_t n, volatile uint64_t *below)
{
	volatile uint64_t mine = n;

	if (!n)
		return *below;
	return depth(n - 1, &mine) + mine;
}

static NO_INLINE uint64_t odd(uint64_t n);

static NO_INLINE uint64_t even(uint64_t n)
{
	__asm__ volatile("" : "+r"(n));
	return n ? odd(n - 1) + 1 : 0;
}

static NO_INLINE uint64_t odd(uint64_t n)
{
	__asm__ volatile("" : "+r"(n));
	return n ? even(n - 1) + 2 : 0;
}

int main(int argc, char **argv)
{
	volatile uint64_t zero = 0;
	uint64_t total = 0;

	strikes_begin();
	for (; !strikes_over; progress++) {
		if (is_variant("tree"))
			total += fibonacci(18);
		else if (is_variant("deep"))
			total += depth(3000, &zero);
		else
			total += even(500);
	}
	strikes_end();
	say("%llu after %llu\n", (unsigned long long)total,
	    (unsigned long long)progress);
	return success();
}
