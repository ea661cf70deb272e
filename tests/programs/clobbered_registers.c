/* SPDX-License-Identifier: MIT */
/* Flags over a system call: rcx is the return address, r11 the flags. */
#include "tracee.h"

int main(void)
{
	long number = SYS_getppid;
	unsigned long address, flags, here;

	asm volatile("lea 1f(%%rip),%2\n\t"
		     "stc\n\t"
		     "syscall\n\t"
		     "1:\n\t"
		     "mov %%rcx,%1\n\t"
		     "mov %%r11,%0"
		     : "=&r"(flags), "=&r"(address), "=&r"(here), "+a"(number)
		     :
		     : "rcx", "r11", "memory", "cc");
	check(address == here && flags & 1);
	return success();
}
