/* SPDX-License-Identifier: MIT */
/* System calls that reel replaces by jumps, in each of its ways. */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A load of five bytes makes room. */
long before_call(void);
__asm__("before_call:\n"
	"	mov $39, %eax\n"
	"before_itself:\n"
	"	syscall\n"
	"before_end:\n"
	"	add $5, %rax\n"
	"	ret");

/* The call and what follows it: there is no room nearby. */
long behind_call(long number);
__asm__("	.rept 64\n"
	"	lea 1(%rax), %rax\n"
	"	.endr\n"
	"behind_call:\n"
	"	mov %rdi, %rax\n"
	"behind_itself:\n"
	"	syscall\n"
	"behind_second:\n"
	"	mov %eax, %edx\n"
	"behind_third:\n"
	"	lea 1(%rdx), %rax\n"
	"behind_end:\n"
	"	ret\n"
	"	.rept 64\n"
	"	lea 1(%rax), %rax\n"
	"	.endr");

/* What follows is jumped to: there is room further on. */
long hop_call(long number, long count);
__asm__("hop_call:\n"
	"	mov %rdi, %rax\n"
	"hop_itself:\n"
	"	syscall\n"
	"hop_loop:\n"
	"	inc %rax\n"
	"	dec %rsi\n"
	"	jnz hop_loop\n"
	"	ret\n"
	"	.p2align 5\n"
	"	.skip 32, 0x90\n");

int main(void)
{
	long sum = 0;

	for (int i = 0; i < 12; i++) { /* MARK loop */
		sum += before_call();
		sum += behind_call(SYS_getppid);
		sum += hop_call(SYS_getuid, 3);
		sum += i; /* MARK next */
	}
	printf("%d\n", sum != 0); /* MARK end */
	return 0;
}
