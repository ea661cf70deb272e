/* SPDX-License-Identifier: MIT */
/*
 * Shows code around an address with capstone.  What stands before it can be
 * read in several ways; we take the way that most starting places agree on,
 * since x86 code read from a wrong place soon falls into step.
 */
#include "src/disassembly.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "traces/report.h"

#define INSTRUCTION_MAX 15u
#define BEFORE 5u /* instructions shown before the address */
#define AFTER 8u  /* and behind it */
#define BEFORE_BYTES (4 * BEFORE * 4u)
#define AFTER_BYTES ((AFTER + 1) * INSTRUCTION_MAX)

struct code {
	uint8_t bytes[BEFORE_BYTES + AFTER_BYTES];
	size_t before;	     /* bytes before the address */
	size_t length;	     /* in all */
	remote_addr address; /* the one to mark */
	csh disassembler;
	cs_insn *instruction;
};

/* As many bytes as can be read just before the address. */
static size_t read_before(struct memory *memory, remote_addr address,
			  uint8_t *bytes)
{
	size_t length = address < BEFORE_BYTES ? (size_t)address : BEFORE_BYTES;
	size_t page = (size_t)(address & 4095);

	if (memory_read(memory, address - length, bytes, length))
		return length;
	/* The page before is not there. */
	length = length < page ? length : page;
	return memory_read(memory, address - length, bytes, length) ? length
								    : 0;
}

/* Decodes the instruction at index into code->instruction: its length or 0. */
static size_t decode(struct code *code, size_t index)
{
	const uint8_t *bytes = code->bytes + index;
	size_t length = code->length - index;
	uint64_t address = code->address - code->before + index;

	if (!cs_disasm_iter(code->disassembler, &bytes, &length, &address,
			    code->instruction))
		return 0;
	return code->instruction->size;
}

/* Whether decoding from index comes by the address. */
static int comes_by(struct code *code, size_t index)
{
	while (index < code->before) {
		size_t length = decode(code, index);

		if (!length)
			return 0;
		index += length;
	}
	return index == code->before;
}

/*
 * Places from which decoding comes by the address are counted for each place
 * that they come by themselves; the way back goes by the most counted ones.
 */
static size_t find_first(struct code *code)
{
	unsigned votes[BEFORE_BYTES + 1] = { 0 };
	size_t at = code->before;

	for (size_t start = 0; start < code->before; start++) {
		if (!comes_by(code, start))
			continue;
		for (size_t i = start; i < code->before; i += decode(code, i))
			votes[i]++;
	}
	for (unsigned count = 0; count < BEFORE && at; count++) {
		size_t best = at;

		for (size_t i = at < INSTRUCTION_MAX ? 0 : at - INSTRUCTION_MAX;
		     i < at; i++)
			if (votes[i] && i + decode(code, i) == at &&
			    (best == at || votes[i] > votes[best]))
				best = i;
		if (best == at)
			break;
		at = best;
	}
	return at;
}

static void print_bytes(FILE *stream, const uint8_t *bytes, size_t length)
{
	const size_t shown = 8;

	for (size_t i = 0; i < shown; i++) {
		if (i < length)
			fprintf(stream, "%02x ", bytes[i]);
		else
			fputs("   ", stream);
	}
	fputs(length > shown ? "+ " : "  ", stream);
}

static int is_system_call(const cs_insn *instruction)
{
	return instruction->id == X86_INS_SYSCALL ||
	       instruction->id == X86_INS_SYSENTER ||
	       (instruction->id == X86_INS_INT &&
		!strcmp(instruction->op_str, "0x80"));
}

static void print_instruction(FILE *stream, struct code *code, size_t index,
			      size_t length)
{
	fprintf(stream, "%s 0x%016" PRIx64 "  ",
		index == code->before ? " =>" : "   ",
		code->address - code->before + index);
	print_bytes(stream, code->bytes + index, length ? length : 1);
	if (!length)
		fputs("(bad)\n", stream);
	else
		fprintf(stream, "%s%s%s%s\n", code->instruction->mnemonic,
			*code->instruction->op_str ? " " : "",
			code->instruction->op_str,
			is_system_call(code->instruction) ? "   <- system call"
							  : "");
}

static void print_code(FILE *stream, struct code *code)
{
	size_t index = find_first(code);
	unsigned after = 0;

	while (index < code->length && after <= AFTER) {
		size_t length = decode(code, index);

		print_instruction(stream, code, index, length);
		if (index >= code->before)
			after++;
		index += length ? length : 1;
	}
}

void disassembly_print(FILE *stream, struct memory *memory, remote_addr address)
{
	struct code code = { .address = address };

	code.before = read_before(memory, address, code.bytes);
	code.length = code.before + memory->read(memory, address,
						 code.bytes + code.before,
						 AFTER_BYTES);
	if (code.length == code.before) {
		fprintf(stream, " => 0x%016" PRIx64 "  not readable\n",
			address);
		return;
	}
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &code.disassembler) != CS_ERR_OK) {
		report(-ENOMEM, "no room for a disassembler");
		return;
	}
	code.instruction = cs_malloc(code.disassembler);
	if (code.instruction) {
		print_code(stream, &code);
		cs_free(code.instruction, 1);
	}
	cs_close(&code.disassembler);
}
