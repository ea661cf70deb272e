/* SPDX-License-Identifier: MIT */
/*
 * Code whose checksum is made before it runs is as in its file; what the
 * program puts over it, before it runs or after, is what runs; it moves.
 */
#include "tracee.h"

#define PAGE 4096

/* Each in a page of its own, with an instruction that has to trap. */
#define CODE(name)                                                            \
	asm(".balign 4096\n"                                                  \
	    ".globl " #name "\n"                                              \
	    ".type " #name ", @function\n" #name ":\n"                        \
	    "	push %rbx\n"                                                  \
	    "	xor %eax, %eax\n"                                             \
	    "	xor %ecx, %ecx\n"                                             \
	    "	cpuid\n"                                                      \
	    "	pop %rbx\n"                                                   \
	    "	ret\n"                                                        \
	    ".size " #name ", . - " #name "\n"                                \
	    ".balign 4096\n");                                                \
	int name(void)

CODE(first);
CODE(second);
CODE(third);

static const uint8_t as_written[] = {
	0x53, 0x31, 0xc0, 0x31, 0xc9, 0x0f, 0xa2, 0x5b, 0xc3,
};

/* mov $7, %eax, which begins before the cpuid and ends within it */
static void write_other_code(int (*code)(void))
{
	static const uint8_t other[] = { 0x53, 0xb8, 0x07, 0, 0, 0, 0x90,
					 0x5b, 0xc3 };

	sys(mprotect(code, PAGE, PROT_READ | PROT_WRITE));
	memcpy(code, other, sizeof(other));
	sys(mprotect(code, PAGE, PROT_READ | PROT_EXEC));
}

int main(void)
{
	char *moved = sys(mmap(NULL, 3 * PAGE, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	int (*after)(void) = (int (*)(void))moved;

	check(!memcmp(first, as_written, sizeof(as_written)));
	check(!memcmp(second, as_written, sizeof(as_written)));
	check(first() > 0);
	check(!memcmp(second, as_written, sizeof(as_written)));
	write_other_code(second);
	check(second() == 7);
	write_other_code(first);
	check(first() == 7);
	sys(mremap(third, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, moved));
	check(after() > 0);
	check(after() > 0);
	return success();
}
