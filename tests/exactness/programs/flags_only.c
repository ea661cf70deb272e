/* SPDX-License-Identifier: MIT */
/*
 * Only flags differ from pass to pass, or a register that the carry goes
 * through.
 *
 * variants: carry direction sahf rotate
 */
#include "strike.h"

#define PADDED ".rept 16\n nop\n .endr\n"

int main(int argc, char **argv)
{
	uint64_t value = 0x8000000000000001, flags;

	strikes_begin();
	if (is_variant("carry"))
		__asm__ volatile("clc\n"
				 "1: cmc\n" PADDED "mov %1, %%ecx\n"
				 "jrcxz 1b\n"
				 "pushfq\n\tpop %0\n"
				 : "=r"(flags)
				 : "m"(strikes_over)
				 : "rcx", "cc", "memory");
	else if (is_variant("direction"))
		__asm__ volatile("1: std\n" PADDED "cld\n" PADDED
				 "mov %1, %%ecx\n"
				 "jrcxz 1b\n"
				 "pushfq\n\tpop %0\n"
				 : "=r"(flags)
				 : "m"(strikes_over)
				 : "rcx", "cc", "memory");
	else if (is_variant("sahf"))
		__asm__ volatile("1: lahf\n"
				 "lea 0x1100(%%rax), %%eax\n"
				 "sahf\n" PADDED "mov %1, %%ecx\n"
				 "jrcxz 1b\n"
				 "pushfq\n\tpop %0\n"
				 : "=r"(flags)
				 : "m"(strikes_over)
				 : "rax", "rcx", "cc", "memory");
	else
		__asm__ volatile("clc\n"
				 "1: rcl $1, %2\n"
				 "mov %1, %%ecx\n"
				 "jrcxz 1b\n"
				 "pushfq\n\tpop %0\n"
				 : "=r"(flags), "+m"(strikes_over), "+r"(value)
				 :
				 : "rcx", "cc", "memory");
	strikes_end();
	say("flags %llx, value %llx\n", (unsigned long long)(flags & 0xcd5),
	    (unsigned long long)value);
	return success();
}
