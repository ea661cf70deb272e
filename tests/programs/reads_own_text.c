/* SPDX-License-Identifier: MIT */
/*
 * A program that looks at its own code: what cpuid and the like became, in
 * memory, is the same in recording and replay, and calls by its own copy of
 * that code work.
 */
#include "tracee.h"

#include <cpuid.h>

extern const char code_start[], code_end[];

/* A function with a cpuid, position independent, between two labels. */
__asm__(".pushsection .text\n"
	".globl code_start, code_end, answer\n"
	".type answer, @function\n"
	"code_start:\n"
	"answer: push %rbx\n"
	"	xor %eax, %eax\n"
	"	xor %ecx, %ecx\n"
	"	cpuid\n"
	"	mov %ebx, %eax\n"
	"	pop %rbx\n"
	"	ret\n"
	".size answer, .-answer\n"
	"code_end:\n"
	".popsection");
unsigned answer(void);

int main(void)
{
	size_t length = code_end - code_start;
	unsigned eax, ebx, ecx, edx;
	unsigned char *copy;
	int fd = memfd_executable("copy", MFD_CLOEXEC);

	check(__get_cpuid(0, &eax, &ebx, &ecx, &edx));
	check(answer() == ebx);
	say_hex("text", code_start, length);
	/* written by the kernel out of our text, and by us */
	put(fd, code_start, length);
	copy = sys(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0));
	check(((unsigned (*)(void))copy)() == ebx);
	copy = sys(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	memcpy(copy, code_start, length);
	check(((unsigned (*)(void))copy)() == ebx);
	/* moved, with what is in it */
	copy = sys(mremap(copy, 4096, 8192, MREMAP_MAYMOVE));
	check(((unsigned (*)(void))copy)() == ebx);
	return success();
}
