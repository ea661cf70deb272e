/* SPDX-License-Identifier: MIT */
/* A 32-bit system call from 64-bit code: it is made, or ENOSYS. */
#include "tracee.h"

int main(void)
{
	long result = 20; /* getpid of the 32-bit table, writev of ours */

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 :
			 : "memory", "r8", "r9", "r10", "r11");
	say("int 0x80 returned %ld\n", result);
	check(result == getpid() || result == -ENOSYS);
	return success();
}
