/* SPDX-License-Identifier: MIT */
/* What no program is told of the processor, since no recording can hold it. */
#ifndef REEL_CPUID_HIDDEN_H
#define REEL_CPUID_HIDDEN_H

#include <stdint.h>

/* What a CPUID leaf returns. */
struct cpuid_leaf {
	uint32_t eax, ebx, ecx, edx;
};

/* What is in ecx does not matter to some. */
static inline uint32_t cpuid_subleaf(uint32_t number, uint32_t ecx)
{
	return number <= 2 || (number >= 0x80000000 && number <= 0x80000008) ?
		0 : ecx;
}

/* The hypervisor's own leaves may answer otherwise another time. */
static inline int cpuid_is_constant(uint32_t number)
{
	return number >> 28 != 4;
}

/*
 * Transactions (HLE, RTM, TSXLDTRK) abort when an interrupt comes, UMWAIT and
 * TPAUSE tell by a flag whether time ran out, and user interrupts come at any
 * instruction.
 */
static inline void cpuid_hide(uint32_t number, uint32_t subleaf,
			      struct cpuid_leaf *leaf)
{
	if (number == 7 && subleaf == 0) {
		leaf->ebx &= ~(1u << 4 | 1u << 11);
		leaf->ecx &= ~(1u << 5);
		leaf->edx &= ~(1u << 5 | 1u << 11 | 1u << 13 | 1u << 16);
	} else if (number == 0x80000008) {
		leaf->ebx &= ~(1u << 4); /* RDPRU reads clocks */
	} else if (number == 0x80000001) {
		leaf->ecx &= ~(1u << 15); /* LWP writes profiles */
	}
}

#endif
