/* SPDX-License-Identifier: MIT */
/* xmm and ymm registers, x87 and mxcsr survive a handler that spoils them. */
#include "tracee.h"

static volatile sig_atomic_t count;

static void handler(int number)
{
	unsigned control = 0x1f80 | 0x6000;

	(void)number;
	count++;
	asm volatile("pcmpeqd %%xmm3,%%xmm3\n\t"
		     "pxor %%xmm9,%%xmm9\n\t"
		     "ldmxcsr %0" ::"m"(control)
		     : "xmm3", "xmm9");
	if (__builtin_cpu_supports("avx"))
		asm volatile("vpxor %%xmm3,%%xmm3,%%xmm3" ::: "xmm3");
	asm volatile("fldz\n\tfldz\n\tfninit");
}

int main(void)
{
	unsigned char in[32], out[32];
	unsigned before, after;
	long double number = 1.25L, result;

	for (int i = 0; i < 32; i++)
		in[i] = i * 5 + 1;
	handle_flags(SIGUSR1, handler, 0);
	asm volatile("stmxcsr %0" : "=m"(before));
	for (int i = 0; i < 3; i++) {
		long call = SYS_tkill, tid = my_tid(), signal = SIGUSR1;

		asm volatile("fldt %[number]\n\t"
			     "movdqu %[in],%%xmm3\n\t"
			     "movdqu %[in],%%xmm9\n\t"
			     "syscall\n\t"
			     "movdqu %%xmm3,%[low]\n\t"
			     "movdqu %%xmm9,%[high]\n\t"
			     "fstpt %[result]"
			     : [low] "=m"(*(char(*)[16])out),
			       [high] "=m"(*(char(*)[16])(out + 16)),
			       [result] "=m"(result), "+a"(call)
			     : [in] "m"(*(char(*)[16])in), [number] "m"(number),
			       "D"(tid), "S"(signal)
			     : "rcx", "r11", "xmm3", "xmm9", "memory", "st");
		check(call == 0 && !memcmp(in, out, 16));
		check(!memcmp(in, out + 16, 16) && result == number);
	}
	asm volatile("stmxcsr %0" : "=m"(after));
	check(count == 3 && before == after);
	return success();
}
