/* SPDX-License-Identifier: MIT */
/*
 * Signals strike code that is made up by chance, a new one for each variant:
 * short instructions and long ones, with jumps into the middle of any five
 * bytes, loops in loops, calls, flags and vector registers in use.
 *
 * variants: 1 2 3 4 5 6 7 8
 */
#include "strike.h"

#define ROOM 65536
#define RDI 7
#define INSTRUCTIONS 160

static uint64_t seed;
static uint8_t *code, *at;
static uint8_t *leaf; /* a function that the code calls */
static uint64_t scratch_area[64];

static unsigned pick(unsigned count)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % count;
}

static void emit(const void *bytes, size_t length)
{
	memcpy(at, bytes, length);
	at += length;
}

#define EMIT(...)                              \
	emit((const uint8_t[]){ __VA_ARGS__ }, \
	     sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void emit_long(uint32_t value)
{
	emit(&value, 4);
}

/* Not rsp; rcx counts; rdi points to memory, r15 to strikes_over. */
static unsigned some_register(void)
{
	static const uint8_t free_ones[] = { 0, 2,  3,	5,  6,	8,
					     9, 10, 11, 12, 13, 14 };

	return free_ones[pick(sizeof(free_ones))];
}

static uint8_t rex(unsigned reg, unsigned rm)
{
	return (uint8_t)(0x48 | (reg >> 3) << 2 | rm >> 3);
}

static uint8_t direct(unsigned reg, unsigned rm)
{
	return (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
}

static void two_registers(void)
{
	static const uint8_t codes[] = { 0x01, 0x29, 0x31, 0x11, 0x19, 0x21,
					 0x09, 0x85, 0x39, 0x87, 0x89 };
	unsigned a = some_register(), b = some_register();

	EMIT(rex(a, b), codes[pick(sizeof(codes))], direct(a, b));
}

static void with_number(void)
{
	unsigned reg = some_register();

	switch (pick(4)) {
	case 0:
		EMIT(rex(0, reg), 0x83, direct(pick(8), reg), (uint8_t)seed);
		break;
	case 1:
		EMIT(rex(0, reg), 0x81, direct(pick(8), reg));
		emit_long((uint32_t)seed);
		break;
	case 2:
		EMIT(rex(0, reg), 0xc1, direct(pick(2), reg),
		     (uint8_t)(1 + pick(60)));
		break;
	default:
		EMIT(rex(0, reg), (uint8_t)(0xb8 | (reg & 7)));
		emit(&seed, 8);
	}
}

static void one_register(void)
{
	unsigned reg = some_register();

	switch (pick(5)) {
	case 0:
		EMIT(rex(0, reg), 0xff, direct(pick(2), reg));
		break;
	case 1:
		EMIT(rex(0, reg), 0xf7, direct(2 + pick(2), reg));
		break;
	case 2:
		EMIT(rex(0, reg), 0x0f, (uint8_t)(0xc8 | (reg & 7)));
		break;
	case 3:
		EMIT(rex(0, reg), 0x0f, (uint8_t)(0x90 | pick(10)),
		     direct(0, reg));
		break;
	default:
		EMIT((uint8_t)(0x40 | reg >> 3), (uint8_t)(0x50 | (reg & 7)));
		reg = some_register();
		EMIT((uint8_t)(0x40 | reg >> 3), (uint8_t)(0x58 | (reg & 7)));
	}
}

static void with_memory(void)
{
	static const uint8_t codes[] = { 0x01, 0x03, 0x8b, 0x89,
					 0x31, 0x33, 0x2b, 0x3b };
	unsigned reg = some_register(), word = pick(60);
	uint8_t opcode = codes[pick(sizeof(codes))];

	if (pick(2) && word < 16) {
		EMIT(rex(reg, RDI), opcode,
		     (uint8_t)(0x40 | (reg & 7) << 3 | RDI),
		     (uint8_t)(word * 8));
	} else {
		EMIT(rex(reg, RDI), opcode,
		     (uint8_t)(0x80 | (reg & 7) << 3 | RDI));
		emit_long(word * 8);
	}
}

/* lea, mov: memory that is named by where the instruction is. */
static void relative(void)
{
	unsigned reg = some_register();

	EMIT(rex(reg, 0), pick(2) ? 0x8d : 0x8b, (uint8_t)((reg & 7) << 3 | 5));
	emit_long((uint32_t)(code - (at + 4)));
}

static void vector(void)
{
	unsigned reg = some_register(), xmm = pick(8);

	switch (pick(3)) {
	case 0:
		EMIT(0x66, rex(0, reg), 0x0f, 0x6e, direct(xmm, reg));
		break;
	case 1:
		EMIT(0x66, rex(0, reg), 0x0f, 0x7e, direct(xmm, reg));
		break;
	default:
		EMIT(0x66, 0x0f, 0xd4, direct(xmm, pick(8)));
	}
}

static void other(void)
{
	switch (pick(7)) {
	case 0:
		EMIT(0x90);
		break;
	case 1:
		EMIT(0x0f, 0x1f, 0x44, 0x00, 0x00);
		break;
	case 2:
		EMIT(0xf5);
		break;
	case 3:
		EMIT(0x9f);
		break;
	case 4:
		EMIT(0xe8);
		emit_long((uint32_t)(leaf - (at + 4)));
		break;
	case 5: /* lea r11, [rip + 3]; jmp r11 */
		EMIT(0x4c, 0x8d, 0x1d, 3, 0, 0, 0, 0x41, 0xff, 0xe3);
		break;
	default: /* push rdi; mov ecx; rep stosb; pop rdi */
		EMIT(0x57, 0xb9);
		emit_long(1 + pick(400));
		EMIT(0xf3, 0xaa, 0x5f);
	}
}

static void simple(void)
{
	static void (*const kinds[])(void) = {
		two_registers, with_number,   one_register,
		with_memory,   relative,      vector,
		other,	       two_registers, one_register,
	};

	kinds[pick(sizeof(kinds) / sizeof(*kinds))]();
}

/* A jump over some instructions, short or near, by a condition or none. */
static void jump(void)
{
	int is_near = pick(2) != 0, is_conditional = pick(4) != 0;
	unsigned condition = pick(16);
	uint8_t *end;

	if (is_near && is_conditional)
		EMIT(0x0f, (uint8_t)(0x80 | condition), 0, 0, 0, 0);
	else if (is_near)
		EMIT(0xe9, 0, 0, 0, 0);
	else
		EMIT(is_conditional ? (uint8_t)(0x70 | condition) : 0xeb, 0);
	end = at;
	for (unsigned i = pick(5); i > 0; i--)
		simple();
	if (is_near) {
		uint32_t distance = (uint32_t)(at - end);

		memcpy(end - 4, &distance, 4);
	} else {
		end[-1] = (uint8_t)(at - end);
	}
}

/* The instructions inside leave rcx alone. */
static void loop(void)
{
	static void (*const kinds[])(void) = {
		two_registers, with_number, one_register, with_memory, vector,
	};
	uint8_t *start;

	EMIT(0xb9);
	emit_long(2 + pick(300));
	start = at;
	for (unsigned i = 1 + pick(4); i > 0; i--)
		kinds[pick(5)]();
	switch (pick(3)) {
	case 0: /* loop */
		EMIT(0xe2, (uint8_t)(start - (at + 2)));
		break;
	case 1: /* dec ecx; jnz */
		EMIT(0xff, 0xc9, 0x75, (uint8_t)(start - (at + 4)));
		break;
	default: /* sub rcx, 1; jne near */
		EMIT(0x48, 0x83, 0xe9, 0x01, 0x0f, 0x85);
		emit_long((uint32_t)(start - (at + 4)));
	}
}

/* uint64_t f(uint64_t *memory (rdi), volatile int *is_over (rsi)) */
static void write_code(void)
{
	uint8_t *start;

	at = code;
	EMIT(0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0);
	leaf = at;
	EMIT(0x48, 0xff, 0xc0, 0xc3); /* inc rax; ret */
	at = code + 64;
	/* what the caller wants back; r15 = rsi */
	EMIT(0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57, 0x49,
	     0x89, 0xf7);
	start = at;
	for (int i = 0; i < INSTRUCTIONS; i++) {
		unsigned kind = pick(10);

		if (kind < 2)
			jump();
		else if (kind < 3)
			loop();
		else
			simple();
	}
	/* inc qword [rdi + 504]; cmp dword [r15], 0; je start; cld */
	EMIT(0x48, 0xff, 0x87);
	emit_long(504);
	EMIT(0x41, 0x83, 0x3f, 0x00, 0x0f, 0x84);
	emit_long((uint32_t)(start - (at + 4)));
	EMIT(0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3);
	check(at < code + ROOM);
}

int main(int argc, char **argv)
{
	uint64_t (*function)(uint64_t * memory, volatile int *is_over), value;

	seed = 0x9e3779b97f4a7c15u *
	       (argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
	code = (uint8_t *)map_private(ROOM);
	write_code();
	sys(mprotect(code, ROOM, PROT_READ | PROT_EXEC));
	function = (void *)(code + 64);
	strikes_begin();
	value = function(scratch_area, &strikes_over);
	strikes_end();
	say("%llx, memory %016llx after %llu passes\n",
	    (unsigned long long)value,
	    (unsigned long long)hash(scratch_area, sizeof(scratch_area)),
	    (unsigned long long)scratch_area[63]);
	return success();
}
