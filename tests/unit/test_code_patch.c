/* SPDX-License-Identifier: MIT */
/* What a jump can replace, and what it is like elsewhere: run for real. */
#include "src/code_patch.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>

#define ROOM 65536u
#define MIDDLE 32768u

static uint8_t *area;

static size_t read_own(struct memory *memory, remote_addr addr, void *bytes,
		       size_t length)
{
	remote_addr start = (remote_addr)(uintptr_t)area;

	(void)memory;
	if (addr < start || addr >= start + ROOM)
		return 0;
	if (length > start + ROOM - addr)
		length = start + ROOM - addr;
	memcpy(bytes, (const void *)(uintptr_t)addr, length);
	return length;
}

static struct memory own_memory = { read_own };

static void set_up(void)
{
	area = mmap(NULL, ROOM, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(area, MAP_FAILED);
}

static remote_addr put_at(size_t offset, const char *bytes, size_t length)
{
	memcpy(area + offset, bytes, length);
	return (remote_addr)(uintptr_t)(area + offset);
}

#define PUT(offset, text) put_at(offset, text, sizeof(text) - 1)

Test(code_patch, takes_one_long_instruction, .init = set_up)
{
	remote_addr addr = PUT(MIDDLE, "\x48\x81\xc0\x01\x02\x03\x04");

	cr_assert_eq(code_patch_length(&own_memory, addr), 7);
	cr_assert(code_patch_is_safe(&own_memory, addr));
	cr_assert_eq(code_patch_entries(&own_memory, addr, 7), 0);
}

Test(code_patch, takes_several_short_ones, .init = set_up)
{
	/* inc rax; dec rcx */
	remote_addr addr = PUT(MIDDLE, "\x48\xff\xc0\x48\xff\xc9");

	cr_assert_eq(code_patch_length(&own_memory, addr), 6);
	cr_assert_not(code_patch_is_safe(&own_memory, addr));
	cr_assert_eq(code_patch_entries(&own_memory, addr, 6), 1 << 3);
}

Test(code_patch, leaves_what_is_jumped_into, .init = set_up)
{
	remote_addr addr = PUT(MIDDLE, "\x48\xff\xc0\x48\xff\xc9");

	PUT(MIDDLE + 16, "\xeb\xf1"); /* to the second instruction */
	cr_assert_eq(code_patch_length(&own_memory, addr), 0);
}

Test(code_patch, leaves_what_is_read, .init = set_up)
{
	/* add rax, CONSTANT, and an instruction that loads the constant */
	remote_addr addr = PUT(MIDDLE, "\x48\x81\xc0\x01\x02\x03\x04");

	PUT(MIDDLE - 4099, "\x8b\x0d\x00\x10\x00\x00"); /* mov ecx */
	cr_assert_eq(code_patch_length(&own_memory, addr), 0);
	/* the last byte of the jump; one behind it */
	PUT(MIDDLE - 4099, "\x8b\x0d\x01\x10\x00\x00");
	cr_assert_eq(code_patch_length(&own_memory, addr), 0);
	PUT(MIDDLE - 4099, "\x8b\x0d\x02\x10\x00\x00");
	cr_assert_eq(code_patch_length(&own_memory, addr), 7);
	/* cmp, with a constant behind the distance; add of 8 bytes */
	PUT(MIDDLE + 100, "\x81\x3d\x94\xff\xff\xff\x01\x02\x03\x04");
	cr_assert_eq(code_patch_length(&own_memory, addr), 0);
	PUT(MIDDLE + 100, "\x48\x03\x3d\x92\xff\xff\xff\x02\x03\x04");
	cr_assert_eq(code_patch_length(&own_memory, addr), 0);
}

Test(code_patch, takes_what_has_its_address_taken, .init = set_up)
{
	remote_addr addr = PUT(MIDDLE, "\x48\x81\xc0\x01\x02\x03\x04");

	/* lea rcx; jnz; call */
	PUT(MIDDLE + 9, "\x48\x8d\x0d\xf0\xff\xff\xff");
	PUT(MIDDLE + 16, "\x0f\x85\xea\xff\xff\xff");
	PUT(MIDDLE + 22, "\xe8\xe5\xff\xff\xff");
	cr_assert_eq(code_patch_length(&own_memory, addr), 7);
	/* of a byte within */
	PUT(MIDDLE + 9, "\x48\x8d\x0d\xf3\xff\xff\xff");
	cr_assert_eq(code_patch_length(&own_memory, addr), 0);
}

Test(code_patch, leaves_long_constants, .init = set_up)
{
	/* movabs; dec ecx, movabs */
	remote_addr addr = PUT(MIDDLE, "\x48\xbf\0\0\0\0\x01\0\0\0");
	remote_addr behind = PUT(MIDDLE + 64, "\xff\xc9"
				 "\x49\xb8\0\0\0\0\x01\0\0\0");

	cr_assert_eq(code_patch_length(&own_memory, addr), 0);
	cr_assert_eq(code_patch_length(&own_memory, behind), 0);
	/* inc rax, movabs: the constant stays as it is */
	behind = PUT(MIDDLE + 64, "\x48\xff\xc0"
		     "\x49\xb8\0\0\0\0\x01\0\0\0");
	cr_assert_eq(code_patch_length(&own_memory, behind), 13);
}

Test(code_patch, leaves_what_is_not_the_same_elsewhere, .init = set_up)
{
	static const struct {
		const char *bytes;
		size_t length;
	} codes[] = {
		{ "\x0f\x05\x90\x90\x90\x90", 6 }, /* syscall */
		{ "\xe8\x01\x02\x03\x04", 5 },	   /* call */
		{ "\xc3\x90\x90\x90\x90", 5 },	   /* ret */
		{ "\xff\xe0\x90\x90\x90", 5 },	   /* jmp rax */
		{ "\xcc\x90\x90\x90\x90", 5 },	   /* int3 */
		{ "\x0f\xa2\x90\x90\x90", 5 },	   /* cpuid */
		{ "\xf3\xa4\x90\x90\x90", 5 },	   /* rep movsb */
		{ "\x67\xe2\xfd\x90\x90", 5 },	   /* loop by ecx */
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		remote_addr addr = put_at(MIDDLE, codes[i].bytes,
					  codes[i].length);

		cr_assert_eq(code_patch_length(&own_memory, addr), 0,
			     "code %zu", i);
	}
}

Test(code_patch, says_what_it_is_to_step, .init = set_up)
{
	static const struct {
		const char *bytes;
		unsigned length;
		enum code_step step;
	} codes[] = {
		{ "\x48\xff\xc0", 3, CODE_STEP_PLAIN },	/* inc rax */
		{ "\xf3\x0f\x10\x00", 4, CODE_STEP_PLAIN }, /* movss */
		{ "\xf3\x90", 2, CODE_STEP_PLAIN },		/* pause */
		{ "\xa4", 1, CODE_STEP_PLAIN },		/* movsb */
		{ "\xf3\xa4", 2, CODE_STEP_REPEATS },	/* rep movsb */
		{ "\xf2\xae", 2, CODE_STEP_REPEATS },	/* repne scasb */
		{ "\xf3\x48\xab", 3, CODE_STEP_REPEATS },	/* rep stosq */
		{ "\x66\xf3\xa5", 3, CODE_STEP_REPEATS },	/* rep movsw */
		{ "\xf3\x67\xa6", 3, CODE_STEP_REPEATS },	/* by esi */
		{ "\x0f\x05", 2, CODE_STEP_CALL },		/* syscall */
		{ "\xcd\x80", 2, CODE_STEP_CALL },		/* int 0x80 */
		{ "\xcc", 1, CODE_STEP_SEEN },		/* int3 */
		{ "\x9c", 1, CODE_STEP_SEEN },		/* pushfq */
		{ "\x9d", 1, CODE_STEP_SEEN },		/* popfq */
		{ "\x0f\xa2", 2, CODE_STEP_SEEN },		/* cpuid */
		{ "\x0f\x31", 2, CODE_STEP_SEEN },		/* rdtsc */
		{ "\x06", 0, CODE_STEP_PLAIN },		/* none */
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		remote_addr addr = put_at(MIDDLE, codes[i].bytes,
					  strlen(codes[i].bytes));
		unsigned length;

		cr_assert_eq(code_patch_step(&own_memory, addr, &length),
			     codes[i].step, "code %zu", i);
		cr_assert_eq(length, codes[i].length, "code %zu", i);
	}
}

Test(code_patch, leaves_jumps_across_pages, .init = set_up)
{
	remote_addr addr = PUT(MIDDLE - 2, "\x48\x81\xc0\x01\x02\x03\x04");

	cr_assert_eq(code_patch_length(&own_memory, addr), 0);
}

/* The function at offset, with its first argument. */
static uint64_t call(size_t offset, uint64_t argument)
{
	uint64_t (*function)(uint64_t) = (uint64_t(*)(uint64_t))(area + offset);

	return function(argument);
}

static void relocate(remote_addr from, unsigned length, size_t offset)
{
	uint8_t moved[CODE_PATCH_ROOM];
	size_t got = code_patch_relocate(&own_memory, from, length,
					 (remote_addr)(uintptr_t)(area + offset),
					 moved);

	cr_assert_gt(got, 0);
	memcpy(area + offset, moved, got);
}

Test(code_patch, moves_addresses_relative_to_the_code, .init = set_up)
{
	/* mov rax, [rip + 1]; ret; 42 */
	remote_addr addr = PUT(MIDDLE, "\x48\x8b\x05\x01\x00\x00\x00\xc3"
				       "\x2a\x00\x00\x00\x00\x00\x00\x00");

	cr_assert_eq(call(MIDDLE, 0), 42);
	relocate(addr, 7, 64);
	cr_assert_eq(call(64, 0), 42);
}

Test(code_patch, moves_jumps_of_all_kinds, .init = set_up)
{
	/* test edi, edi; je +3; inc eax... : 1 for 0, else 2 */
	static const char conditional[] =
		"\x85\xff\x74\x06\xb8\x02\x00\x00\x00\xc3"
		"\xb8\x01\x00\x00\x00\xc3";
	/* mov ecx, edi; xor eax, eax; inc eax; loop -4; ret */
	static const char counting[] =
		"\x89\xf9\x31\xc0\xff\xc0\xe2\xfc\xc3\x90";
	remote_addr addr = PUT(MIDDLE, conditional);

	relocate(addr, 9, 64);
	cr_assert_eq(call(64, 0), 1);
	cr_assert_eq(call(64, 5), 2);
	addr = PUT(MIDDLE, counting);
	cr_assert_eq(call(MIDDLE, 9), 9);
	relocate(addr, 8, 64);
	cr_assert_eq(call(64, 9), 9);
	cr_assert_eq(call(64, 1), 1);
}

Test(code_patch, copies_a_loop, .init = set_up)
{
	/* xor eax, eax; L: inc eax; dec edi; jnz L; ret */
	remote_addr addr = PUT(MIDDLE, "\x31\xc0\xff\xc0\xff\xcf\x75\xfa\xc3");
	uint8_t moved[CODE_PATCH_ROOM];
	remote_addr copy = (remote_addr)(uintptr_t)(area + 64);
	/* Its head adds 100 to what the loop counts: add eax, 100; jmp copy */
	remote_addr head = PUT(16, "\x83\xc0\x64\xeb\x2b");
	size_t got = code_patch_relocate_loop(&own_memory, addr + 2, head,
					      copy, moved);

	cr_assert_gt(got, 0);
	memcpy(area + 64, moved, got);
	PUT(200, "\x31\xc0\xe9\x71\xff\xff\xff"); /* xor eax, eax; jmp copy */
	cr_assert_eq(call(MIDDLE, 3), 3);
	cr_assert_eq(call(200, 3), 203);
}

Test(code_patch, copies_no_loop_that_is_none, .init = set_up)
{
	uint8_t moved[CODE_PATCH_ROOM];
	remote_addr addr = PUT(MIDDLE, "\xff\xc0\xff\xcf\xc3");

	cr_assert_eq(code_patch_relocate_loop(&own_memory, addr, addr + 64,
					      addr + 128, moved), 0);
}

Test(code_patch, knows_where_moved_code_comes_from, .init = set_up)
{
	/* inc eax; je; dec edi: the jump is longer elsewhere, 6 bytes */
	remote_addr addr = PUT(MIDDLE, "\xff\xc0\x74\x10\xff\xcf");
	remote_addr copy = addr + 4096;
	static const unsigned from[] = { 0, 2, 4 }, to[] = { 0, 2, 8 };

	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(code_patch_origin(&own_memory, addr, 6, copy,
					       copy + to[i]), addr + from[i]);
	cr_assert_eq(code_patch_origin(&own_memory, addr, 6, copy, copy + 3),
		     0);
	cr_assert_eq(code_patch_origin(&own_memory, addr, 6, copy, copy + 10),
		     0);
}

Test(code_patch, knows_where_a_copied_loop_comes_from, .init = set_up)
{
	/* L: inc eax; dec edi; jnz L, which is 7 bytes elsewhere */
	remote_addr addr = PUT(MIDDLE, "\xff\xc0\xff\xcf\x75\xfa\xc3");
	remote_addr copy = addr + 4096;

	cr_assert_eq(code_patch_loop_origin(&own_memory, addr + 2, copy, copy),
		     addr + 2);
	cr_assert_eq(code_patch_loop_origin(&own_memory, addr + 2, copy,
					    copy + 9), addr);
	cr_assert_eq(code_patch_loop_origin(&own_memory, addr + 2, copy,
					    copy + 3), 0);
}
