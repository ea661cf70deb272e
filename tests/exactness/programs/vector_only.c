/* SPDX-License-Identifier: MIT */
/*
 * Only vector registers or the x87 tell the passes apart.  The passes of most
 * are slow; `fast` has one of a nanosecond.
 *
 * variants: sse avx avx_upper x87 mxcsr fast
 */
#include "strike.h"

#define SLOW ".rept 100\n sqrtsd %%xmm7, %%xmm7\n .endr\n"

static void count_sse(void)
{
	double passes = 0, one = 1;

	__asm__ volatile("movsd %1, %%xmm7\n"
			 "1: addsd %1, %0\n" SLOW "cmpl $0, %2\n"
			 "je 1b\n"
			 : "+x"(passes)
			 : "x"(one), "m"(strikes_over)
			 : "xmm7", "cc", "memory");
	say("%.0f passes\n", passes);
}

static void count_fast(void)
{
	double passes = 0, one = 1;

	__asm__ volatile("1: addsd %1, %0\n"
			 "cmpl $0, %2\n"
			 "je 1b\n"
			 : "+x"(passes)
			 : "x"(one), "m"(strikes_over)
			 : "cc", "memory");
	say("%.0f passes\n", passes);
}

__attribute__((target("avx"))) static void count_avx(void)
{
	double ones[4] = { 1, 2, 3, 4 }, passes[4] = { 0 };

	__asm__ volatile("vmovupd %1, %%ymm1\n"
			 "vxorpd %%ymm0, %%ymm0, %%ymm0\n"
			 "movsd %1, %%xmm7\n"
			 "1: vaddpd %%ymm1, %%ymm0, %%ymm0\n" SLOW
			 "cmpl $0, %2\n"
			 "je 1b\n"
			 "vmovupd %%ymm0, %0\n"
			 "vzeroupper\n"
			 : "=m"(passes)
			 : "m"(ones), "m"(strikes_over)
			 : "xmm0", "xmm1", "xmm7", "cc", "memory");
	say("%.0f %.0f passes\n", passes[0], passes[3]);
}

/* The lower half stays as it is. */
__attribute__((target("avx"))) static void count_upper(void)
{
	double ones[4] = { 0, 0, 0, 4 }, passes[4] = { 0 };

	__asm__ volatile("vmovupd %1, %%ymm1\n"
			 "vxorpd %%ymm0, %%ymm0, %%ymm0\n"
			 "1: vaddpd %%ymm1, %%ymm0, %%ymm0\n" SLOW
			 "cmpl $0, %2\n"
			 "je 1b\n"
			 "vmovupd %%ymm0, %0\n"
			 "vzeroupper\n"
			 : "=m"(passes)
			 : "m"(ones), "m"(strikes_over)
			 : "xmm0", "xmm1", "xmm7", "cc", "memory");
	say("%.0f %.0f passes\n", passes[0], passes[3]);
}

static void count_x87(void)
{
	long double passes = 0;

	__asm__ volatile("fldz\n"
			 "1: fld1\n"
			 "faddp\n" SLOW "cmpl $0, %1\n"
			 "je 1b\n"
			 : "=t"(passes)
			 : "m"(strikes_over)
			 : "xmm7", "cc", "memory");
	say("%.0Lf passes\n", passes);
}

/* The rounding mode goes round. */
static void count_mxcsr(void)
{
	uint32_t modes[2] = { 0x1f80, 0x7f80 };
	uint64_t odd = 0;

	__asm__ volatile("1: ldmxcsr %1\n" SLOW "ldmxcsr %2\n" SLOW
			 "cmpl $0, %3\n"
			 "je 1b\n"
			 "stmxcsr %0\n"
			 : "+m"(odd)
			 : "m"(modes[0]), "m"(modes[1]), "m"(strikes_over)
			 : "xmm7", "cc", "memory");
	say("mode %llx\n", (unsigned long long)odd);
}

int main(int argc, char **argv)
{
	if (strstr(argv[argc - 1], "avx") && !__builtin_cpu_supports("avx"))
		skip("no AVX");
	strikes_wanted = 5;
	strikes_begin();
	if (is_variant("avx"))
		count_avx();
	else if (is_variant("avx_upper"))
		count_upper();
	else if (is_variant("x87"))
		count_x87();
	else if (is_variant("mxcsr"))
		count_mxcsr();
	else if (is_variant("fast"))
		count_fast();
	else
		count_sse();
	strikes_end();
	return success();
}
