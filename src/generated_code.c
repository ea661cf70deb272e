/* SPDX-License-Identifier: MIT */
/*
 * A trap in what was data after all would be a wrong byte in the program's
 * memory.  Two random bytes are a CPUID once in 64 KiB; a program that means it
 * loads a constant leaf number shortly before, asks for the flag after a
 * random number, and sets ECX before XGETBV.
 */
#include "src/generated_code.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traces/report.h"

#define WALK_BACK 64u /* bytes */
#define BEFORE 8u     /* instructions that may set the arguments */
#define BEHIND 2u     /* instructions that may use the result */
#define KEEPING 6u    /* instructions that may keep a CPUID's results */

struct code {
	const uint8_t *bytes;
	size_t length;
	csh disassembler;
	cs_insn *insn;
};

/* Its length in code->insn->size, or 0. */
static size_t decode(struct code *code, size_t offset)
{
	const uint8_t *next = code->bytes + offset;
	size_t left = code->length - offset;
	uint64_t address = offset;

	if (!cs_disasm_iter(code->disassembler, &next, &left, &address,
			    code->insn))
		return 0;
	return code->insn->size;
}

static const uint8_t *skip_rex(const uint8_t *bytes)
{
	return (*bytes & 0xf0) == 0x40 ? bytes + 1 : bytes;
}

/* xor REG, REG; registers by their numbers in instructions. */
static int is_cleared(const uint8_t *bytes, unsigned number)
{
	return (bytes[0] == 0x31 || bytes[0] == 0x33) &&
	       bytes[1] == (0xc0 | number << 3 | number);
}

/* mov REG, CONSTANT */
static int is_loaded(const uint8_t *bytes, unsigned number, uint32_t *value_out)
{
	if (bytes[0] == (0xb8 | number))
		bytes += 1;
	else if (bytes[0] == 0xc7 && bytes[1] == (0xc0 | number))
		bytes += 2;
	else
		return 0;
	memcpy(value_out, bytes, sizeof(*value_out));
	return 1;
}

static int is_leaf(uint32_t value)
{
	return value <= 0x40 ||
	       (value >= 0x40000000 && value <= 0x40001000) ||
	       (value >= 0x80000000 && value <= 0x80000040) ||
	       (value >= 0xc0000000 && value <= 0xc0000004);
}

/* What is asked of the instructions before, the last few or the very last. */
enum argument { ARGUMENT_CONSTANT, ARGUMENT_VARIABLE, ARGUMENT_JUST_BEFORE };

/* mov ANYTHING, REG */
static int is_loaded_variable(const uint8_t *bytes, unsigned number)
{
	uint8_t prefix = 0, registers;

	if ((*bytes & 0xf0) == 0x40)
		prefix = *bytes++;
	registers = bytes[1];
	if (bytes[0] == 0x8b)
		return !(prefix & 4) && (registers >> 3 & 7) == number;
	return bytes[0] == 0x89 && !(prefix & 1) && registers >> 6 == 3 &&
	       (registers & 7) == number;
}

static int sets_argument(const uint8_t *bytes, enum instruction_kind kind,
			 enum argument argument)
{
	unsigned number = kind == INSTRUCTION_CPUID ? 0 : 1;
	uint32_t value;

	if (argument != ARGUMENT_CONSTANT)
		return is_loaded_variable(bytes, number);
	if (*bytes == 0x41) /* another register */
		return 0;
	bytes = skip_rex(bytes);
	if (is_cleared(bytes, number))
		return 1;
	if (!is_loaded(bytes, number, &value))
		return 0;
	return kind == INSTRUCTION_CPUID ? is_leaf(value) : value <= 1;
}

/* jcc, setcc, cmovcc on the carry flag; adc, sbb of registers. */
static int uses_carry(const uint8_t *bytes)
{
	uint8_t condition, kind;

	bytes = skip_rex(bytes);
	condition = bytes[0];
	kind = condition & 0xf0;
	if (bytes[0] == 0x11 || bytes[0] == 0x13 || bytes[0] == 0x19 ||
	    bytes[0] == 0x1b)
		return bytes[1] >= 0xc0;
	if (bytes[0] == 0x83) /* with a constant */
		return bytes[1] >= 0xd0 && bytes[1] < 0xe0;
	if (bytes[0] == 0x0f) {
		condition = bytes[1];
		kind = bytes[1] & 0xf0;
		if (kind != 0x40 && kind != 0x80 && kind != 0x90)
			return 0;
	} else if (kind != 0x70) {
		return 0;
	}
	return (condition & 0xe) == 2;
}

/* Whether the code from start on leads to the site and sets its argument. */
static int has_argument(struct code *code, size_t start,
			const struct instruction_site *site,
			enum argument argument)
{
	size_t places[WALK_BACK], count = 0, at = start, length;
	size_t reach = argument == ARGUMENT_JUST_BEFORE ? 1 : BEFORE;

	while (at < site->offset) {
		places[count++] = at;
		length = decode(code, at);
		if (!length)
			return 0;
		at += length;
	}
	for (size_t i = count > reach ? count - reach : 0;
	     i < count && at == site->offset; i++)
		if (sets_argument(code->bytes + places[i],
				  site->instruction.kind, argument))
			return 1;
	return 0;
}

static int makes_sense_before(struct code *code,
			      const struct instruction_site *site,
			      enum argument argument)
{
	size_t start = site->offset > WALK_BACK ? site->offset - WALK_BACK : 0;

	for (; start < site->offset; start++)
		if (has_argument(code, start, site, argument))
			return 1;
	return 0;
}

static int makes_sense_behind(struct code *code,
			      const struct instruction_site *site)
{
	size_t at = site->offset + site->instruction.length, length;

	for (unsigned i = 0; i < BEHIND; i++) {
		if (at + 3 > code->length)
			return 0;
		if (uses_carry(code->bytes + at))
			return 1;
		length = decode(code, at);
		if (!length)
			return 0;
		at += length;
	}
	return 0;
}

static int makes_sense(struct code *code, const struct instruction_site *site)
{
	switch (site->instruction.kind) {
	case INSTRUCTION_CPUID:
	case INSTRUCTION_XGETBV:
		return makes_sense_before(code, site, ARGUMENT_CONSTANT);
	case INSTRUCTION_RDRAND:
	case INSTRUCTION_RDSEED:
		return makes_sense_behind(code, site);
	default:
		return 0; /* RDPID: four bytes, and prefixes of others */
	}
}

/* With the prefix that tells which register, if it has one. */
static struct instruction_site site_at(const struct code *code, size_t opcode)
{
	struct instruction_site site = {
		opcode, instruction_decode(code->bytes + opcode,
					   code->length - opcode),
	};

	if (opcode && (site.instruction.kind == INSTRUCTION_RDRAND ||
		       site.instruction.kind == INSTRUCTION_RDSEED) &&
	    (code->bytes[opcode - 1] & 0xf0) == 0x40) {
		site.offset--;
		site.instruction = instruction_decode(
			code->bytes + site.offset, code->length - site.offset);
	}
	return site;
}

static struct instruction_site *scan(struct code *code, size_t *count_out)
{
	const uint8_t *next = code->bytes, *end = next + code->length;
	struct instruction_site *sites = NULL;
	size_t count = 0, room = 0;

	while ((next = memchr(next, 0x0f, (size_t)(end - next)))) {
		struct instruction_site site =
			site_at(code, (size_t)(next++ - code->bytes));

		if (!makes_sense(code, &site))
			continue;
		if (count == room) {
			room = room * 2 + 8;
			sites = xrealloc(sites, room * sizeof(*sites));
		}
		sites[count++] = site;
	}
	*count_out = count;
	return sites;
}

int generated_code_scan(const uint8_t *bytes, size_t length,
			struct instruction_site **sites_out, size_t *count_out)
{
	struct code code = { bytes, length, 0, NULL };

	*sites_out = NULL;
	*count_out = 0;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &code.disassembler))
		return report(-ENOMEM, "capstone: no disassembler");
	code.insn = cs_malloc(code.disassembler);
	*sites_out = scan(&code, count_out);
	cs_free(code.insn, 1);
	cs_close(&code.disassembler);
	return 0;
}

/* mov of %eax, %ecx, %edx or %ebx, 32 bits: its number, or -1. */
static int kept_result(const uint8_t *bytes)
{
	unsigned number;

	if ((*bytes & 0xfe) == 0x40)
		bytes++;
	number = bytes[1] >> 3 & 7;
	return bytes[0] == 0x89 && number < 4 ? (int)number : -1;
}

/* A function that is told the leaf, and gives all or most of the answer. */
static int keeps_results(struct code *code, const struct instruction_site *site)
{
	size_t at = site->offset + site->instruction.length, length;
	unsigned kept = 0;

	for (unsigned i = 0; i < KEEPING && at + 3 <= code->length; i++) {
		int number = kept_result(code->bytes + at);

		if (number >= 0)
			kept |= 1u << number;
		length = decode(code, at);
		if (!length)
			break;
		at += length;
	}
	return kept & (kept - 1);
}

static int has_variable_argument(struct code *code,
				 const struct instruction_site *site)
{
	if (site->instruction.kind != INSTRUCTION_CPUID &&
	    site->instruction.kind != INSTRUCTION_XGETBV)
		return 0;
	return makes_sense_before(code, site, ARGUMENT_JUST_BEFORE) ||
	       (makes_sense_before(code, site, ARGUMENT_VARIABLE) &&
		keeps_results(code, site));
}

int generated_code_is_meant(const uint8_t *bytes, size_t length,
			    const struct instruction_site *site)
{
	struct code code = { bytes, length, 0, NULL };
	int is_meant;

	if (site->instruction.kind == INSTRUCTION_RDPID)
		return 1;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &code.disassembler))
		return report(-ENOMEM, "capstone: no disassembler");
	code.insn = cs_malloc(code.disassembler);
	is_meant = makes_sense(&code, site) ||
		   has_variable_argument(&code, site);
	cs_free(code.insn, 1);
	cs_close(&code.disassembler);
	return is_meant;
}
