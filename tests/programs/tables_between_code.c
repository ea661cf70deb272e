/* SPDX-License-Identifier: MIT */
/*
 * Tables between functions whose bytes could be instructions that reel puts
 * traps in: as compilers of Haskell lay them out, before each place that is
 * returned to, and as assemblers' constants.  They are data, and stay so.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include "tracee.h"

/* No unwind table says what is a function here. */
__asm__(".text\n"
	".globl enters, returned_to, constants, constants_end, tells\n"
	".type enters, @function\n.type tells, @function\n"
	"enters:\n"
	"	lea returned_to(%rip), %rax\n"
	"	mov %rax, 0(%rdi)\n"
	"	mov 0x40(%rdi), %rax\n"
	"	test $7, %al\n"
	"	jne returned_to\n"
	"	ret\n"
	"	nopl 0(%rax, %rax, 1)\n"
	"	.quad 0x1ba20f, 0x4143800000001e\n"
	"returned_to:\n"
	"	mov 8(%rdi), %rax\n"
	"	mov 16(%rdi), %rcx\n"
	"	add %rcx, %rax\n"
	"	ret\n"
	".size enters, . - enters\n"
	"	.zero 5\n"
	"	.byte 0x15, 0, 0, 0, 0xf0\n"
	"constants:\n"
	"	.byte 0x0f, 0xa2, 1, 0, 0x0f, 0x01, 0xd0, 0x48\n"
	"	.byte 0x0f, 0xc7, 0xfc, 0, 0x0f, 0xc7, 0xf0, 0x90\n"
	"constants_end:\n"
	"tells:\n"
	"	push %rbx\n"
	"	mov %edi, %eax\n"
	"	xor %ecx, %ecx\n"
	"	cpuid\n"
	"	mov %ebx, 0(%rsi)\n"
	"	mov %edx, 4(%rsi)\n"
	"	mov %ecx, 8(%rsi)\n"
	"	pop %rbx\n"
	"	ret\n");

uint64_t enters(uint64_t *frame);
uint32_t tells(uint32_t leaf, char *name);
extern const unsigned char returned_to[], constants[], constants_end[];

static void print(const char *what, const unsigned char *from, size_t length)
{
	char text[128];

	for (size_t i = 0; i < length; i++)
		sprintf(text + 3 * i, " %02x", from[i]);
	say("%s:%s\n", what, text);
}

int main(void)
{
	uint64_t frame[9] = { 0, 40, 2, [8] = 1 };
	char name[13] = "";

	check(enters(frame) == 42);
	check(frame[0] == (uint64_t)(uintptr_t)returned_to);
	print("before the place", returned_to - 16, 16);
	print("constants", constants, (size_t)(constants_end - constants));
	check(tells(0, name));
	say("made by %s\n", name);
	return success();
}
