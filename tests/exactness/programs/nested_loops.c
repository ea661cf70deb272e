/* SPDX-License-Identifier: MIT */
/*
 * The inner loop goes through the same states again and again; only what an
 * outer one keeps tells when it was.
 *
 * levels: O0 O2 O3
 * variants: memory stack register long deep
 */
#include "strike.h"

/* Its registers and memory are the same in every call. */
static NO_INLINE uint64_t inner(uint64_t passes)
{
	uint64_t value = 0;

	for (uint64_t i = 0; i < passes; i++) {
		value += i ^ (value << 3);
		__asm__ volatile("" : "+r"(value));
	}
	return value;
}

static uint64_t outer_in_memory(uint64_t passes)
{
	static volatile uint64_t total;

	for (; !strikes_over; progress++)
		total += inner(passes);
	return total;
}

static uint64_t outer_on_stack(void)
{
	volatile uint64_t total = 0, count = 0;

	while (!strikes_over) {
		total += inner(200);
		count++;
	}
	progress = count;
	return total;
}

static uint64_t outer_in_register(void)
{
	uint64_t total = 0;

	for (uint64_t i = 0; !strikes_over; i++)
		total += inner(200) ^ i;
	return total;
}

static uint64_t deep(void)
{
	uint64_t total = 0;

	for (; !strikes_over; progress++)
		for (int i = 0; i < 30; i++)
			for (int j = 0; j < 30; j++)
				total += inner(20) + (uint64_t)(i * j);
	return total;
}

int main(int argc, char **argv)
{
	uint64_t total = 0;

	strikes_begin();
	if (is_variant("memory"))
		total = outer_in_memory(200);
	else if (is_variant("long"))
		total = outer_in_memory(100000);
	else if (is_variant("stack"))
		total = outer_on_stack();
	else if (is_variant("register"))
		total = outer_in_register();
	else
		total = deep();
	strikes_end();
	say("%llu after %llu\n", (unsigned long long)total,
	    (unsigned long long)progress);
	return success();
}
