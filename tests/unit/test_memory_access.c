/* SPDX-License-Identifier: MIT */
/* What an instruction is going to read and write. */
#include "replay/memory_access.h"

#include <criterion/criterion.h>
#include <string.h>

#define CODE 0x1000u

static uint8_t code[16];

static size_t read_code(struct memory *memory, remote_addr addr, void *bytes,
			size_t length)
{
	(void)memory;
	cr_assert_eq(addr, CODE);
	if (length > sizeof(code))
		length = sizeof(code);
	memcpy(bytes, code, length);
	return length;
}

static struct memory memory = { read_code };

/* Each register has a value of its own. */
static struct registers registers_of(void)
{
	struct registers registers = { { 0 } };

	for (int i = 0; i < R_COUNT; i++)
		registers.value[i] = 0x10000u * (unsigned)(i + 1);
	registers.value[R_RIP] = CODE;
	return registers;
}

static struct memory_access accesses[ACCESSES_MAX];

static unsigned look(const char *bytes, size_t length)
{
	struct registers registers = registers_of();

	memset(code, 0x90, sizeof(code));
	memcpy(code, bytes, length);
	memset(accesses, 0, sizeof(accesses));
	return memory_accesses(&memory, &registers, accesses);
}

#define LOOK(text) look(text, sizeof(text) - 1)

static uint64_t value(int name)
{
	return registers_of().value[name];
}

static void is(unsigned number, remote_addr address, uint64_t length,
	       const char *how)
{
	const struct memory_access *one = &accesses[number];

	cr_expect_eq(one->address, address, "%#lx, not %#lx",
		     (unsigned long)one->address, (unsigned long)address);
	cr_expect_eq(one->length, length, "%lu", (unsigned long)one->length);
	cr_expect_eq(one->is_read, strchr(how, 'r') != NULL, "%#lx",
		     (unsigned long)address);
	cr_expect_eq(one->is_written, strchr(how, 'w') != NULL, "%#lx",
		     (unsigned long)address);
}

Test(memory_access, of_operands)
{
	/* mov [rax], rbx; mov ecx, [rdx + 8 * rsi + 16]; add word [r8], 1 */
	cr_assert_eq(LOOK("\x48\x89\x18"), 1);
	is(0, value(R_RAX), 8, "w");
	cr_assert_eq(LOOK("\x8b\x4c\xf2\x10"), 1);
	is(0, value(R_RDX) + 8 * value(R_RSI) + 16, 4, "r");
	cr_assert_eq(LOOK("\x66\x41\x83\x00\x01"), 1);
	is(0, value(R_R8), 2, "rw");
	/* cmp byte [rdi - 1], 0; xchg [r15], al */
	cr_assert_eq(LOOK("\x80\x7f\xff\x00"), 1);
	is(0, value(R_RDI) - 1, 1, "r");
	cr_assert_eq(LOOK("\x41\x86\x07"), 1);
	is(0, value(R_R15), 1, "rw");
}

Test(memory_access, of_what_is_relative)
{
	/* mov rax, [rip + 0x100]; mov [eax], ecx; mov rax, fs:[0x28] */
	cr_assert_eq(LOOK("\x48\x8b\x05\x00\x01\x00\x00"), 1);
	is(0, CODE + 7 + 0x100, 8, "r");
	cr_assert_eq(LOOK("\x67\x89\x08"), 1);
	is(0, (uint32_t)value(R_RAX), 4, "w");
	cr_assert_eq(LOOK("\x64\x48\x8b\x04\x25\x28\x00\x00\x00"), 1);
	is(0, value(R_FS_BASE) + 0x28, 8, "r");
}

Test(memory_access, of_the_stack)
{
	/* push rax; pop rax; push word 5; ret; leave; call rax */
	cr_assert_eq(LOOK("\x50"), 1);
	is(0, value(R_RSP) - 8, 8, "w");
	cr_assert_eq(LOOK("\x58"), 1);
	is(0, value(R_RSP), 8, "r");
	cr_assert_eq(LOOK("\x66\x6a\x05"), 1);
	is(0, value(R_RSP) - 2, 2, "w");
	cr_assert_eq(LOOK("\xc3"), 1);
	is(0, value(R_RSP), 8, "r");
	cr_assert_eq(LOOK("\xc9"), 1);
	is(0, value(R_RBP), 8, "r");
	cr_assert_eq(LOOK("\xff\xd0"), 1);
	is(0, value(R_RSP) - 8, 8, "w");
	/* call [rbx]; push [rbx] */
	cr_assert_eq(LOOK("\xff\x13"), 2);
	is(0, value(R_RBX), 8, "r");
	is(1, value(R_RSP) - 8, 8, "w");
	cr_assert_eq(LOOK("\xff\x33"), 2);
	is(0, value(R_RBX), 8, "r");
	is(1, value(R_RSP) - 8, 8, "w");
}

Test(memory_access, of_strings_and_states)
{
	/* rep movsb: from and to; rep stosq; cmpsb; fxsave [rdi] */
	cr_assert_eq(LOOK("\xf3\xa4"), 2);
	is(0, value(R_RDI), 1, "w");
	is(1, value(R_RSI), 1, "r");
	cr_assert_eq(LOOK("\xf3\x48\xab"), 1);
	is(0, value(R_RDI), 8, "w");
	cr_assert_eq(LOOK("\xa6"), 2);
	is(0, value(R_RSI), 1, "r");
	is(1, value(R_RDI), 1, "r");
	cr_assert_eq(LOOK("\x0f\xae\x07"), 1);
	cr_expect_eq(accesses[0].length, 512);
	cr_expect(accesses[0].is_written);
}

Test(memory_access, of_vectors_and_floating_point)
{
	/* movups, there and back; vmovdqu ymm; movnti; movss */
	cr_assert_eq(LOOK("\x0f\x11\x06"), 1);
	is(0, value(R_RSI), 16, "w");
	cr_assert_eq(LOOK("\x0f\x10\x06"), 1);
	is(0, value(R_RSI), 16, "r");
	cr_assert_eq(LOOK("\xc5\xfe\x7f\x06"), 1);
	is(0, value(R_RSI), 32, "w");
	cr_assert_eq(LOOK("\x48\x0f\xc3\x06"), 1);
	is(0, value(R_RSI), 8, "w");
	cr_assert_eq(LOOK("\xf3\x0f\x10\x06"), 1);
	is(0, value(R_RSI), 4, "r");
	/* fld qword; fstp dword; fstp of 10 bytes; lock cmpxchg */
	cr_assert_eq(LOOK("\xdd\x06"), 1);
	is(0, value(R_RSI), 8, "r");
	cr_assert_eq(LOOK("\xd9\x1e"), 1);
	is(0, value(R_RSI), 4, "w");
	cr_assert_eq(LOOK("\xdb\x3e"), 1);
	is(0, value(R_RSI), 10, "w");
	cr_assert_eq(LOOK("\xf0\x0f\xb1\x0e"), 1);
	is(0, value(R_RSI), 4, "rw");
}

Test(memory_access, there_is_none)
{
	/* lea; nop [rax]; prefetcht0; add rax, rbx; vpgatherdd; nothing */
	cr_expect_eq(LOOK("\x48\x8d\x04\x0b"), 0);
	cr_expect_eq(LOOK("\x0f\x1f\x40\x00"), 0);
	cr_expect_eq(LOOK("\x0f\x18\x08"), 0);
	cr_expect_eq(LOOK("\x48\x01\xd8"), 0);
	cr_expect_eq(LOOK("\xc4\xe2\x75\x90\x04\x90"), 0);
	cr_expect_eq(LOOK("\x06"), 0);
}
