/* SPDX-License-Identifier: MIT */
/* xgetbv, rdpid, rdfsbase and wrgsbase where the machine has them. */
#include <cpuid.h>
#include <sys/auxv.h>

#include "tracee.h"

int main(void)
{
	unsigned a, b, c, d;
	unsigned long value;

	__cpuid(1, a, b, c, d);
	if (!(c & bit_OSXSAVE))
		skip("no xsave");
	asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	check(a & 1);
	say("xcr0 %x %x\n", a, d);
	__cpuid_count(7, 0, a, b, c, d);
	if (c & (1 << 22)) {
		asm volatile("rdpid %0" : "=r"(value));
		say("rdpid %lx\n", value);
	}
	if (getauxval(AT_HWCAP2) & 2) {
		asm volatile("rdfsbase %0" : "=r"(value));
		check(value == (unsigned long)pthread_self());
		asm volatile("wrgsbase %0" ::"r"(0x123456UL));
		sched_yield();
		asm volatile("rdgsbase %0" : "=r"(value));
		check(value == 0x123456);
	}
	return success();
}
