/* SPDX-License-Identifier: MIT */
/* Jumps in place of system calls: byte for byte, and run for real. */
#include "src/call_patch.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "src/agent_layout.h"
#include "src/elf_image.h"

#define CODE_LENGTH 65536u
#define MIDDLE 32768u

static uint8_t *code;

static size_t read_own(struct memory *memory, remote_addr addr, void *bytes,
		       size_t length)
{
	remote_addr start = (remote_addr)(uintptr_t)code;

	(void)memory;
	if (addr < start || addr >= start + CODE_LENGTH)
		return 0;
	if (length > start + CODE_LENGTH - addr)
		length = start + CODE_LENGTH - addr;
	memcpy(bytes, (const void *)(uintptr_t)addr, length);
	return length;
}

static struct memory own_memory = { read_own };

static void *map_code(uintptr_t addr, size_t length)
{
	return mmap((void *)addr, length, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS |
		    (addr ? MAP_FIXED_NOREPLACE : 0), -1, 0);
}

static void set_up(void)
{
	code = map_code(0, CODE_LENGTH);
	cr_assert_neq(code, MAP_FAILED);
	memset(code, 0xf4, CODE_LENGTH);
}

static remote_addr address(size_t offset)
{
	return (remote_addr)(uintptr_t)(code + offset);
}

#define PUT(offset, text) memcpy(code + (offset), text, sizeof(text) - 1)

/* What is behind the only syscall instruction from MIDDLE on. */
static remote_addr call_end(void)
{
	size_t offset = MIDDLE;

	while (code[offset] != 0x0f || code[offset + 1] != 0x05)
		offset++;
	return address(offset + 2);
}

static enum call_patch_failure plan(uint64_t number, struct call_patch *patch)
{
	return call_patch_plan(&own_memory, call_end(), number, patch);
}

/* ---- plans ---- */

struct expected_plan {
	const char *name, *bytes;
	size_t bytes_length;
	uint64_t number;
	enum call_patch_failure failure;
	unsigned is_before;
	int start; /* from the syscall instruction */
	unsigned length, moved_length, entries;
};

#define CODE(name, bytes) name, bytes, sizeof(bytes) - 1

static const struct expected_plan expected_plans[] = {
	{ CODE("glibc close: mov $3,%eax; syscall; cmp $-4096,%rax; ja",
	       "\xb8\x03\x00\x00\x00\x0f\x05\x48\x3d\x00\xf0\xff\xff\x77\x03"),
	  3, CALL_PATCH_POSSIBLE, 1, -5, 5, 0, 0 },
	{ CODE("the same, come to with another number",
	       "\xb8\x03\x00\x00\x00\x0f\x05\x48\x3d\x00\xf0\xff\xff\x77\x33"),
	  4, CALL_PATCH_POSSIBLE, 0, 0, 8, 6, 4 },
	{ CODE("glibc read: xor %eax,%eax; syscall; cmp $-4096,%rax; ja",
	       "\x31\xc0\x0f\x05\x48\x3d\x00\xf0\xff\xff\x77\x33"),
	  0, CALL_PATCH_POSSIBLE, 0, 0, 8, 6, 4 },
	{ CODE("glibc __restore_rt: mov $15,%rax; syscall",
	       "\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05\x0f\x1f\x80\x00\x00\x00"),
	  15, CALL_PATCH_POSSIBLE, 1, -7, 7, 0, 0 },
	{ CODE("a negative number in 64 bits",
	       "\x48\xc7\xc0\xff\xff\xff\xff\x0f\x05\x48\x89\xc7"),
	  (uint64_t)-1, CALL_PATCH_POSSIBLE, 1, -7, 7, 0, 0 },
	{ CODE("mov $39,%r8d is not it",
	       "\x41\xb8\x27\x00\x00\x00\x0f\x05\x89\xc7\xeb\x10"),
	  39, CALL_PATCH_POSSIBLE, 1, -6, 6, 0, 0 },
	{ CODE("movl $39,-72(%rbp) is not it, but one instruction",
	       "\xc7\x45\xb8\x27\x00\x00\x00\x0f\x05\xe8\x00\x00\x00\x00"),
	  39, CALL_PATCH_POSSIBLE, 1, -7, 7, 0, 0 },
	{ CODE("glibc syscall: mov 8(%rsp),%r9; syscall; cmp $-4095,%rax; jae",
	       "\x4c\x8b\x4c\x24\x08\x0f\x05\x48\x3d\x01\xf0\xff\xff\x73\x01"),
	  39, CALL_PATCH_POSSIBLE, 0, 0, 8, 6, 4 },
	{ CODE("musl __syscall_cp_asm: mov %r11,8(%rsp); syscall; ret; jmp",
	       "\x4c\x89\x5c\x24\x08\x0f\x05\xc3\xe9\x10\x00\x00\x00"),
	  39, CALL_PATCH_POSSIBLE, 1, -5, 5, 0, 0 },
	{ CODE("Go Syscall6: syscall; cmp $-4095,%rax; jbe",
	       "\x4c\x89\xc0\x0f\x05\x48\x3d\x01\xf0\xff\xff\x76\x21"),
	  39, CALL_PATCH_POSSIBLE, 0, 0, 8, 6, 4 },
	{ CODE("ld.so: xor %eax,%eax; syscall; test %rax,%rax; js",
	       "\x31\xc0\x0f\x05\x48\x85\xc0\x78\x10"),
	  0, CALL_PATCH_POSSIBLE, 0, 0, 5, 3, 4 },
	{ CODE("three entries: syscall; push %rax; pop %rdi; mov %rax,%rbx",
	       "\x31\xc0\x0f\x05\x50\x5f\x48\x89\xc3\xe8\x00\x00\x00\x00"),
	  0, CALL_PATCH_POSSIBLE, 0, 0, 7, 5, 0x1c },
	{ CODE("syscall; ret; nops up to a function",
	       "\x31\xc0\x0f\x05\xc3\x0f\x1f\x80\x00\x00\x00\x00"),
	  0, CALL_PATCH_POSSIBLE, 0, 0, 5, 1, 4 },
	{ CODE("syscall; jmp; int3",
	       "\x31\xc0\x0f\x05\xeb\x10\xcc\xcc\xcc"),
	  0, CALL_PATCH_POSSIBLE, 0, 0, 5, 2, 4 },
	{ CODE("syscall; ret; other code", "\x31\xc0\x0f\x05\xc3\x31\xc0\xc3"),
	  0, CALL_PATCH_AT_END, 0, 0, 0, 0, 0 },
	{ CODE("syscall; ret; nops that are jumped to",
	       "\x31\xc0\x0f\x05\xc3\x90\x90\x31\xc0\xeb\xfa"),
	  0, CALL_PATCH_AT_END, 0, 0, 0, 0, 0 },
	{ CODE("syscall; call", "\x31\xc0\x0f\x05\xe8\x00\x00\x00\x00"),
	  0, CALL_PATCH_NOT_MOVING, 0, 0, 0, 0, 0 },
	{ CODE("syscall; mov %eax,%edi; syscall",
	       "\x31\xc0\x0f\x05\x89\xc7\x0f\x05\xc3"),
	  0, CALL_PATCH_NOT_MOVING, 0, 0, 0, 0, 0 },
	{ CODE("syscall; ud2", "\x31\xff\x0f\x05\x0f\x0b\x90"),
	  0, CALL_PATCH_NOT_MOVING, 0, 0, 0, 0, 0 },
};

Test(call_patch, plans_for_typical_sites, .init = set_up)
{
	for (size_t i = 0; i < sizeof(expected_plans) / sizeof(*expected_plans);
	     i++) {
		const struct expected_plan *want = &expected_plans[i];
		struct call_patch patch;

		memset(code, 0xf4, CODE_LENGTH);
		memcpy(code + MIDDLE, want->bytes, want->bytes_length);
		cr_assert_eq(plan(want->number, &patch), want->failure, "%s",
			     want->name);
		if (want->failure)
			continue;
		cr_expect_eq(patch.is_before, want->is_before, "%s",
			     want->name);
		cr_expect_eq((int)(patch.start - (call_end() - 2)),
			     want->start, "%s", want->name);
		cr_expect_eq(patch.length, want->length, "%s", want->name);
		cr_expect_eq(patch.moved_length, want->moved_length, "%s",
			     want->name);
		cr_expect_eq(patch.entries, want->entries, "%s", want->name);
	}
}

Test(call_patch, takes_no_function_for_padding, .init = set_up)
{
	struct call_patch patch;

	/* The nop behind the return is at 16: a function could begin there. */
	PUT(MIDDLE + 13, "\x0f\x05\xc3\x90\x90\x90\x90");
	cr_assert_eq(plan(0, &patch), CALL_PATCH_AT_END);
}

Test(call_patch, prefers_the_instruction_before_to_an_entered_call,
     .init = set_up)
{
	struct call_patch patch;

	/* mov 8(%rsp),%r9; syscall; 1: cmp $-4095,%rax; jae 1b */
	PUT(MIDDLE, "\x4c\x8b\x4c\x24\x08\x0f\x05"
		    "\x48\x3d\x01\xf0\xff\xff\x73\xf8");
	cr_assert_eq(plan(39, &patch), CALL_PATCH_POSSIBLE);
	cr_assert(patch.is_before);
	cr_assert_eq(patch.start, address(MIDDLE));
}

Test(call_patch, leaves_entered_calls, .init = set_up)
{
	struct call_patch patch;

	/* mov %eax,%edi; syscall; 1: cmp $-4095,%rax; jae 1b */
	PUT(MIDDLE, "\x89\xc7\x0f\x05\x48\x3d\x01\xf0\xff\xff\x73\xf8");
	cr_assert_eq(plan(39, &patch), CALL_PATCH_ENTERED);
}

Test(call_patch, leaves_what_is_loaded, .init = set_up)
{
	struct call_patch patch;

	/* mov %eax,%edi; syscall; movabs $..., %rax */
	PUT(MIDDLE, "\x89\xc7\x0f\x05\x48\xb8\x01\x02\x03\x04\x05\x06"
		    "\x07\x08");
	cr_assert_eq(plan(39, &patch), CALL_PATCH_DATA);
	/* mov %eax,%edi; syscall; cmp $-4095,%rax */
	PUT(MIDDLE, "\x89\xc7\x0f\x05\x48\x3d\x01\xf0\xff\xff");
	cr_assert_eq(plan(39, &patch), CALL_PATCH_POSSIBLE);
	/* mov MIDDLE + 6(%rip),%eax */
	PUT(MIDDLE + 20, "\x8b\x05\xec\xff\xff\xff");
	cr_assert_eq(plan(39, &patch), CALL_PATCH_DATA);
	/* mov %fs:-0x14,%eax is the same but for a byte before it */
	PUT(MIDDLE + 17, "\x64\x8b\x04\x25");
	PUT(MIDDLE + 21, "\xed\xff\xff\xff");
	cr_assert_eq(plan(39, &patch), CALL_PATCH_POSSIBLE);
	PUT(MIDDLE + 17, "\xf4\xf4\xf4\x8b\x05\xec\xff\xff\xff");
	cr_assert_eq(plan(39, &patch), CALL_PATCH_DATA);
	/* lea MIDDLE + 6(%rip),%rax: where to go, perhaps; there are detours */
	PUT(MIDDLE + 19, "\x48\x8d");
	cr_assert_eq(plan(39, &patch), CALL_PATCH_POSSIBLE);
}

Test(call_patch, hops_to_room_between_functions, .init = set_up)
{
	struct call_patch patch, other;

	/* The same; ret; nopl: room up to the next function. */
	PUT(MIDDLE, "\x89\xc7\x0f\x05\x48\x3d\x01\xf0\xff\xff\x73\xf8");
	PUT(MIDDLE + 36, "\x31\xc0\xc3\x0f\x1f\x80\x00\x00\x00\x00");
	cr_assert_eq(plan(39, &patch), CALL_PATCH_POSSIBLE);
	cr_assert_eq(patch.hop_at, address(MIDDLE + 2));
	cr_assert_arr_eq(patch.hop, "\xeb\x23", 2);
	cr_assert_eq(patch.start, address(MIDDLE + 39));
	cr_assert_eq(patch.length, 5);
	cr_assert_arr_eq(patch.original, "\x0f\x1f\x80\x00\x00", 5);
	cr_assert(!patch.is_before && !patch.entries);
	/* Not twice. */
	other = patch;
	other.hop_at += 2;
	cr_assert(call_patch_overlaps(&patch, &other));
	other.start += 5;
	cr_assert_not(call_patch_overlaps(&patch, &other));
	other.hop_at = patch.hop_at;
	cr_assert(call_patch_overlaps(&patch, &other));
	/* All of it, and nothing between. */
	cr_assert(call_patch_touches(&patch, address(MIDDLE + 3),
				     address(MIDDLE + 4)));
	cr_assert_not(call_patch_touches(&patch, address(MIDDLE + 4),
					 address(MIDDLE + 39)));
	cr_assert(call_patch_touches(&patch, address(MIDDLE + 43),
				     address(MIDDLE + 44)));
	cr_assert_not(call_patch_touches(&patch, address(MIDDLE + 44),
					 address(MIDDLE + 60)));
	/* Room that is come to from before is none. */
	PUT(MIDDLE + 36, "\x31\xc0\x90");
	cr_assert_eq(plan(39, &patch), CALL_PATCH_ENTERED);
}

static void check_again(remote_addr end, struct instruction found,
			const struct call_patch *patch)
{
	uint64_t way = call_patch_way(patch);
	struct call_patch again;

	cr_assert_eq(call_patch_plan_again(&own_memory, end, found, way,
					   &again), CALL_PATCH_POSSIBLE);
	cr_expect_eq(again.start, patch->start);
	cr_expect_eq(again.length, patch->length);
	cr_expect_eq(again.moved_length, patch->moved_length);
	cr_expect_eq(again.is_before, patch->is_before);
	cr_expect_eq(again.is_end, patch->is_end);
	cr_expect_eq(again.entries, patch->entries);
	cr_expect_eq(again.hop_at, patch->hop_at);
	cr_expect_arr_eq(again.hop, patch->hop, sizeof(again.hop));
	cr_expect_arr_eq(again.original, patch->original, patch->length);
	cr_expect_neq(call_patch_plan_again(&own_memory, end + 1, found, way,
					    &again), CALL_PATCH_POSSIBLE);
	cr_expect_neq(call_patch_plan_again(&own_memory, end, found,
					    way ^ 1ull << 40, &again),
		      CALL_PATCH_POSSIBLE);
	cr_expect_neq(call_patch_plan_again(&own_memory, end, found, way & ~3,
					    &again), CALL_PATCH_POSSIBLE);
	cr_expect_neq(call_patch_plan_again(&own_memory, end, found, way ^ 256,
					    &again), CALL_PATCH_POSSIBLE);
}

Test(call_patch, is_made_again_by_its_way, .init = set_up)
{
	const struct instruction none = { .length = 2 };
	const struct instruction cpuid = { INSTRUCTION_CPUID, 2, 0, 0 };
	struct call_patch patch;

	for (size_t i = 0; i < sizeof(expected_plans) / sizeof(*expected_plans);
	     i++) {
		memset(code, 0xf4, CODE_LENGTH);
		memcpy(code + MIDDLE, expected_plans[i].bytes,
		       expected_plans[i].bytes_length);
		if (!plan(expected_plans[i].number, &patch))
			check_again(call_end(), none, &patch);
	}
	memset(code, 0xf4, CODE_LENGTH);
	PUT(MIDDLE, "\x89\xc7\x0f\x05\x48\x3d\x01\xf0\xff\xff\x73\xf8");
	PUT(MIDDLE + 36, "\x31\xc0\xc3\x0f\x1f\x80\x00\x00\x00\x00");
	cr_assert_eq(plan(39, &patch), CALL_PATCH_POSSIBLE);
	check_again(call_end(), none, &patch);
	memset(code, 0xf4, CODE_LENGTH);
	PUT(MIDDLE, "\x31\xc0\x0f\xa2\x48\x89\xc7\x90");
	cr_assert_eq(call_patch_plan_instruction(&own_memory,
						 address(MIDDLE + 4), cpuid,
						 &patch), CALL_PATCH_POSSIBLE);
	check_again(address(MIDDLE + 4), cpuid, &patch);
}

Test(call_patch, is_made_of_the_same_code_only, .init = set_up)
{
	const struct instruction none = { .length = 2 };
	struct call_patch patch, again;

	PUT(MIDDLE, "\xb8\x03\x00\x00\x00\x0f\x05\x48\x3d\x00\xf0\xff\xff");
	cr_assert_eq(plan(3, &patch), CALL_PATCH_POSSIBLE);
	code[MIDDLE + 1] = 4;
	cr_assert_neq(call_patch_plan_again(&own_memory, call_end(), none,
					    call_patch_way(&patch), &again),
		      CALL_PATCH_POSSIBLE);
}

Test(call_patch, is_planned_at_calls_only, .init = set_up)
{
	struct call_patch patch;

	cr_assert_eq(call_patch_plan(&own_memory, address(MIDDLE), 0, &patch),
		     CALL_PATCH_NO_CALL);
	cr_assert_eq(call_patch_plan(&own_memory, 4096, 0, &patch),
		     CALL_PATCH_NO_CALL);
}

Test(call_patch, overlaps_what_it_replaces, .init = set_up)
{
	struct call_patch first, second;

	/* syscall; mov $39,%eax; syscall; mov %rax,%rdi */
	PUT(MIDDLE, "\x0f\x05\xb8\x27\x00\x00\x00\x0f\x05\x48\x89\xc7");
	cr_assert_eq(plan(0, &first), CALL_PATCH_POSSIBLE);
	cr_assert_eq(first.length, 7);
	cr_assert_eq(call_patch_plan(&own_memory, address(MIDDLE + 9), 39,
				     &second), CALL_PATCH_POSSIBLE);
	cr_assert(second.is_before && call_patch_overlaps(&first, &second));
	cr_assert_eq(call_patch_plan(&own_memory, address(MIDDLE + 9), 0,
				     &second), CALL_PATCH_POSSIBLE);
	cr_assert(!second.is_before && !call_patch_overlaps(&first, &second));
}

/* ---- bytes ---- */

/* Code at 0x401000, for exact bytes. */
static uint8_t fixed_code[64];

static size_t read_fixed(struct memory *memory, remote_addr addr, void *bytes,
			 size_t length)
{
	remote_addr offset = addr - 0x401000;

	(void)memory;
	if (offset >= sizeof(fixed_code))
		return 0;
	if (length > sizeof(fixed_code) - offset)
		length = sizeof(fixed_code) - offset;
	memcpy(bytes, fixed_code + offset, length);
	return length;
}

static struct memory fixed_memory = { read_fixed };

Test(call_patch, builds_the_way_before_byte_for_byte)
{
	/* nop...; mov $3,%eax; syscall */
	static const uint8_t trampoline[] = {
		0xb8, 0x03, 0x00, 0x00, 0x00,
		0x48, 0xb9, 0x17, 0x10, 0x40, 0, 0, 0, 0, 0,
		0x4c, 0x8d, 0x1d, 0x09, 0x00, 0x00, 0x00,
		0xff, 0x24, 0x25, 0x10, 0x00, 0x20, 0x70,
		0x0f, 0x05,
		0xe9, 0xf3, 0x0f, 0xe0, 0xff,
	};
	struct call_patch patch;

	memset(fixed_code, 0x90, sizeof(fixed_code));
	memcpy(fixed_code + 16, "\xb8\x03\x00\x00\x00\x0f\x05", 7);
	cr_assert_eq(call_patch_plan(&fixed_memory, 0x401017, 3, &patch),
		     CALL_PATCH_POSSIBLE);
	cr_assert_eq(call_patch_build(&fixed_memory, &patch, 0x600000),
		     CALL_PATCH_POSSIBLE);
	cr_assert_eq(patch.code_length, sizeof(trampoline));
	cr_assert_arr_eq(patch.code, trampoline, sizeof(trampoline));
	cr_assert_arr_eq(patch.jump, "\xe9\xeb\xef\x1f\x00", 5);
	cr_assert_arr_eq(patch.original, "\xb8\x03\x00\x00\x00", 5);
	cr_assert_eq(patch.start, 0x401010);
	cr_assert_eq(patch.continuation, 0x60001f);
	cr_assert_eq(call_patch_detour(&patch, 0x401011, SIGTRAP), 0);
}

Test(call_patch, builds_an_instruction_byte_for_byte)
{
	/* cpuid; mov %rax,%rdi; nop... */
	static const uint8_t trampoline[] = {
		0x48, 0x8d, 0x15, 0x07, 0x00, 0x00, 0x00,
		0xff, 0x24, 0x25, 0xe0, 0x00, 0x20, 0x70,
		0x12, 0x10, 0x40, 0, 0, 0, 0, 0,
		INSTRUCTION_CPUID, 0, 0, 2,
		0xcc, 0x06,
		0x48, 0x89, 0xc7,
		0xe9, 0xd3, 0x33, 0xdf, 0xff,
	};
	struct instruction cpuid = { INSTRUCTION_CPUID, 2, 0, 0 };
	struct call_patch patch;

	memset(fixed_code, 0x90, sizeof(fixed_code));
	memcpy(fixed_code + 16, "\x31\xc0\x0f\xa2\x48\x89\xc7", 7);
	cr_assert_eq(call_patch_plan_instruction(&fixed_memory, 0x401012,
						 cpuid, &patch),
		     CALL_PATCH_NO_CALL);
	cr_assert_eq(call_patch_plan_instruction(&fixed_memory, 0x401014,
						 cpuid, &patch),
		     CALL_PATCH_POSSIBLE);
	cr_assert_eq(call_patch_build(&fixed_memory, &patch, 0x60dc20),
		     CALL_PATCH_POSSIBLE);
	cr_assert_eq(patch.code_length, sizeof(trampoline));
	cr_assert_arr_eq(patch.code, trampoline, sizeof(trampoline));
	cr_assert_arr_eq(patch.jump, "\xe9\x09\xcc\x20\x00", 5);
	cr_assert_eq(call_patch_detour(&patch, 0x401015, SIGTRAP),
		     patch.continuation);
	cr_assert_eq(call_patch_original(&patch, 0x60dc27), 0x401012);
	cr_assert_eq(call_patch_original(&patch, 0x60dc3a), 0x401012);
	memcpy(fixed_code, patch.code + 7, 21);
	cr_assert_eq(call_patch_call_end(&fixed_memory, 0x401000 + 21),
		     0x401014);
	cr_assert_eq(call_patch_call_end(&fixed_memory, 0x401000 + 20), 0);
	cr_assert_eq(call_patch_original(&patch, patch.continuation), 0x401014);
}

Test(call_patch, no_instruction_without_a_register_of_its_own, .init = set_up)
{
	/* rdrand %cx; mov $11,%r11 */
	struct instruction word = { INSTRUCTION_RDRAND, 4, 2, R_RCX };
	struct instruction whole = { INSTRUCTION_RDRAND, 3, 4, R_RCX };
	struct call_patch patch;

	PUT(MIDDLE, "\x66\x0f\xc7\xf1\x49\xc7\xc3\x0b\x00\x00\x00");
	cr_assert_eq(call_patch_plan_instruction(&own_memory,
						 address(MIDDLE + 4), word,
						 &patch),
		     CALL_PATCH_NOT_MOVING);
	cr_assert_eq(call_patch_plan_instruction(&own_memory,
						 address(MIDDLE + 4), whole,
						 &patch),
		     CALL_PATCH_POSSIBLE);
	cr_assert_eq(patch.start, address(MIDDLE + 1));
	cr_assert_eq(patch.entries, 1u << 3);
}

Test(call_patch, builds_the_way_behind_byte_for_byte)
{
	/* xor %eax,%eax; syscall; mov 16(%rip),%edi; nop... */
	static const uint8_t trampoline[] = {
		0x48, 0xb9, 0x14, 0x10, 0x40, 0, 0, 0, 0, 0,
		0x4c, 0x8d, 0x1d, 0x09, 0x00, 0x00, 0x00,
		0xff, 0x24, 0x25, 0x10, 0x00, 0x20, 0x70,
		0x0f, 0x05,
		0x8b, 0x3d, 0xea, 0x33, 0xdf, 0xff,
		0xe9, 0xd5, 0x33, 0xdf, 0xff,
	};
	struct call_patch patch;

	memset(fixed_code, 0x90, sizeof(fixed_code));
	memcpy(fixed_code + 16, "\x31\xc0\x0f\x05\x8b\x3d\x10\x00\x00\x00", 10);
	cr_assert_eq(call_patch_plan(&fixed_memory, 0x401014, 0, &patch),
		     CALL_PATCH_POSSIBLE);
	cr_assert_eq(call_patch_build(&fixed_memory, &patch, 0x60dc00),
		     CALL_PATCH_NO_PLACE);
	cr_assert_eq(call_patch_build(&fixed_memory, &patch, 0x60dd20),
		     CALL_PATCH_NO_PLACE);
	cr_assert_eq(call_patch_build(&fixed_memory, &patch, 0x60dc20),
		     CALL_PATCH_POSSIBLE);
	cr_assert_eq(patch.code_length, sizeof(trampoline));
	cr_assert_arr_eq(patch.code, trampoline, sizeof(trampoline));
	cr_assert_arr_eq(patch.jump, "\xe9\x09\xcc\x20\x00", 5);
	cr_assert_eq(call_patch_detour(&patch, 0x401015, SIGTRAP),
		     patch.continuation);
	cr_assert_eq(call_patch_detour(&patch, 0x401014, SIGILL), 0);
}

Test(call_patch, knows_where_the_program_would_be)
{
	struct call_patch patch;

	memset(fixed_code, 0x90, sizeof(fixed_code));
	memcpy(fixed_code + 16, "\x31\xc0\x0f\x05\x85\xc0\x78\x04", 8);
	cr_assert_eq(call_patch_plan(&fixed_memory, 0x401014, 0, &patch),
		     CALL_PATCH_POSSIBLE);
	cr_assert_eq(patch.entries, 0x14);
	cr_assert_eq(call_patch_build(&fixed_memory, &patch, 0x640dc20),
		     CALL_PATCH_POSSIBLE);
	cr_assert_eq(call_patch_original(&patch, 0x640dc20), 0x401012);
	cr_assert_eq(call_patch_original(&patch, patch.continuation - 2),
		     0x401012);
	cr_assert_eq(call_patch_original(&patch, patch.continuation), 0x401014);
	cr_assert_eq(call_patch_original(&patch, patch.continuation + 2),
		     0x401016);
	cr_assert_eq(call_patch_original(&patch, patch.continuation + 8),
		     0x401018);
	cr_assert_eq(call_patch_original(&patch, patch.continuation + 1), 0);
	cr_assert_eq(call_patch_original(&patch, patch.continuation + 13), 0);
	cr_assert_eq(call_patch_detour(&patch, 0x401015, SIGTRAP),
		     patch.continuation);
	cr_assert_eq(call_patch_detour(&patch, 0x401016, SIGILL),
		     patch.continuation + 2);
	cr_assert_eq(call_patch_detour(&patch, 0x401017, SIGTRAP), 0);
}

Test(call_patch, is_known_by_its_trampoline)
{
	struct call_patch patch;
	struct bytes_memory memory;
	remote_addr behind;

	memset(fixed_code, 0x90, sizeof(fixed_code));
	memcpy(fixed_code + 16, "\x31\xc0\x0f\x05\x85\xc0\x78\x04", 8);
	cr_assert_eq(call_patch_plan(&fixed_memory, 0x401014, 0, &patch),
		     CALL_PATCH_POSSIBLE);
	cr_assert_eq(call_patch_build(&fixed_memory, &patch, 0x640dc20),
		     CALL_PATCH_POSSIBLE);
	bytes_memory_init(&memory, patch.code, patch.code_length);
	behind = patch.continuation - patch.trampoline;
	cr_assert_eq(call_patch_call_end(&memory.memory, behind), 0x401014);
	cr_assert_eq(call_patch_call_end(&memory.memory, behind + 1), 0);
	cr_assert_eq(call_patch_call_end(&memory.memory, 3), 0);
	patch.code[behind - 4]++;
	cr_assert_eq(call_patch_call_end(&memory.memory, behind), 0);
}

/* ---- places ---- */

Test(call_patch, reaches_beyond_the_heap_of_a_program_at_its_usual_place)
{
	struct call_patch patch;

	memset(fixed_code, 0x90, sizeof(fixed_code));
	memcpy(fixed_code + 16, "\x31\xc0\x0f\x05\x48\x89\xc7", 7);
	cr_assert_eq(call_patch_plan(&fixed_memory, 0x401014, 0, &patch),
		     CALL_PATCH_POSSIBLE);
	cr_assert_eq(call_area_find(&patch, 0x78000000, 0x80000000),
		     0x7800d000);
}

Test(call_patch, fills_an_area_and_gives_back, .init = set_up)
{
	struct call_area area = { 0 };
	struct call_patch patch, first;
	unsigned count = 0;

	PUT(MIDDLE, "\x31\xc0\x0f\x05\x48\x3d\x00\xf0\xff\xff\x77\x33");
	cr_assert_eq(plan(0, &patch), CALL_PATCH_POSSIBLE);
	area.start = call_area_find(&patch, address(0) - 0x10000000,
				    address(0));
	cr_assert_neq(area.start, 0);
	while (!call_patch_place(&own_memory, &patch, &area)) {
		if (!count++)
			first = patch;
	}
	cr_assert_eq(count, 6); /* of 48 bytes, beginning within 256 */
	call_patch_release(&first, &area);
	cr_assert_eq(call_patch_place(&own_memory, &patch, &area),
		     CALL_PATCH_POSSIBLE);
	cr_assert_eq(patch.trampoline, first.trampoline);
}

Test(call_patch, finds_areas_within_holes_and_reach, .init = set_up)
{
	struct call_patch patch;
	remote_addr base = address(0), area;

	PUT(MIDDLE, "\x31\xc0\x0f\x05\x48\x3d\x00\xf0\xff\xff\x77\x33");
	cr_assert_eq(plan(0, &patch), CALL_PATCH_POSSIBLE);
	cr_assert_eq(call_area_find(&patch, base - 0x8000, base), 0);
	cr_assert_eq(call_area_find(&patch, base - 0x10000, base),
		     base - 0x10000);
	cr_assert_eq(call_area_find(&patch, base + 0x80000000,
				    base + 0x100000000), 0);
	area = call_area_find(&patch, 0, base);
	cr_assert(area && base - area <= 0x7e010000);
	/* Three traps in a row are a rare place. */
	PUT(MIDDLE, "\x31\xc0\x0f\x05\x50\x5f\x48\x89\xc3");
	cr_assert_eq(plan(0, &patch), CALL_PATCH_POSSIBLE);
	cr_assert_eq(call_area_find(&patch, base - 0x20000000,
				    base - 0x18000000), 0);
	area = call_area_find(&patch, base - 0x34000000, base);
	cr_assert(area && base - area > 0x33000000);
}

/* ---- for real ---- */

#define SAVED 24u  /* r11 */
#define COUNT 32u  /* of calls */
#define CALLER 40u /* rcx */
#define ENTRY 64u
#define STOPPING_ENTRY 128u

static struct call_patch current; /* for the signal handler */
static uint8_t *const agent = (uint8_t *)AGENT_TEXT;

static void go_on_in_trampoline(int signal, siginfo_t *info, void *context)
{
	greg_t *rip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	remote_addr to = call_patch_detour(&current, (remote_addr)*rip, signal);

	(void)info;
	if (!to)
		_exit(99);
	*rip = (greg_t)to;
}

/* Counts, and makes the call; or leaves it to the trampoline. */
static void set_up_agent(void)
{
	static const uint8_t entry[] = {
		0x4c, 0x89, 0x1c, 0x25, SAVED, 0x00, 0x20, 0x70,
		0x48, 0x89, 0x0c, 0x25, CALLER, 0x00, 0x20, 0x70,
		0x4c, 0x8b, 0x1c, 0x25, COUNT, 0x00, 0x20, 0x70,
		0x4d, 0x8d, 0x5b, 0x01, /* lea 1(%r11),%r11 */
		0x4c, 0x89, 0x1c, 0x25, COUNT, 0x00, 0x20, 0x70,
		0x0f, 0x05,
		0xff, 0x24, 0x25, SAVED, 0x00, 0x20, 0x70,
	};
	static const uint8_t stopping_entry[] = {
		0x4d, 0x8d, 0x5b, 0xfe, /* lea -2(%r11),%r11 */
		0x41, 0xff, 0xe3,	/* jmp *%r11 */
	};
	struct sigaction action = { .sa_sigaction = go_on_in_trampoline,
				    .sa_flags = SA_SIGINFO };

	set_up();
	cr_assert_eq(map_code(AGENT_TEXT, 4096), (void *)agent);
	*(uint64_t *)AGENT_ENTRY_SLOT = AGENT_TEXT + ENTRY;
	memcpy(agent + ENTRY, entry, sizeof(entry));
	memcpy(agent + STOPPING_ENTRY, stopping_entry, sizeof(stopping_entry));
	sigaction(SIGTRAP, &action, NULL);
	sigaction(SIGILL, &action, NULL);
}

static uint64_t calls_made(void)
{
	return *(volatile uint64_t *)(agent + COUNT);
}

/* Patches the only call from MIDDLE on, with a trampoline from low on. */
static void patch_call(uint64_t number, remote_addr low)
{
	struct call_area area = { 0 };
	void *got = MAP_FAILED;

	cr_assert_eq(plan(number, &current), CALL_PATCH_POSSIBLE);
	while (got == MAP_FAILED) {
		area.start = call_area_find(&current, low, low + 0x40000000);
		cr_assert_neq(area.start, 0);
		got = map_code(area.start, CALL_AREA_LENGTH);
		low = area.start + CALL_AREA_LENGTH;
	}
	cr_assert_eq(call_patch_place(&own_memory, &current, &area),
		     CALL_PATCH_POSSIBLE);
	memcpy((void *)(uintptr_t)current.trampoline, current.code,
	       current.code_length);
	memcpy((void *)(uintptr_t)current.start, current.jump,
	       CODE_JUMP_LENGTH);
	if (current.hop_at)
		memcpy((void *)(uintptr_t)current.hop_at, current.hop,
		       sizeof(current.hop));
}

static void patch_near(uint64_t number)
{
	patch_call(number, address(0) - 0x20000000);
}

static int64_t call(size_t offset, uint64_t argument)
{
	int64_t (*function)(uint64_t) = (int64_t(*)(uint64_t))(code + offset);

	return function(argument);
}

Test(call_patch, runs_the_way_before, .init = set_up_agent)
{
	/* mov $39,%eax; syscall; ret */
	PUT(MIDDLE, "\xb8\x27\x00\x00\x00\x0f\x05\xc3");
	cr_assert_eq(call(MIDDLE, 0), getpid());
	patch_near(SYS_getpid);
	cr_assert(current.is_before);
	cr_assert_eq(call(MIDDLE, 0), getpid());
	cr_assert_eq(calls_made(), 1);
	cr_assert_eq(*(uint64_t *)(agent + CALLER), address(MIDDLE + 7));
	/* mov $39,%al; jmp to the call */
	PUT(64, "\x31\xc0\xb0\x27\xe9\xbc\x7f\x00\x00");
	cr_assert_eq(64 + 9 + 0x7fbc, MIDDLE + 5);
	cr_assert_eq(call(64, 0), getpid());
	cr_assert_eq(calls_made(), 1);
}

Test(call_patch, runs_the_way_behind, .init = set_up_agent)
{
	/* mov %edi,%eax; syscall; cmp $-4095,%rax; jae 1f; ret; 1: -1 */
	PUT(MIDDLE, "\x89\xf8\x0f\x05\x48\x3d\x01\xf0\xff\xff\x73\x01\xc3"
		    "\x48\xc7\xc0\xff\xff\xff\xff\xc3");
	patch_near(SYS_getpid);
	cr_assert_not(current.is_before);
	cr_assert_eq(call(MIDDLE, SYS_getpid), getpid());
	cr_assert_eq(call(MIDDLE, 100000), -1);
	cr_assert_eq(calls_made(), 2);
	/* With a stop: the trampoline's own call. */
	*(uint64_t *)AGENT_ENTRY_SLOT = AGENT_TEXT + STOPPING_ENTRY;
	cr_assert_eq(call(MIDDLE, SYS_getpid), getpid());
	cr_assert_eq(call(MIDDLE, 100000), -1);
	cr_assert_eq(calls_made(), 2);
}

Test(call_patch, runs_the_way_by_a_hop, .init = set_up_agent)
{
	/* ret; nopl; mov %edi,%eax; syscall; ret; inc %rax; ret */
	PUT(MIDDLE + 1, "\xc3\x0f\x1f\x80\x00\x00\x00\x00"
			"\x89\xf8\x0f\x05\xc3\x48\xff\xc0\xc3");
	patch_near(SYS_getpid);
	cr_assert_eq(current.hop_at, address(MIDDLE + 11));
	cr_assert_eq(current.start, address(MIDDLE + 2));
	cr_assert_eq(call(MIDDLE + 9, SYS_getpid), getpid());
	*(uint64_t *)AGENT_ENTRY_SLOT = AGENT_TEXT + STOPPING_ENTRY;
	cr_assert_eq(call(MIDDLE + 9, SYS_getpid), getpid());
	cr_assert_eq(calls_made(), 1);
}

Test(call_patch, moves_returns_and_jumps, .init = set_up_agent)
{
	/* mov %edi,%eax; syscall; ret; nop... */
	PUT(MIDDLE, "\x89\xf8\x0f\x05\xc3\x0f\x1f\x80\x00\x00\x00\x00");
	patch_near(SYS_getpid);
	cr_assert(current.is_end);
	cr_assert_eq(call(MIDDLE, SYS_getpid), getpid());
	/* mov %edi,%eax; syscall; jmp 1f; int3...; 1: inc %rax; ret */
	PUT(MIDDLE, "\x89\xf8\x0f\x05\xeb\x03\xcc\xcc\xcc"
		    "\x48\xff\xc0\xc3");
	patch_near(SYS_getpid);
	cr_assert_eq(call(MIDDLE, SYS_getpid), getpid() + 1);
	cr_assert_eq(calls_made(), 2);
}

Test(call_patch, leaves_the_red_zone_and_the_flags, .init = set_up_agent)
{
	/* movq $42,-8(%rsp); mov $39,%eax; syscall; mov -8(%rsp),%rax; ret */
	PUT(MIDDLE, "\x48\xc7\x44\x24\xf8\x2a\x00\x00\x00\xb8\x27\x00\x00\x00"
		    "\x0f\x05\x48\x8b\x44\x24\xf8\xc3");
	patch_near(SYS_getpid);
	cr_assert(current.is_before);
	cr_assert_eq(call(MIDDLE, 0), 42);
	/* stc; mov $39,%al; syscall; sbb %rax,%rax; ret */
	memset(code, 0xf4, CODE_LENGTH);
	PUT(MIDDLE, "\x31\xc0\xb0\x27\xf9\x0f\x05\x48\x19\xc0\xc3");
	patch_near(SYS_getpid);
	cr_assert_not(current.is_before);
	cr_assert_eq(call(MIDDLE, 0), -1);
	PUT(MIDDLE + 4, "\xf8"); /* clc */
	cr_assert_eq(call(MIDDLE, 0), 0);
	cr_assert_eq(calls_made(), 3);
}

/* Puts mov $100,%eax and a jump to the call's bytes there. */
static void put_way_in(size_t offset, size_t to)
{
	PUT(offset, "\xb8\x64\x00\x00\x00");
	cr_assert_eq(code_patch_jump(address(offset + 5), address(to),
				     code + offset + 5), CODE_JUMP_LENGTH);
}

static void check_detours(remote_addr low, int last_signal)
{
	/* nop; mov %edi,%eax; syscall; xchg %eax,%edi twice; inc %rax; ret */
	PUT(MIDDLE, "\x90\x89\xf8\x0f\x05\x97\x97\x48\xff\xc0\xc3");
	patch_call(SYS_getpid, low);
	cr_assert_eq(current.entries, 0x1c);
	cr_assert_eq(current.pieces[2].signal, last_signal);
	put_way_in(64, MIDDLE + 5);
	put_way_in(96, MIDDLE + 6);
	put_way_in(128, MIDDLE + 7);
	cr_assert_eq(call(MIDDLE, SYS_getpid), getpid() + 1);
	cr_assert_eq(call(64, 200), 101);
	cr_assert_eq(call(96, 200), 201);
	cr_assert_eq(call(128, 200), 101);
}

Test(call_patch, goes_on_for_who_comes_by_another_way, .init = set_up_agent)
{
	check_detours(address(0) - 0x34000000, SIGTRAP);
	check_detours(address(0) - 0x31000000, SIGILL);
}
