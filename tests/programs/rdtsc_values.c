/* SPDX-License-Identifier: MIT */
/* rdtsc and rdtscp differ at each run and must be the same in replay. */
#include <cpuid.h>
#include <x86intrin.h>

#include "tracee.h"

static int has_rdtscp(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(0x80000001, &a, &b, &c, &d) && (d & 1 << 27);
}

int main(void)
{
	int both = has_rdtscp();
	unsigned cpu = 0;
	uint64_t last = 0;

	for (int i = 0; i < 20; i++) {
		uint64_t now = both && i % 2 ? __rdtscp(&cpu) :
						__rdtsc();

		check(now > last);
		last = now;
		say("%llu %u\n", (long long)now, cpu);
	}
	return success();
}
