/* SPDX-License-Identifier: MIT */
/* Instructions that copy the flags: a step must not be seen in them. */
#include <sys/syscall.h>

static long flags_by_call(void)
{
	register long r11 __asm__("r11");
	long result = SYS_getppid;

	__asm__ volatile("syscall" : "+a"(result), "=r"(r11) :: "rcx",
			 "memory");
	return r11;
}

static long flags_by_push(void)
{
	long flags;

	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\tpop %0\n\t"
			 "lea 128(%%rsp), %%rsp" : "=r"(flags));
	return flags;
}

static long restored(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\tpopfq\n\t"
			 "lea 128(%%rsp), %%rsp" ::: "cc");
	return 1;
}

long by_call, by_push;

int main(void)
{
	by_call = flags_by_call(); /* MARK call */
	by_push = flags_by_push(); /* MARK push */
	restored(); /* MARK restore */
	return (by_call | by_push) & 0x100 ? 1 : 0; /* MARK end */
}
