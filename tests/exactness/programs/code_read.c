/* SPDX-License-Identifier: MIT */
/*
 * A loop whose instructions are constants, too: the program loads what they
 * load from the code itself, as that of V8 does.
 *
 * variants: long short
 */
#include "strike.h"

/* Adds the constant of the code at 1 a thousand times, and once as data. */
#define LOOP(load, load_from_code) \
	__asm__ volatile("3:	mov $1000, %%ecx\n" \
			 "1:	" load "\n" \
			 "	add %%rdx, %0\n" \
			 "	dec %%ecx\n" \
			 "	jnz 1b\n" \
			 "	" load_from_code "\n" \
			 "	add %%rdx, %1\n" \
			 "	incq %2\n" \
			 "	cmpl $0, %3\n" \
			 "	je 3b" \
			 : "+r"(sum), "+r"(sum_of_code), "+m"(progress) \
			 : "m"(strikes_over) : "rcx", "rdx", "cc")

int main(int argc, char **argv)
{
	uint64_t sum = 0, sum_of_code = 0;

	strikes_begin();
	if (is_variant("short"))
		LOOP("mov $0x12345678, %%edx", "mov 1b + 1(%%rip), %%edx");
	else
		LOOP("movabs $0x100000000, %%rdx", "mov 1b + 2(%%rip), %%rdx");
	strikes_end();
	say("%llu passes, %llx %llx\n", (unsigned long long)progress,
	    (unsigned long long)sum, (unsigned long long)sum_of_code);
	return success();
}
