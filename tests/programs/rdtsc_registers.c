/* SPDX-License-Identifier: MIT */
/* rdtsc clears the upper halves of rax and rdx and leaves the rest alone. */
#include "tracee.h"

int main(void)
{
	unsigned long a = -1, d = -1, c = -1, b = 0x1234567812345678;

	asm volatile("rdtsc" : "+a"(a), "+d"(d), "+b"(b), "+c"(c));
	check(a >> 32 == 0 && d >> 32 == 0 && c == -1UL);
	check(b == 0x1234567812345678);
	asm volatile("rdtscp" : "+a"(a), "+d"(d), "+c"(c));
	check(a >> 32 == 0 && d >> 32 == 0 && c >> 32 == 0);
	say("%lx %lx %lx\n", a, d, c);
	return success();
}
