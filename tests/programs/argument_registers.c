/* SPDX-License-Identifier: MIT */
/* A system call preserves every register but rax, rcx and r11. */
#include "tracee.h"

/* rbx rdx rsi rdi r8 r9 r10 r12 r13 r14 as they are after the call */
static unsigned long after[10];

int main(void)
{
	static const unsigned long before[10] = {
		0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa
	};
	long number = SYS_getppid;

	asm volatile("mov $0x11,%%rbx\n\tmov $0x22,%%rdx\n\t"
		     "mov $0x33,%%rsi\n\tmov $0x44,%%rdi\n\t"
		     "mov $0x55,%%r8\n\tmov $0x66,%%r9\n\t"
		     "mov $0x77,%%r10\n\tmov $0x88,%%r12\n\t"
		     "mov $0x99,%%r13\n\tmov $0xaa,%%r14\n\t"
		     "syscall\n\t"
		     "lea %[after],%%rcx\n\t"
		     "mov %%rbx,0(%%rcx)\n\tmov %%rdx,8(%%rcx)\n\t"
		     "mov %%rsi,16(%%rcx)\n\tmov %%rdi,24(%%rcx)\n\t"
		     "mov %%r8,32(%%rcx)\n\tmov %%r9,40(%%rcx)\n\t"
		     "mov %%r10,48(%%rcx)\n\tmov %%r12,56(%%rcx)\n\t"
		     "mov %%r13,64(%%rcx)\n\tmov %%r14,72(%%rcx)"
		     : "+a"(number), [after] "=m"(after)
		     :
		     : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",
		       "r11", "r12", "r13", "r14", "memory", "cc");
	check(number == getppid());
	check(!memcmp(before, after, sizeof(before)));
	return success();
}
