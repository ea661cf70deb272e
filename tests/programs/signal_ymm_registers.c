/* SPDX-License-Identifier: MIT */
/* The upper halves of ymm, and zmm and mask registers where they exist. */
#include "tracee.h"

static void handler(int number)
{
	(void)number;
	asm volatile("vzeroall" ::: "memory");
	if (__builtin_cpu_supports("avx512f"))
		asm volatile("vpxorq %%zmm20,%%zmm20,%%zmm20\n\t"
			     "kxorw %%k2,%%k2,%%k2" ::
				     : "memory");
}

static void check_ymm(unsigned char in[64])
{
	unsigned char out[32] = { 0 };
	long call = SYS_tkill;

	asm volatile("vmovdqu %[in],%%ymm5\n\t"
		     "syscall\n\t"
		     "vmovdqu %%ymm5,%[out]"
		     : [out] "=m"(out), "+a"(call)
		     : [in] "m"(*(char(*)[32])in), "D"((long)my_tid()),
		       "S"((long)SIGUSR1)
		     : "rcx", "r11", "xmm5", "memory");
	check(call == 0 && !memcmp(in, out, 32));
}

__attribute__((target("avx512f"))) static void check_zmm(unsigned char in[64])
{
	unsigned char out[64] = { 0 };
	long call = SYS_tkill;
	unsigned before = 0xa5a5, after;

	asm volatile("vmovdqu64 %[in],%%zmm20\n\t"
		     "kmovw %k[before],%%k2\n\t"
		     "syscall\n\t"
		     "vmovdqu64 %%zmm20,%[out]\n\t"
		     "kmovw %%k2,%k[after]"
		     : [out] "=m"(out), "+a"(call), [after] "=&r"(after)
		     : [in] "m"(*(char(*)[64])in), [before] "r"(before),
		       "D"((long)my_tid()), "S"((long)SIGUSR1)
		     : "rcx", "r11", "xmm20", "k2", "memory");
	check(call == 0 && !memcmp(in, out, 64) && after == 0xa5a5);
}

int main(void)
{
	unsigned char in[64];

	if (!__builtin_cpu_supports("avx2"))
		skip("no AVX");
	for (int i = 0; i < 64; i++)
		in[i] = i * 3 + 1;
	handle_flags(SIGUSR1, handler, 0);
	check_ymm(in);
	if (__builtin_cpu_supports("avx512f"))
		check_zmm(in);
	return success();
}
