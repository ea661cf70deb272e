/* SPDX-License-Identifier: MIT */
/* rdtsc and rdtscp differ at each run and must be the same in replay. */
#include <x86intrin.h>

#include "tracee.h"

int main(void)
{
	unsigned cpu = 0;
	uint64_t last = 0;

	for (int i = 0; i < 20; i++) {
		uint64_t now = i % 2 ? __rdtscp(&cpu) : __rdtsc();

		check(now > last);
		last = now;
		say("%llu %u\n", (long long)now, cpu);
	}
	return success();
}
