/* SPDX-License-Identifier: MIT */
/* rdrand and rdseed, in all widths. */
#include <immintrin.h>

#include "tracee.h"

#define ASK(name, type)                                        \
	static int name##_##type(type *value)                  \
	{                                                      \
		unsigned char ok;                              \
                                                               \
		asm volatile(#name " %0\n\tsetc %1"            \
			     : "=r"(*value), "=qm"(ok)::"cc"); \
		return ok;                                     \
	}

ASK(rdrand, uint16_t)
ASK(rdrand, uint32_t)
ASK(rdrand, uint64_t)
ASK(rdseed, uint32_t)
ASK(rdseed, uint64_t)

int main(void)
{
	uint16_t small = 0;
	uint32_t middle = 0;
	uint64_t large = 0;

	if (!__builtin_cpu_supports("rdrnd"))
		skip("no rdrand");
	for (int i = 0; i < 5; i++) {
		int ok = rdrand_uint16_t(&small) + rdrand_uint32_t(&middle) +
			 rdrand_uint64_t(&large);

		say("rdrand %d %04x %08x %016llx\n", ok, small, middle,
		    (long long)large);
	}
	if (!__builtin_cpu_supports("rdseed"))
		return success();
	for (int i = 0; i < 5; i++) {
		int ok = rdseed_uint32_t(&middle) + rdseed_uint64_t(&large);

		say("rdseed %d %08x %016llx\n", ok, middle, (long long)large);
	}
	return success();
}
