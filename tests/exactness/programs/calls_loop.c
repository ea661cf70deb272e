/* SPDX-License-Identifier: MIT */
/*
 * Loops through calls, returns and jumps that a table or a register decides.
 *
 * levels: O0 O2 O3
 * variants: calls pointers cases labels fallthrough
 */
#include "strike.h"

static uint64_t state = 88172645463325252;

static NO_INLINE uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static NO_INLINE uint64_t twice(uint64_t (*function)(void))
{
	return function() + function();
}

static NO_INLINE void add_one(void)
{
	progress += 1;
}
static NO_INLINE void add_two(void)
{
	progress += 2;
}
static NO_INLINE void add_three(void)
{
	progress += 3;
}
static NO_INLINE void call_next(void)
{
	progress ^= next() & 0xff;
}

static void (*const table[])(void) = {
	add_one,
	add_two,
	add_three,
	call_next,
};

static uint64_t by_cases(void)
{
	uint64_t total = 0;

	while (!strikes_over) {
		switch (next() % 7) {
		case 0:
			total += 1;
			break;
		case 1:
			total ^= 0x55;
			break;
		case 2:
			total *= 3;
			break;
		case 3:
			total -= next();
			break;
		case 4:
			total = ~total;
			break;
		case 5:
			total >>= 1;
			break;
		default:
			total += 17;
			break;
		}
	}
	return total;
}

/* Cases in the middle of straight code, which a table alone leads to. */
static uint64_t by_fallthrough(void)
{
	uint64_t total = 0, a = 1, b = 2, c = 3;

	while (!strikes_over) {
		switch (next() & 7) {
		case 0:
			a += b; /* fall through */
		case 1:
			b ^= c; /* fall through */
		case 2:
			c += a; /* fall through */
		case 3:
			a--; /* fall through */
		case 4:
			b += 5; /* fall through */
		case 5:
			c ^= b; /* fall through */
		case 6:
			b++; /* fall through */
		default:
			total += c;
		}
	}
	return total + a + b + c;
}

static uint64_t by_labels(void)
{
	static const void *const labels[] = { &&a, &&b, &&c, &&d };
	uint64_t total = 0;

a:
	total += 1;
	goto *labels[next() % 4];
b:
	total = total * 5 + 1;
	goto *labels[next() % 4];
c:
	total ^= total >> 3;
	goto *labels[next() % 4];
d:
	if (!strikes_over)
		goto *labels[next() % 3];
	return total;
}

int main(int argc, char **argv)
{
	uint64_t total = 0;

	strikes_begin();
	if (is_variant("calls"))
		while (!strikes_over)
			total += twice(next);
	else if (is_variant("pointers"))
		while (!strikes_over)
			table[next() % 4]();
	else if (is_variant("cases"))
		total = by_cases();
	else if (is_variant("fallthrough"))
		total = by_fallthrough();
	else
		total = by_labels();
	strikes_end();
	say("%llu, %llu\n", (unsigned long long)total,
	    (unsigned long long)progress);
	return success();
}
