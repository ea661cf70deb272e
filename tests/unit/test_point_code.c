/* SPDX-License-Identifier: MIT */
/*
 * The code that compares, run for real: this process jumps to it with registers
 * of all kinds, set by a handler of SIGTRAP, which also sees what became of
 * them.
 */
#include "replay/point_code.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <unistd.h>

#define FLAGS_SEEN 0xcd5ul /* OF DF SF ZF AF PF CF */
#define PROGRAM_OFFSET 0x200000ul
#define AREA_LENGTH (PROGRAM_OFFSET + 4096)
#define DATA_WORDS 8

struct state {
	greg_t registers[16]; /* by their numbers in instructions */
	uint64_t flags;
	uint8_t vectors[256];
};

static const int by_number[16] = {
	REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
	REG_R8,	 REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static uint8_t *area; /* the code, and far behind it the program */
static uint64_t words[DATA_WORDS];
static struct state given, seen;
static ucontext_t before;
static struct _libc_fpstate before_vectors;
static int stops, was_met;
static struct point_code code;

static size_t read_own(struct memory *memory, remote_addr addr, void *bytes,
		       size_t length)
{
	remote_addr start = (remote_addr)(uintptr_t)area;

	(void)memory;
	if (addr < start || addr >= start + AREA_LENGTH)
		return 0;
	if (length > start + AREA_LENGTH - addr)
		length = start + AREA_LENGTH - addr;
	memcpy(bytes, (const void *)(uintptr_t)addr, length);
	return length;
}

static struct memory own_memory = { read_own };

static void put_state(ucontext_t *context, const struct state *state)
{
	greg_t *registers = context->uc_mcontext.gregs;

	for (int i = 0; i < 16; i++)
		registers[by_number[i]] = state->registers[i];
	registers[REG_EFL] = (greg_t)((uint64_t)registers[REG_EFL] &
				      ~FLAGS_SEEN) | (greg_t)state->flags;
	memcpy(context->uc_mcontext.fpregs->_xmm, state->vectors, 256);
}

static void get_state(const ucontext_t *context, struct state *state)
{
	const greg_t *registers = context->uc_mcontext.gregs;

	for (int i = 0; i < 16; i++)
		state->registers[i] = registers[by_number[i]];
	state->flags = (uint64_t)registers[REG_EFL] & FLAGS_SEEN;
	memcpy(state->vectors, context->uc_mcontext.fpregs->_xmm, 256);
}

/* int3 before the program, then int3 of the code, or the one behind it. */
static void on_trap(int signal, siginfo_t *info, void *argument)
{
	ucontext_t *context = argument;
	greg_t *registers = context->uc_mcontext.gregs;

	(void)signal;
	(void)info;
	if (stops++ == 0) {
		memcpy(&before.uc_mcontext.gregs, registers,
		       sizeof(before.uc_mcontext.gregs));
		before_vectors = *context->uc_mcontext.fpregs;
		put_state(context, &given);
		return;
	}
	get_state(context, &seen);
	was_met = (remote_addr)registers[REG_RIP] == code.trap;
	memcpy(registers, &before.uc_mcontext.gregs,
	       sizeof(before.uc_mcontext.gregs));
	*context->uc_mcontext.fpregs = before_vectors;
	/* behind the int3 is the way out */
	registers[REG_RIP] = (greg_t)(uintptr_t)(area + PROGRAM_OFFSET + 64);
}

static void catch_traps(void)
{
	struct sigaction action = {
		.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	static uint8_t room[65536];
	stack_t stack = { .ss_sp = room, .ss_size = sizeof(room) };

	cr_assert_eq(sigaltstack(&stack, NULL), 0);
	cr_assert_eq(sigaction(SIGTRAP, &action, NULL), 0);
}

/* The program: int3; then what is replaced; then int3; at 64, ret. */
static void set_up(void)
{
	static const uint8_t nop[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	uint8_t *program;

	area = mmap(NULL, AREA_LENGTH,
		    PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(area, MAP_FAILED);
	program = area + PROGRAM_OFFSET;
	program[0] = 0xcc;
	memcpy(program + 1, nop, sizeof(nop));
	program[6] = 0xcc;
	program[64] = 0xc3;
	code = (struct point_code){
		.memory = &own_memory,
		.rip = (remote_addr)(uintptr_t)(program + 1),
		.block = (remote_addr)(uintptr_t)area,
	};
	code.length = code_patch_length(&own_memory, code.rip);
	cr_assert_eq(code.length, 5);
	catch_traps();
}

static void place_code(void)
{
	uint8_t *jump = area + PROGRAM_OFFSET + 1;
	int32_t far = (int32_t)(area - (jump + 5));

	code.program_length = 0;
	jump[0] = 0x0f; /* the nop again, to be looked at */
	memcpy(jump + 1, "\x1f\x44\x00\x00", 4);
	cr_assert_eq(point_code_make(&code), 0);
	memcpy(area, code.bytes, code.used);
	jump[0] = 0xe9;
	memcpy(jump + 1, &far, sizeof(far));
}

/* 1 when the code trapped.  All must be as it was, either way. */
static int is_met_by(const struct state *state)
{
	void (*program)(void) = (void (*)(void))(area + PROGRAM_OFFSET);

	given = *state;
	stops = 0;
	program();
	cr_assert_eq(stops, 2);
	for (int i = 0; i < 16; i++)
		cr_assert_eq(seen.registers[i], given.registers[i],
			     "register %d: %llx, was %llx", i,
			     seen.registers[i], given.registers[i]);
	cr_assert_eq(seen.flags, given.flags, "flags %lx, were %lx",
		     seen.flags, given.flags);
	cr_assert_arr_eq(seen.vectors, given.vectors, 256);
	return was_met;
}

static void make_state(struct state *state)
{
	for (int i = 0; i < 16; i++)
		state->registers[i] = (greg_t)((uint64_t)random() << 33 ^
					       (uint64_t)random() << 11 ^
					       (uint64_t)random());
	for (int i = 0; i < 256; i++)
		state->vectors[i] = (uint8_t)random();
	state->flags = (uint64_t)random() & FLAGS_SEEN & ~0x400ul;
}

static uint64_t word_of(const struct state *state, unsigned offset)
{
	uint64_t word;

	memcpy(&word, state->vectors + offset, sizeof(word));
	return word;
}

Test(point_code, compares_each_register, .init = set_up)
{
	struct state state, other;

	for (unsigned i = 0; i < 16; i++) {
		make_state(&state);
		code.tests[0] = (struct point_test){
			POINT_REGISTER, i, (uint64_t)state.registers[i],
		};
		code.test_count = 1;
		place_code();
		cr_assert(is_met_by(&state), "register %u", i);
		other = state;
		other.registers[i] ^= (greg_t)(1ul << (random() % 64));
		cr_assert_not(is_met_by(&other), "register %u", i);
	}
}

Test(point_code, compares_all_registers_at_once, .init = set_up)
{
	struct state state, other;

	make_state(&state);
	for (unsigned i = 0; i < 16; i++)
		code.tests[i] = (struct point_test){
			POINT_REGISTER, i, (uint64_t)state.registers[i],
		};
	code.test_count = 16;
	place_code();
	cr_assert(is_met_by(&state));
	for (unsigned i = 0; i < 16; i++) {
		other = state;
		other.registers[i] ^= 1;
		cr_assert_not(is_met_by(&other), "register %u", i);
	}
}

Test(point_code, counts_passes, .init = set_up)
{
	uint64_t left = 5;
	struct state state;

	code.tests[0] = (struct point_test){ .kind = POINT_COUNT };
	code.test_count = 1;
	place_code();
	memcpy(area + POINT_COUNTER, &left, sizeof(left));
	for (unsigned i = 1; i <= 5; i++) {
		make_state(&state);
		cr_assert_eq(is_met_by(&state), i == 5, "pass %u", i);
		memcpy(&left, area + POINT_COUNTER, sizeof(left));
		cr_assert_eq(left, 5 - i);
	}
}

Test(point_code, compares_flags, .init = set_up)
{
	struct state state, other;

	for (unsigned bit = 0; bit < 12; bit++) {
		make_state(&state);
		code.tests[0] = (struct point_test){ POINT_FLAGS, 0,
						     state.flags };
		code.test_count = 1;
		place_code();
		cr_assert(is_met_by(&state));
		other = state;
		other.flags ^= 1ul << bit;
		if ((1ul << bit) & FLAGS_SEEN & ~0x400ul)
			cr_assert_not(is_met_by(&other), "flag %u", bit);
	}
}

Test(point_code, compares_words_of_memory, .init = set_up)
{
	struct state state;

	make_state(&state);
	for (unsigned i = 0; i < DATA_WORDS; i++) {
		words[i] = (uint64_t)random() << 32 | (uint64_t)random();
		code.tests[i] = (struct point_test){
			POINT_WORD, (uint64_t)(uintptr_t)&words[i], words[i],
		};
	}
	code.test_count = DATA_WORDS;
	place_code();
	cr_assert(is_met_by(&state));
	for (unsigned i = 0; i < DATA_WORDS; i++) {
		words[i] ^= 1ul << (random() % 64);
		cr_assert_not(is_met_by(&state), "word %u", i);
		words[i] = code.tests[i].value;
	}
	cr_assert(is_met_by(&state));
}

Test(point_code, compares_both_halves_of_vectors, .init = set_up)
{
	struct state state, other;

	for (unsigned offset = 0; offset < 256; offset += 8) {
		make_state(&state);
		cr_assert(point_code_can_test_xstate(160 + offset));
		code.tests[0] = (struct point_test){
			POINT_XSTATE, 160 + offset, word_of(&state, offset),
		};
		code.test_count = 1;
		place_code();
		cr_assert(is_met_by(&state), "offset %u", offset);
		other = state;
		other.vectors[offset + (unsigned)random() % 8] ^= 0x10;
		cr_assert_not(is_met_by(&other), "offset %u", offset);
	}
}

Test(point_code, has_no_test_for_what_it_cannot_see)
{
	cr_assert_not(point_code_can_test_xstate(0));
	cr_assert_not(point_code_can_test_xstate(24));	/* MXCSR */
	cr_assert_not(point_code_can_test_xstate(161)); /* no word */
	cr_assert_not(point_code_can_test_xstate(416));
	cr_assert_not(point_code_can_test_xstate(832));
}

Test(point_code, has_room_for_as_many_tests_as_can_be, .init = set_up)
{
	struct state state;

	make_state(&state);
	code.test_count = POINT_TESTS_MAX;
	for (unsigned i = 0; i < POINT_TESTS_MAX; i++)
		code.tests[i] = (struct point_test){
			POINT_XSTATE, 160 + i % 32 * 8,
			word_of(&state, i % 32 * 8),
		};
	place_code();
	cr_assert(is_met_by(&state));
	state.vectors[255] ^= 1;
	cr_assert_not(is_met_by(&state));
}
