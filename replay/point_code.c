/* SPDX-License-Identifier: MIT */
/*
 *	mov [saved], rcx
 *	movabs rcx, -VALUE; lea rcx, [rcx + REGISTER]; jrcxz next
 * miss:
 *	mov rcx, [saved]; the replaced instructions; jmp back
 * next:
 *	... jrcxz next; jmp miss
 * last:
 *	mov rcx, [saved]; int3
 *
 * mov, lea, jrcxz, movups, fxsave, lahf and setcc leave the flags alone (Intel
 * SDM volume 2).  The red zone stays as it is: nothing is pushed.
 */
#include "replay/point_code.h"

#include <errno.h>
#include <string.h>

#include "traces/report.h"

#define TEST_ROOM 96u /* bytes that a test takes at most */
#define SAVED_RCX POINT_SAVED
#define SAVED_RAX (POINT_SAVED + 8)
#define SAVED_RDX (POINT_SAVED + 16)
#define SAVED_VECTOR (POINT_SAVED + 64)
#define SAVED_LEGACY (POINT_SAVED + 128) /* a multiple of 16, for fxsave */

/* The XSAVE area (Intel SDM volume 1, chapter 13). */
#define XSTATE_X87 32u
#define XSTATE_XMM 160u
#define XSTATE_XMM_END 416u
#define XSTATE_YMM 576u /* upper halves; where all processors have them */
#define XSTATE_YMM_END 832u

#define INT3 0xcc
#define LAHF_FLAGS 0xd5u

static void put(struct point_code *code, const void *bytes, size_t length)
{
	bug_unless(code->used + length <= sizeof(code->bytes),
		   "too much code for the point at %#llx",
		   (unsigned long long)code->rip);
	memcpy(code->bytes + code->used, bytes, length);
	code->used += length;
}

#define PUT(code, ...) \
	put(code, (const uint8_t[]){ __VA_ARGS__ }, \
	    sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* What ends an instruction: a distance to an offset in the block. */
static void put_distance(struct point_code *code, size_t target)
{
	int32_t distance = (int32_t)(target - (code->used + 4));

	put(code, &distance, sizeof(distance));
}

static void put_value(struct point_code *code, uint64_t value)
{
	put(code, &value, sizeof(value));
}

static void put_load_rcx(struct point_code *code, size_t saved)
{
	PUT(code, 0x48, 0x8b, 0x0d);
	put_distance(code, saved);
}

/* Adds -value to rcx, with rdx as it was. */
static void put_subtract(struct point_code *code, uint64_t value)
{
	PUT(code, 0x48, 0x89, 0x15); /* mov [saved], rdx */
	put_distance(code, SAVED_RDX);
	PUT(code, 0x48, 0xba); /* movabs rdx */
	put_value(code, 0 - value);
	PUT(code, 0x48, 0x8d, 0x0c, 0x11); /* lea rcx, [rcx + rdx] */
	PUT(code, 0x48, 0x8b, 0x15);	   /* mov rdx, [saved] */
	put_distance(code, SAVED_RDX);
}

static void put_register(struct point_code *code, unsigned number,
			 uint64_t value)
{
	if (number == 1) { /* rcx itself */
		put_load_rcx(code, SAVED_RCX);
		put_subtract(code, value);
		return;
	}
	PUT(code, 0x48, 0xb9); /* movabs rcx */
	put_value(code, 0 - value);
	if (number == 4) /* lea rcx, [rsp + rcx]: rsp is no index */
		PUT(code, 0x48, 0x8d, 0x0c, 0x0c);
	else
		PUT(code, number < 8 ? 0x48 : 0x4a, 0x8d, 0x0c,
		    (uint8_t)(0x01 | (number & 7) << 3));
}

static void put_word(struct point_code *code, remote_addr addr, uint64_t value)
{
	PUT(code, 0x48, 0xb9); /* movabs rcx */
	put_value(code, addr);
	PUT(code, 0x48, 0x8b, 0x09); /* mov rcx, [rcx] */
	put_subtract(code, value);
}

/* As lahf and seto put them into ax: OF SF ZF AF PF CF. */
static void put_flags(struct point_code *code, uint64_t value)
{
	uint64_t ax = ((value & LAHF_FLAGS) | 2) << 8 | (value >> 11 & 1);

	PUT(code, 0x48, 0x89, 0x05); /* mov [saved], rax */
	put_distance(code, SAVED_RAX);
	PUT(code, 0x9f, 0x0f, 0x90, 0xc0, /* lahf; seto al */
	    0x0f, 0xb7, 0xc8);		  /* movzx ecx, ax */
	PUT(code, 0x48, 0x8b, 0x05);	  /* mov rax, [saved] */
	put_distance(code, SAVED_RAX);
	put_subtract(code, ax);
}

static int has_avx(void)
{
	return __builtin_cpu_supports("avx");
}

int point_code_can_test_xstate(uint64_t offset)
{
	return !(offset % 8) && offset >= XSTATE_X87 &&
	       (offset < XSTATE_XMM_END || (offset >= XSTATE_YMM &&
					    offset < XSTATE_YMM_END &&
					    has_avx()));
}

/* movups [vector], register number; 256 bits with is_wide. */
static void put_vector(struct point_code *code, unsigned number, int is_wide)
{
	uint8_t modrm = (uint8_t)(0x05 | (number & 7) << 3);

	if (has_avx())
		PUT(code, 0xc5, (uint8_t)((number < 8 ? 0xf8 : 0x78) |
					  (is_wide ? 4 : 0)), 0x11, modrm);
	else if (number < 8)
		PUT(code, 0x0f, 0x11, modrm);
	else
		PUT(code, 0x44, 0x0f, 0x11, modrm);
	put_distance(code, SAVED_VECTOR);
}

static void put_xstate(struct point_code *code, uint64_t offset,
		       uint64_t value)
{
	if (offset < XSTATE_XMM) {
		PUT(code, 0x48, 0x0f, 0xae, 0x05); /* fxsave64 */
		put_distance(code, SAVED_LEGACY);
		put_load_rcx(code, SAVED_LEGACY + offset);
	} else {
		int is_upper = offset >= XSTATE_YMM;
		uint64_t at = offset - (is_upper ? XSTATE_YMM : XSTATE_XMM);

		put_vector(code, (unsigned)(at / 16), is_upper);
		put_load_rcx(code, SAVED_VECTOR + (is_upper ? 16 : 0) +
			     at % 16);
	}
	put_subtract(code, value);
}

static void put_test(struct point_code *code, const struct point_test *test)
{
	switch (test->kind) {
	case POINT_REGISTER:
		put_register(code, (unsigned)test->where, test->value);
		break;
	case POINT_WORD:
		put_word(code, test->where, test->value);
		break;
	case POINT_FLAGS:
		put_flags(code, test->value);
		break;
	case POINT_XSTATE:
		put_xstate(code, test->where, test->value);
		break;
	case POINT_COUNT:
		put_load_rcx(code, POINT_COUNTER);
		PUT(code, 0x48, 0x8d, 0x49, 0xff, /* lea rcx, [rcx - 1] */
		    0x48, 0x89, 0x0d);		  /* mov [counter], rcx */
		put_distance(code, POINT_COUNTER);
		break;
	}
}

/*
 * What the program would have done at the point, and back to it.  It is always
 * at the same offset, behind the first test.
 */
static int put_program(struct point_code *code)
{
	remote_addr here = code->block + code->used;

	code->program_at = here;
	if (!code->program_length && code->length)
		code->program_length =
			code_patch_relocate(code->memory, code->rip,
					    code->length, here, code->program);
	else if (!code->program_length)
		code->program_length =
			code_patch_relocate_loop(code->memory, code->rip,
						 code->block, here,
						 code->program);
	put(code, code->program, code->program_length);
	return code->program_length ? 0 : -ERANGE;
}

/*
 * Behind a test: on to the next one, or back to the program.  The way back
 * stands behind the first.
 */
static int put_branch(struct point_code *code)
{
	size_t jump;
	int err;

	PUT(code, 0xe3, 5); /* jrcxz over the jump */
	if (code->miss) {
		PUT(code, 0xe9);
		put_distance(code, code->miss - code->block);
		return 0;
	}
	_Static_assert(CODE_PATCH_ROOM + 7 < 128, "in a short jump's reach");
	jump = code->used;
	code->miss = code->block + jump;
	put_load_rcx(code, SAVED_RCX);
	err = put_program(code);
	code->bytes[jump - 1] = (uint8_t)(code->used - jump);
	return err;
}

int point_code_make(struct point_code *code)
{
	int err = 0;

	_Static_assert(POINT_TESTS_MAX * TEST_ROOM + CODE_PATCH_ROOM + 64 <
		       POINT_CODE_LENGTH, "all tests have room");
	code->used = 0;
	code->miss = 0;
	PUT(code, 0x48, 0x89, 0x0d); /* mov [saved], rcx */
	put_distance(code, SAVED_RCX);
	for (size_t i = 0; i < code->test_count && !err; i++) {
		put_test(code, &code->tests[i]);
		err = put_branch(code);
	}
	bug_unless(err || code->miss, "no test for the point at %#llx",
		   (unsigned long long)code->rip);
	put_load_rcx(code, SAVED_RCX);
	PUT(code, INT3);
	code->trap = code->block + code->used;
	return err;
}

remote_addr point_code_origin(const struct point_code *code, remote_addr at)
{
	return code->length ?
		code_patch_origin(code->memory, code->rip, code->length,
				  code->program_at, at) :
		code_patch_loop_origin(code->memory, code->rip,
				       code->program_at, at);
}
