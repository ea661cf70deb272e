/* SPDX-License-Identifier: MIT */
/* cpuid: every leaf, with the apic id that depends on the core. */
#include <cpuid.h>

#include "tracee.h"

int main(void)
{
	unsigned a, b, c, d, last = __get_cpuid_max(0, NULL);

	for (unsigned leaf = 0; leaf <= last && leaf < 32; leaf++) {
		for (unsigned sub = 0; sub < 3; sub++) {
			__cpuid_count(leaf, sub, a, b, c, d);
			say("%x.%x: %08x %08x %08x %08x\n", leaf, sub, a, b, c,
			    d);
		}
	}
	__cpuid(0x80000000, a, b, c, d);
	for (unsigned leaf = 0x80000000, end = a; leaf <= end; leaf++) {
		__cpuid(leaf, a, b, c, d);
		say("%x: %08x %08x %08x %08x\n", leaf, a, b, c, d);
	}
	return success();
}
