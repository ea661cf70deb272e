/* SPDX-License-Identifier: MIT */
/*
 * Decodes and executes the instructions whose result the program's state does
 * not determine.  Their encodings are few and fixed (Intel SDM volume 2), so
 * they are decoded by hand: the disassembler does not know all of them.
 *
 * CPUID hides what a recording cannot hold (transactions, timed waits) from
 * every program, and for a --cpu level everything that level does not promise.
 */
#include "src/instruction.h"

#include <cpuid.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/random.h>

#include "src/cpuid_hidden.h"
#include "traces/report.h"

#define INSTRUCTION_MAX 15

enum repeat_prefix { REPEAT_NONE, REPEAT_F2, REPEAT_F3 };

struct prefixes {
	size_t length;
	enum repeat_prefix repeat;
	int has_operand_size; /* 66 */
	uint8_t rex;	      /* 0: none */
};

static struct prefixes decode_prefixes(const uint8_t *bytes, size_t length)
{
	struct prefixes prefixes = { .length = 0 };

	for (; prefixes.length < length; prefixes.length++) {
		uint8_t byte = bytes[prefixes.length];

		if ((byte & 0xf0) == 0x40) {
			prefixes.rex = byte;
			continue;
		}
		switch (byte) {
		case 0xf2:
			prefixes.repeat = REPEAT_F2;
			break;
		case 0xf3:
			prefixes.repeat = REPEAT_F3;
			break;
		case 0x66:
			prefixes.has_operand_size = 1;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x64:
		case 0x65:
		case 0x67:
			break;
		default:
			return prefixes;
		}
		prefixes.rex = 0; /* counts only right before the opcode */
	}
	return prefixes;
}

/* Number of a register in an instruction to its place in the registers. */
static uint8_t register_of_number(unsigned number)
{
	static const uint8_t names[16] = {
		R_RAX, R_RCX, R_RDX, R_RBX, R_RSP, R_RBP, R_RSI, R_RDI,
		R_R8,  R_R9,  R_R10, R_R11, R_R12, R_R13, R_R14, R_R15,
	};

	return names[number];
}

/* 0F C7 with a register operand: /6 RDRAND, /7 RDSEED, F3 /7 RDPID. */
static void decode_group9(struct instruction *instruction,
			  const struct prefixes *prefixes, uint8_t modrm)
{
	unsigned operation = modrm >> 3 & 7;

	if (modrm >> 6 != 3 || operation < 6)
		return;
	if (prefixes->repeat == REPEAT_F3) {
		if (operation == 7)
			instruction->kind = INSTRUCTION_RDPID;
	} else if (prefixes->repeat == REPEAT_NONE) {
		instruction->kind = operation == 6 ? INSTRUCTION_RDRAND
						   : INSTRUCTION_RDSEED;
		instruction->operand_bytes = 4;
		if (prefixes->has_operand_size)
			instruction->operand_bytes = 2;
		if (prefixes->rex & 8)
			instruction->operand_bytes = 8;
	}
	instruction->destination =
		register_of_number((modrm & 7) | (prefixes->rex & 1) << 3);
}

/* 0F 01 D0 XGETBV (no 66, F2, F3 prefix), 0F 01 F9 RDTSCP. */
static enum instruction_kind decode_group7(const struct prefixes *prefixes,
					   uint8_t modrm)
{
	if (modrm == 0xf9)
		return INSTRUCTION_RDTSCP;
	if (modrm == 0xd0 && prefixes->repeat == REPEAT_NONE &&
	    !prefixes->has_operand_size)
		return INSTRUCTION_XGETBV;
	return INSTRUCTION_NONE;
}

/*
 * 0F AE /0 with memory on the stack, where dynamic linkers save registers:
 * other uses look at what they get, or don't.
 */
static void decode_fxsave(struct instruction *instruction,
			  const struct prefixes *prefixes,
			  const uint8_t *operand, size_t left)
{
	int is_byte = operand[0] == 0x44; /* /0, SIB, disp8; or disp32 */
	size_t displacement = is_byte ? 1 : 4;

	if (prefixes->length > (prefixes->rex == 0x48) ||
	    (!is_byte && operand[0] != 0x84) || left < 2 + displacement ||
	    operand[1] != 0x24) /* rsp alone */
		return;
	instruction->displacement = (int8_t)operand[2];
	if (!is_byte)
		memcpy(&instruction->displacement, operand + 2, 4);
	instruction->length =
		(uint8_t)(prefixes->length + 4 + displacement);
	instruction->kind = INSTRUCTION_FXSAVE;
}

struct instruction instruction_decode(const uint8_t *bytes, size_t length)
{
	struct instruction none = { .kind = INSTRUCTION_NONE };
	struct instruction instruction = none;
	struct prefixes prefixes;
	const uint8_t *opcode;
	size_t left;

	if (length > INSTRUCTION_MAX)
		length = INSTRUCTION_MAX;
	prefixes = decode_prefixes(bytes, length);
	opcode = bytes + prefixes.length;
	left = length - prefixes.length;
	if (left < 2 || opcode[0] != 0x0f)
		return none;
	instruction.length = (uint8_t)(prefixes.length + 2);
	if (opcode[1] == 0x31)
		instruction.kind = INSTRUCTION_RDTSC;
	else if (opcode[1] == 0xa2)
		instruction.kind = INSTRUCTION_CPUID;
	if (instruction.kind)
		return instruction;
	if (left < 3)
		return none;
	instruction.length++;
	if (opcode[1] == 0x01)
		instruction.kind = decode_group7(&prefixes, opcode[2]);
	else if (opcode[1] == 0xc7)
		decode_group9(&instruction, &prefixes, opcode[2]);
	else if (opcode[1] == 0xae)
		decode_fxsave(&instruction, &prefixes, opcode + 2, left - 2);
	return instruction.kind ? instruction : none;
}

/* ---- traps ---- */

#define BREAKPOINT 0xcc /* int3 */
#define PADDING 0x90	/* nop: never reached, rip is set past it */

/*
 * The second byte of a trap: no opcode in 64-bit mode.  Behind it come the
 * prefixes and, as far as they are operands, the last bytes.
 */
static const struct trap_mark {
	uint8_t mark, opcode, prefixes, operands; /* bytes */
} trap_marks[] = {
	{ 0x06, 0xa2, 0, 0 }, { 0x07, 0xa2, 1, 0 }, { 0x0e, 0x01, 0, 1 },
	{ 0x16, 0x01, 1, 1 }, { 0x17, 0xc7, 0, 1 }, { 0x1e, 0xc7, 1, 1 },
	{ 0x1f, 0xc7, 2, 1 }, { 0x27, 0xc7, 3, 1 },
	{ 0x2f, 0xae, 0, 3 }, { 0x37, 0xae, 0, 6 }, { 0x3f, 0xae, 1, 3 },
	{ 0x60, 0xae, 1, 6 },
};

#define TRAP_MARKS (sizeof(trap_marks) / sizeof(*trap_marks))

void instruction_make_trap(const uint8_t *bytes, size_t length,
			   uint8_t *trap_out)
{
	size_t prefixes = decode_prefixes(bytes, length).length;

	memset(trap_out, PADDING, length);
	trap_out[0] = BREAKPOINT;
	for (size_t i = 0; i < TRAP_MARKS; i++) {
		const struct trap_mark *mark = &trap_marks[i];

		if (mark->prefixes != prefixes ||
		    length != prefixes + 2u + mark->operands ||
		    mark->opcode != bytes[prefixes + 1])
			continue;
		trap_out[1] = mark->mark;
		memcpy(trap_out + 2, bytes, prefixes);
		memcpy(trap_out + length - mark->operands,
		       bytes + length - mark->operands, mark->operands);
	}
}

struct instruction instruction_of_trap(const uint8_t *trap, size_t length,
				       uint8_t bytes_out[16])
{
	struct instruction none = { .kind = INSTRUCTION_NONE };

	for (size_t i = 0; length >= 2 && i < TRAP_MARKS; i++) {
		const struct trap_mark *mark = &trap_marks[i];
		size_t whole = mark->prefixes + 2u + mark->operands;

		if (trap[0] != BREAKPOINT || trap[1] != mark->mark ||
		    length < whole)
			continue;
		memset(bytes_out, 0, 16);
		memcpy(bytes_out, trap + 2, mark->prefixes);
		bytes_out[mark->prefixes] = 0x0f;
		bytes_out[mark->prefixes + 1] = mark->opcode;
		memcpy(bytes_out + whole - mark->operands,
		       trap + whole - mark->operands, mark->operands);
		return instruction_decode(bytes_out, whole);
	}
	return none;
}

/* ---- execution ---- */

#define BIT(number) (1u << (number))

static struct cpuid_leaf host_leaf(uint32_t number, uint32_t subleaf)
{
	struct cpuid_leaf leaf;

	__cpuid_count(number, subleaf, leaf.eax, leaf.ebx, leaf.ecx, leaf.edx);
	return leaf;
}

/*
 * In a virtual machine each CPUID is an exit to the host, dearer than a stop,
 * and every dynamic linker asks some sixty.  The answers of one core are always
 * the same; only those of the hypervisor's own leaves are not ours to know.
 */
static struct cpuid_leaf known_leaf(uint32_t number, uint32_t subleaf)
{
	static struct known {
		uint32_t number, subleaf;
		unsigned cpu;
		struct cpuid_leaf leaf;
	} table[128];
	static size_t count;
	unsigned before = 0, after = 0, node;
	struct cpuid_leaf leaf;

	subleaf = cpuid_subleaf(number, subleaf);
	getcpu(&before, &node);
	for (size_t i = 0; i < count; i++)
		if (table[i].number == number && table[i].subleaf == subleaf &&
		    table[i].cpu == before)
			return table[i].leaf;
	leaf = host_leaf(number, subleaf);
	getcpu(&after, &node);
	if (before == after && cpuid_is_constant(number) &&
	    count < sizeof(table) / sizeof(*table))
		table[count++] = (struct known){ number, subleaf, before,
						 leaf };
	return leaf;
}

/* Features a level of the x86-64 psABI promises, in leaves 1, 7, 80000001. */
struct level {
	uint32_t leaf1_ecx, leaf7_ebx, extended_ecx;
};

static const struct level level_v2 = {
	/* SSE3, SSSE3, CX16, SSE4.1, SSE4.2, POPCNT; hypervisor present */
	BIT(0) | BIT(9) | BIT(13) | BIT(19) | BIT(20) | BIT(23) | BIT(31), 0,
	BIT(0), /* LAHF */
};

static const struct level level_v3 = {
	/* and FMA, MOVBE, XSAVE, OSXSAVE, AVX, F16C */
	BIT(0) | BIT(9) | BIT(13) | BIT(19) | BIT(20) | BIT(23) | BIT(31) |
		BIT(12) | BIT(22) | BIT(26) | BIT(27) | BIT(28) | BIT(29),
	BIT(3) | BIT(5) | BIT(8), /* BMI1, AVX2, BMI2 */
	BIT(0) | BIT(5),	  /* and LZCNT */
};

/*
 * No instructions: how the x87 reports errors, and that REP MOVSB is fast.
 * Leaf 7 ebx 6, 9, 13 and edx 4.
 */
#define BEHAVIOUR_EBX (BIT(6) | BIT(9) | BIT(13))
#define BEHAVIOUR_EDX BIT(4)

/*
 * The levels end at leaf 0xB.  Without leaf 0xD the dynamic linker saves its
 * callers' registers by FXSAVE, whose size is the same on every processor; the
 * size of an XSAVE area is not, and a trace must replay on another one.
 */
#define LEVEL_LAST_LEAF 0xbu

static int level_has_leaf(uint32_t number)
{
	if (number <= LEVEL_LAST_LEAF)
		return 1;
	if (number >= 0x40000000 && number < 0x40010000)
		return 1; /* the hypervisor's name and clock */
	return (number >= 0x80000000 && number <= 0x80000008) ||
	       number == 0x8000001d || number == 0x8000001e;
}

static void limit_to_level(uint32_t number, uint32_t subleaf,
			   const struct level *level, struct cpuid_leaf *leaf)
{
	static const struct cpuid_leaf nothing;

	if (!level_has_leaf(number)) {
		*leaf = nothing;
	} else if (number == 0) {
		if (leaf->eax > LEVEL_LAST_LEAF)
			leaf->eax = LEVEL_LAST_LEAF;
	} else if (number == 1) {
		leaf->ecx &= level->leaf1_ecx;
	} else if (number == 7) {
		if (subleaf)
			*leaf = nothing;
		leaf->eax = 0; /* no further subleaves */
		leaf->ebx &= level->leaf7_ebx | BEHAVIOUR_EBX;
		leaf->ecx = 0;
		leaf->edx &= BEHAVIOUR_EDX;
	} else if (number == 0x80000001) {
		leaf->ecx &= level->extended_ecx;
		/* neither AMD's MMX extensions nor 3DNow! */
		leaf->edx &= ~(BIT(22) | BIT(30) | BIT(31));
	} else if (number == 0x80000008) {
		leaf->ebx = 0;
	}
}

static void execute_cpuid(enum cpu_choice cpu, struct registers *registers)
{
	uint32_t number = (uint32_t)registers->value[R_RAX];
	uint32_t subleaf = (uint32_t)registers->value[R_RCX];
	struct cpuid_leaf leaf = known_leaf(number, subleaf);

	cpuid_hide(number, subleaf, &leaf);
	if (cpu == CPU_X86_64_V2)
		limit_to_level(number, subleaf, &level_v2, &leaf);
	else if (cpu == CPU_X86_64_V3)
		limit_to_level(number, subleaf, &level_v3, &leaf);
	registers->value[R_RAX] = leaf.eax;
	registers->value[R_RBX] = leaf.ebx;
	registers->value[R_RCX] = leaf.ecx;
	registers->value[R_RDX] = leaf.edx;
}

static void execute_rdtsc(struct registers *registers)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	registers->value[R_RAX] = low;
	registers->value[R_RDX] = high;
}

/* IA32_TSC_AUX as Linux sets it: the node above 12 bits of the processor. */
static uint64_t processor_id(void)
{
	unsigned cpu = 0, node = 0;

	getcpu(&cpu, &node);
	return (uint64_t)node << 12 | cpu;
}

static void set_operand(struct registers *registers,
			const struct instruction *instruction, uint64_t value)
{
	uint64_t *operand = &registers->value[instruction->destination];

	if (instruction->operand_bytes == 2)
		*operand = (*operand & ~UINT64_C(0xffff)) | (value & 0xffff);
	else if (instruction->operand_bytes == 4)
		*operand = (uint32_t)value;
	else
		*operand = value;
}

/*
 * The kernel's random numbers are as good, and there on every processor.
 * Success is CF; the other arithmetic flags are cleared.
 */
static void execute_random(const struct instruction *instruction,
			   struct registers *registers)
{
	const uint64_t carry = 1, others = 0x8d4; /* OF SF ZF AF PF */
	uint64_t value;
	ssize_t got;

	do {
		got = getrandom(&value, sizeof(value), 0);
	} while (got < 0 && errno == EINTR);
	bug_unless(got == sizeof(value), "getrandom gave %zd bytes", got);
	set_operand(registers, instruction, value);
	registers->value[R_EFLAGS] &= ~others;
	registers->value[R_EFLAGS] |= carry;
}

/* The state components that a level's programs can know: x87, SSE, AVX. */
static uint64_t level_components(enum cpu_choice cpu)
{
	if (cpu == CPU_HOST)
		return UINT64_MAX;
	return cpu == CPU_X86_64_V3 ? 7 : 3;
}

static int execute_xgetbv(enum cpu_choice cpu, struct registers *registers)
{
	uint32_t index = (uint32_t)registers->value[R_RCX];
	uint64_t components = level_components(cpu);
	uint32_t low, high;

	if (!(known_leaf(1, 0).ecx & bit_OSXSAVE) || index > 1)
		return INSTRUCTION_FAULTS;
	/* Index 1 exists where leaf 0xD says so. */
	if (index == 1 && !(known_leaf(0xd, 1).eax & BIT(2)))
		return INSTRUCTION_FAULTS;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(index));
	registers->value[R_RAX] = low & components;
	registers->value[R_RDX] = high & components >> 32;
	return 0;
}

int instruction_execute(const struct instruction *instruction,
			enum cpu_choice cpu, struct registers *registers)
{
	switch (instruction->kind) {
	case INSTRUCTION_NONE:
		bug_unless(0, "no instruction to execute at %#" PRIx64,
			   registers->value[R_RIP]);
		break;
	case INSTRUCTION_RDTSC:
		execute_rdtsc(registers);
		break;
	case INSTRUCTION_RDTSCP:
		execute_rdtsc(registers);
		registers->value[R_RCX] = processor_id();
		break;
	case INSTRUCTION_CPUID:
		execute_cpuid(cpu, registers);
		break;
	case INSTRUCTION_RDRAND:
	case INSTRUCTION_RDSEED:
		execute_random(instruction, registers);
		break;
	case INSTRUCTION_RDPID:
		registers->value[instruction->destination] = processor_id();
		break;
	case INSTRUCTION_FXSAVE:
		break;
	case INSTRUCTION_XGETBV:
		if (execute_xgetbv(cpu, registers))
			return INSTRUCTION_FAULTS;
		break;
	}
	registers->value[R_RIP] += instruction->length;
	return 0;
}

/* A level's programs know no XSAVE, nor its leaf 0xD (above). */
int instruction_saves_by_fxsave(enum cpu_choice cpu)
{
	return cpu != CPU_HOST || !(known_leaf(1, 0).ecx & bit_OSXSAVE);
}
