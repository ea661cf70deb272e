/* SPDX-License-Identifier: MIT */
/*
 * A loop in the middle of so much address space that is taken that no jump
 * from it leads out.
 */
#include "strike.h"

#define TAKEN (6ul << 30)

/* void loop(char *buffer, volatile int *is_over, volatile uint64_t *passes) */
extern const char loop_begin[], loop_end[];
__asm__(".pushsection .rodata\n"
	"loop_begin:\n"
	"	mov %rdi, %r8\n"
	"	xor %eax, %eax\n"
	"1:	mov %r8, %rdi\n"
	"	mov $65536, %ecx\n"
	"	rep stosb\n" /* few passes: each stops at a debug register */
	"	inc %eax\n"
	"	incq (%rdx)\n"
	"	cmpl $0, (%rsi)\n"
	"	je 1b\n"
	"	ret\n"
	"loop_end:\n"
	".popsection\n");

typedef void loop_function(char *buffer, volatile int *is_over,
			   volatile uint64_t *passes);

int main(void)
{
	static char buffer[65536];
	char *taken = sys(mmap(NULL, TAKEN, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			       0));
	char *code = taken + TAKEN / 2;

	sys(mprotect(code, 4096, PROT_READ | PROT_WRITE));
	memcpy(code, loop_begin, (size_t)(loop_end - loop_begin));
	sys(mprotect(code, 4096, PROT_READ | PROT_EXEC));
	strikes_begin();
	((loop_function *)code)(buffer, &strikes_over, &progress);
	strikes_end();
	say("%llu passes, %llx\n", (unsigned long long)progress,
	    (unsigned long long)hash(buffer, sizeof(buffer)));
	return success();
}
