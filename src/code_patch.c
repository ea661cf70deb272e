/* SPDX-License-Identifier: MIT */
/*
 * One instruction of five bytes or more is replaced without a thought: nothing
 * jumps into its middle.  Several shorter ones may be jumped between, so all
 * bytes around that could be a direct jump there speak against them; a byte
 * that is none costs a place, and there are many places.
 *
 * Code may also be data: V8 has a constant of eight bytes once in a function,
 * in the instruction that loads it first, and loads it from there again later.
 * A jump over these bytes would be another constant.
 */
#include "src/code_patch.h"

#include <string.h>

#include "src/disassembler.h"
#include "src/instruction.h"

#define INSTRUCTION_MAX 15u
_Static_assert(CODE_REPLACED_MAX == CODE_JUMP_LENGTH - 1 + INSTRUCTION_MAX,
	       "the last instruction begins within the jump");
#define PAGE 4096u
#define NEAR_WALK 64u /* before a place: where walks to it begin */
#define FAR_WALK 256u
#define LONG_REACH 16384u /* around a place: where jumps to it may be */
#define LOAD_MAX 8u	  /* bytes of code that are loaded at once */
#define BEHIND_MAX 4u	  /* of an instruction, behind the distance in it */
#define LOOP_REACH 64u	  /* of a loop that is copied */

const uint8_t code_patch_stop_bytes[CODE_STOP_BYTES] = {
	0xea, 0xd4, 0xce, CODE_INT3, 0x06, 0x0e, 0x16, 0x1e, 0x27, 0x37,
};

/* loop, loope, loopne and jrcxz, which have short forms only. */
static int is_counting_jump(const cs_insn *insn)
{
	return (insn->bytes[0] & 0xfc) == 0xe0;
}

static int is_unconditional(const cs_insn *insn)
{
	return insn->bytes[0] == 0xeb || insn->bytes[0] == 0xe9;
}

/* To a place given in the code; 0 for all else, and with prefixes. */
static int is_direct_jump(const cs_insn *insn)
{
	const uint8_t *bytes = insn->bytes;

	return is_unconditional(insn) || is_counting_jump(insn) ||
	       (bytes[0] & 0xf0) == 0x70 ||
	       (bytes[0] == 0x0f && (bytes[1] & 0xf0) == 0x80);
}

static int has_group(const cs_insn *insn, uint8_t group)
{
	for (uint8_t i = 0; i < insn->detail->groups_count; i++)
		if (insn->detail->groups[i] == group)
			return 1;
	return 0;
}

/* movs, cmps, stos, lods, scas, ins and outs, which can stop in the middle. */
static int is_string_instruction(const cs_insn *insn)
{
	uint8_t opcode = insn->detail->x86.opcode[0];

	return (opcode >= 0xa4 && opcode <= 0xa7) ||
	       (opcode >= 0xaa && opcode <= 0xaf) ||
	       (opcode >= 0x6c && opcode <= 0x6f);
}

/* True when it does elsewhere what it does here. */
static int can_move(const cs_insn *insn)
{
	static const uint8_t fixed_groups[] = {
		X86_GRP_JUMP, X86_GRP_CALL, X86_GRP_RET, X86_GRP_INT,
		X86_GRP_IRET, X86_GRP_PRIVILEGE,
	};
	const cs_x86 *x86 = &insn->detail->x86;

	if (is_direct_jump(insn))
		return 1;
	for (size_t i = 0; i < sizeof(fixed_groups); i++)
		if (has_group(insn, fixed_groups[i]))
			return 0;
	/* Old code jumps over a lock prefix. */
	if (x86->prefix[0] == X86_PREFIX_LOCK || is_string_instruction(insn))
		return 0;
	switch (insn->id) {
	case X86_INS_LOOP: /* of 32 bits; not in the group of jumps */
	case X86_INS_LOOPE:
	case X86_INS_LOOPNE:
	case X86_INS_SYSCALL:
	case X86_INS_SYSENTER:
	case X86_INS_XBEGIN:
	case X86_INS_XEND:
	case X86_INS_XABORT:
	case X86_INS_UD2:
		return 0;
	}
	return instruction_decode(insn->bytes, insn->size).kind ==
	       INSTRUCTION_NONE;
}

static int32_t long_at(const uint8_t *bytes)
{
	int32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* Where a jump that begins at these six bytes leads, or 0. */
static remote_addr direct_target(const uint8_t *bytes, remote_addr addr)
{
	if ((bytes[0] & 0xf0) == 0x70 || bytes[0] == 0xeb ||
	    (bytes[0] & 0xfc) == 0xe0)
		return addr + 2 + (remote_addr)(int8_t)bytes[1];
	if (bytes[0] == 0xe9 || bytes[0] == 0xe8)
		return addr + 5 + (remote_addr)long_at(bytes + 1);
	if (bytes[0] == 0x0f && (bytes[1] & 0xf0) == 0x80)
		return addr + 6 + (remote_addr)long_at(bytes + 2);
	return 0;
}

struct code_around {
	remote_addr start;
	size_t length;
	uint8_t bytes[2 * LONG_REACH + 8];
};

static const struct code_around *read_around(struct memory *memory,
					     remote_addr addr)
{
	static struct code_around around;
	remote_addr start = addr < LONG_REACH ? 0 : addr - LONG_REACH;

	/* What can't be read holds no code; begin where it can. */
	while (!memory_read(memory, start, around.bytes, 1) && start < addr)
		start = (start | (PAGE - 1)) + 1;
	around.start = start;
	around.length = memory->read(memory, start, around.bytes,
				     sizeof(around.bytes));
	return &around;
}

int code_patch_is_entered(struct memory *memory, remote_addr addr,
			  unsigned length, enum code_certainty certainty)
{
	const struct code_around *around = read_around(memory, addr);

	for (size_t i = 0; i + 6 <= around->length; i++) {
		remote_addr at = around->start + i;
		remote_addr to = direct_target(around->bytes + i, at);

		if (to > addr && to < addr + length &&
		    (certainty == CODE_MAYBE ||
		     code_patch_begins(memory, at) != CODE_NO))
			return 1;
	}
	return 0;
}

/*
 * %fs:0x28 and the like, of which code has many: the ModRM byte asks for one
 * more, the last before the distance.  A prefix is before the operation.
 */
static int is_of_thread(const uint8_t *distance)
{
	return (distance[-2] & 0xc7) == 0x04 && distance[-1] == 0x25 &&
	       ((distance[-4] & 0xfe) == 0x64 ||
		(distance[-5] & 0xfe) == 0x64 || (distance[-6] & 0xfe) == 0x64);
}

/* The next ModRM byte of that kind, looking at eight bytes at once. */
static size_t next_relative(const uint8_t *bytes, size_t at, size_t end)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t word, found;

	for (; at + sizeof(word) <= end; at += sizeof(word)) {
		memcpy(&word, bytes + at, sizeof(word));
		word = (word & 0xc7 * ones) ^ 0x05 * ones;
		found = (word - ones) & ~word & 0x80 * ones;
		if (found)
			return at + (size_t)__builtin_ctzll(found) / 8;
	}
	while (at < end && (bytes[at] & 0xc7) != 0x05)
		at++;
	return at;
}

enum { USE_LOAD = 1, USE_ADDRESS = 2 };

/*
 * Relative to the instruction pointer, an instruction has a ModRM byte with mod
 * 0 and rm 5, and then the distance.  The address of the very place is taken
 * (lea) to come here by it.
 */
static int is_used(struct memory *memory, remote_addr addr, unsigned uses)
{
	const remote_addr first = addr - LOAD_MAX - BEHIND_MAX + 1;
	const remote_addr window = addr + CODE_JUMP_LENGTH - first;
	const struct code_around *around = read_around(memory, addr);
	const uint8_t *bytes = around->bytes;
	size_t i = 0;

	while ((i = next_relative(bytes, i + 1, around->length)) + 5 <=
	       around->length) {
		remote_addr to = around->start + i + 5 +
				 (remote_addr)long_at(bytes + i + 1);

		if (to - first >= window ||
		    (i >= 5 && is_of_thread(bytes + i + 1)))
			continue;
		if (bytes[i - 1] != 0x8d ? uses & USE_LOAD :
					   uses & USE_ADDRESS && to > addr)
			return 1;
	}
	return 0;
}

/*
 * movabs: its constant is loaded from anywhere in a function, however long.
 * The instruction is so far behind the place of a jump.
 */
static int has_data(const cs_insn *insn, unsigned distance)
{
	return insn->id == X86_INS_MOVABS &&
	       insn->detail->x86.encoding.imm_size == 8 &&
	       distance + insn->size - 8 < CODE_JUMP_LENGTH;
}

static cs_insn *decode_one(struct memory *memory, remote_addr addr)
{
	uint8_t bytes[INSTRUCTION_MAX];
	const uint8_t *next = bytes;
	size_t left = memory->read(memory, addr, bytes, sizeof(bytes));
	uint64_t at = addr;
	cs_insn *insn = disassembler_room();

	if (!cs_disasm_iter(disassembler(), &next, &left, &at, insn)) {
		cs_free(insn, 1);
		insn = NULL;
	}
	return insn;
}

int code_patch_is_data(struct memory *memory, remote_addr addr)
{
	unsigned at = 0, size = 1;
	int is_data = 0;

	while (size && at < CODE_JUMP_LENGTH && !is_data) {
		cs_insn *insn = decode_one(memory, addr + at);

		is_data = insn && has_data(insn, at);
		size = insn ? insn->size : 0;
		at += size;
		if (insn)
			cs_free(insn, 1);
	}
	return is_data || is_used(memory, addr, USE_LOAD);
}

int code_patch_is_safe(struct memory *memory, remote_addr addr)
{
	cs_insn *insn = decode_one(memory, addr);
	int is_safe = insn && insn->size >= CODE_JUMP_LENGTH &&
		      (addr & (PAGE - 1)) + CODE_JUMP_LENGTH <= PAGE &&
		      can_move(insn);

	if (insn)
		cs_free(insn, 1);
	return is_safe;
}

static enum code_kind kind_of(const cs_insn *insn)
{
	switch (insn->id) {
	case X86_INS_NOP:
		return CODE_NOP;
	case X86_INS_RET:
		return CODE_RETURN;
	case X86_INS_INT3:
		return CODE_TRAP;
	}
	if (!can_move(insn))
		return CODE_FIXED;
	return is_unconditional(insn) ? CODE_JUMP : CODE_MOVES;
}

enum code_kind code_patch_decode(struct memory *memory, remote_addr addr,
				 unsigned *length_out)
{
	cs_insn *insn = decode_one(memory, addr);
	enum code_kind kind = insn ? kind_of(insn) : CODE_NONE;

	*length_out = insn ? insn->size : 0;
	if (insn)
		cs_free(insn, 1);
	return kind;
}

static enum code_step step_of(const cs_insn *insn)
{
	switch (insn->id) {
	case X86_INS_SYSCALL:
	case X86_INS_SYSENTER:
	case X86_INS_INT:
		return CODE_STEP_CALL;
	case X86_INS_INT1:
	case X86_INS_INT3:
	case X86_INS_INTO:
	case X86_INS_PUSHF:
	case X86_INS_PUSHFD:
	case X86_INS_PUSHFQ:
	case X86_INS_POPF:
	case X86_INS_POPFD:
	case X86_INS_POPFQ:
	case X86_INS_IRET:
	case X86_INS_IRETD:
	case X86_INS_IRETQ:
		return CODE_STEP_SEEN;
	}
	if (instruction_decode(insn->bytes, insn->size).kind !=
	    INSTRUCTION_NONE)
		return CODE_STEP_SEEN;
	return is_string_instruction(insn) && insn->detail->x86.prefix[0] ?
		CODE_STEP_REPEATS : CODE_STEP_PLAIN;
}

enum code_step code_patch_step(struct memory *memory, remote_addr addr,
			       unsigned *length_out)
{
	cs_insn *insn = decode_one(memory, addr);
	enum code_step step = insn ? step_of(insn) : CODE_STEP_PLAIN;

	*length_out = insn ? insn->size : 0;
	if (insn)
		cs_free(insn, 1);
	return step;
}

/*
 * Instructions are at most fifteen bytes long, so one of fifteen bytes in a row
 * begins a true one, and most walks from the others fall into its step.  Walks
 * that end at bytes that are no instruction say nothing.
 */
static enum code_verdict ask_walks(const uint8_t *bytes, size_t length,
				   cs_insn *insn)
{
	uint8_t visited[FAR_WALK + INSTRUCTION_MAX] = { 0 };
	unsigned meets = 0, passes = 0;

	for (size_t i = 0; i < INSTRUCTION_MAX && i < length; i++) {
		size_t at = i;

		while (at < length && !visited[at]) {
			const uint8_t *next = bytes + at;
			size_t left = length - at;
			uint64_t address = 0;

			visited[at] = 1;
			/* One that is cut off at the end reaches beyond it. */
			if (left < INSTRUCTION_MAX)
				left = INSTRUCTION_MAX;
			if (!cs_disasm_iter(disassembler(), &next, &left,
					    &address, insn))
				break;
			at += insn->size;
			meets += at == length;
			passes += at > length;
		}
	}
	if (meets && passes)
		return CODE_UNCERTAIN;
	return meets ? CODE_YES : passes ? CODE_NO : CODE_UNCERTAIN;
}

enum code_verdict code_patch_begins(struct memory *memory, remote_addr addr)
{
	static const unsigned walks[] = { NEAR_WALK, FAR_WALK };
	uint8_t bytes[FAR_WALK + 2 * INSTRUCTION_MAX];
	enum code_verdict verdict = CODE_UNCERTAIN;
	cs_insn *insn = disassembler_room();

	for (size_t i = 0; i < 2 && verdict == CODE_UNCERTAIN; i++) {
		unsigned back = walks[i] + INSTRUCTION_MAX;
		remote_addr page = addr & ~(remote_addr)(PAGE - 1);

		memset(bytes, 0, sizeof(bytes));
		/* Code may begin at a page. */
		if (!memory_read(memory, addr - back, bytes, 1) &&
		    addr - page < back)
			back = (unsigned)(addr - page);
		if (memory->read(memory, addr - back, bytes,
				 back + INSTRUCTION_MAX) >= back)
			verdict = ask_walks(bytes, back, insn);
	}
	cs_free(insn, 1);
	return verdict;
}

/* The instructions that a jump would replace; returns their length, or 0. */
static unsigned measure(struct memory *memory, remote_addr addr,
			unsigned *count_out)
{
	uint8_t bytes[CODE_REPLACED_MAX];
	const uint8_t *next = bytes;
	size_t left = memory->read(memory, addr, bytes, sizeof(bytes));
	uint64_t at = addr;
	unsigned count = 0, length = 0;
	cs_insn *insn = disassembler_room();

	while (length < CODE_JUMP_LENGTH) {
		if (!cs_disasm_iter(disassembler(), &next, &left, &at, insn) ||
		    !can_move(insn) || has_data(insn, length))
			break;
		length += insn->size;
		count++;
		if (is_unconditional(insn))
			break;
	}
	cs_free(insn, 1);
	*count_out = count;
	return length < CODE_JUMP_LENGTH ? 0 : length;
}

unsigned code_patch_length(struct memory *memory, remote_addr addr)
{
	unsigned count, length;

	if ((addr & (PAGE - 1)) + CODE_JUMP_LENGTH > PAGE)
		return 0;
	length = measure(memory, addr, &count);
	if (!length || is_used(memory, addr, USE_LOAD | USE_ADDRESS) ||
	    (count > 1 &&
	     code_patch_is_entered(memory, addr, length, CODE_MAYBE)))
		return 0;
	return length;
}

uint8_t code_patch_entries(struct memory *memory, remote_addr addr,
			   unsigned length)
{
	uint8_t entries = 0;
	cs_insn *insn;

	for (unsigned at = 0; at < length && at < CODE_JUMP_LENGTH;) {
		insn = decode_one(memory, addr + at);
		if (!insn)
			break;
		if (at)
			entries |= (uint8_t)(1u << at);
		at += insn->size;
		cs_free(insn, 1);
	}
	return entries;
}

/* ---- the same code elsewhere ---- */

static int fits_32(int64_t value)
{
	return value == (int32_t)value;
}

static void put_long(uint8_t *to, int64_t value)
{
	int32_t narrow = (int32_t)value;

	memcpy(to, &narrow, sizeof(narrow));
}

/* An opcode and a 32-bit distance from where it will be; 0 when too far. */
static size_t put_jump(uint8_t *to, remote_addr at, const uint8_t *opcode,
		       size_t opcode_length, remote_addr target)
{
	int64_t distance = (int64_t)(target - (at + opcode_length + 4));

	if (!fits_32(distance))
		return 0;
	memcpy(to, opcode, opcode_length);
	put_long(to + opcode_length, distance);
	return opcode_length + 4;
}

static size_t move_jump(const cs_insn *insn, remote_addr at, uint8_t *to)
{
	remote_addr target = (remote_addr)insn->detail->x86.operands[0].imm;
	uint8_t conditional[2] = { 0x0f, 0x80 };
	/* over the next, which is over the one after that */
	uint8_t counting[4] = { insn->bytes[0], 2, 0xeb, CODE_JUMP_LENGTH };
	size_t jump;

	if (is_unconditional(insn))
		return put_jump(to, at, (const uint8_t[]){ 0xe9 }, 1, target);
	if (is_counting_jump(insn)) {
		memcpy(to, counting, sizeof(counting));
		jump = put_jump(to + sizeof(counting), at + sizeof(counting),
				(const uint8_t[]){ 0xe9 }, 1, target);
		return jump ? sizeof(counting) + jump : 0;
	}
	conditional[1] |= insn->bytes[insn->bytes[0] == 0x0f] & 0x0f;
	return put_jump(to, at, conditional, 2, target);
}

static size_t move_instruction(const cs_insn *insn, remote_addr at, uint8_t *to)
{
	const cs_x86 *x86 = &insn->detail->x86;
	int64_t distance;

	if (is_direct_jump(insn))
		return move_jump(insn, at, to);
	memcpy(to, insn->bytes, insn->size);
	for (uint8_t i = 0; i < x86->op_count; i++) {
		if (x86->operands[i].type != X86_OP_MEM ||
		    x86->operands[i].mem.base != X86_REG_RIP)
			continue;
		distance = x86->operands[i].mem.disp +
			   (int64_t)(insn->address - at);
		if (!fits_32(distance) || !x86->encoding.disp_offset)
			return 0;
		put_long(to + x86->encoding.disp_offset, distance);
		break;
	}
	return insn->size;
}

size_t code_patch_move(struct memory *memory, remote_addr addr,
		       remote_addr new_addr, uint8_t out[CODE_MOVED_MAX])
{
	cs_insn *insn = decode_one(memory, addr);
	size_t length = insn ? move_instruction(insn, new_addr, out) : 0;

	if (insn)
		cs_free(insn, 1);
	return length;
}

size_t code_patch_jump(remote_addr at, remote_addr target,
		       uint8_t out[CODE_JUMP_LENGTH])
{
	return put_jump(out, at, (const uint8_t[]){ 0xe9 }, 1, target);
}

size_t code_patch_relocate(struct memory *memory, remote_addr addr,
			   unsigned length, remote_addr new_addr,
			   uint8_t out[CODE_PATCH_ROOM])
{
	uint8_t bytes[CODE_REPLACED_MAX];
	const uint8_t *next = bytes;
	size_t left = length, used = 0, piece = 1;
	uint64_t at = addr;
	cs_insn *insn = disassembler_room();

	if (length > sizeof(bytes) ||
	    !memory_read(memory, addr, bytes, length))
		piece = 0;
	while (piece && left) {
		piece = cs_disasm_iter(disassembler(), &next, &left, &at,
				       insn) ?
			move_instruction(insn, new_addr + used, out + used) : 0;
		used += piece;
	}
	cs_free(insn, 1);
	if (piece)
		piece = code_patch_jump(new_addr + used, addr + length,
					out + used);
	return piece ? used + piece : 0;
}

remote_addr code_patch_origin(struct memory *memory, remote_addr addr,
			      unsigned length, remote_addr new_addr,
			      remote_addr at)
{
	remote_addr end = addr + length;
	uint8_t moved[CODE_MOVED_MAX];
	unsigned piece;

	while (addr < end && new_addr != at) {
		if (code_patch_decode(memory, addr, &piece) == CODE_NONE)
			return 0;
		new_addr += code_patch_move(memory, addr, new_addr, moved);
		addr += piece;
	}
	return addr < end ? addr : 0;
}

/* ---- loops ---- */

struct loop_copy {
	struct memory *memory;
	remote_addr addr, head, new_addr;
	remote_addr at; /* the next instruction of the program */
	uint8_t *out;
	size_t used;
};

static int add_piece(struct loop_copy *copy, const uint8_t *opcode,
		     size_t length, remote_addr target)
{
	size_t piece = put_jump(copy->out + copy->used,
				copy->new_addr + copy->used, opcode, length,
				target);

	copy->used += piece;
	return piece ? 0 : -1;
}

/* A jump within the loop: the way out is a jump, the way on comes behind. */
static int copy_back_jump(struct loop_copy *copy, const cs_insn *insn)
{
	uint8_t *out = copy->out + copy->used;
	remote_addr target = (remote_addr)insn->detail->x86.operands[0].imm;
	remote_addr behind = insn->address + insn->size;
	uint8_t opcode = insn->bytes[insn->bytes[0] == 0x0f];

	copy->at = target;
	if (opcode == 0xeb || opcode == 0xe9)
		return 0;
	out[0] = is_counting_jump(insn) ? opcode : 0x70 | (opcode & 0x0f);
	out[1] = CODE_JUMP_LENGTH;
	copy->used += 2;
	return add_piece(copy, (const uint8_t[]){ 0xe9 }, 1, behind);
}

/* 0, or negative when the instruction can't be part of a copied loop. */
static int copy_instruction(struct loop_copy *copy)
{
	cs_insn *insn = decode_one(copy->memory, copy->at);
	size_t piece = 0;
	remote_addr target;
	int err = -1;

	if (!insn)
		return -1;
	target = is_direct_jump(insn) ?
		(remote_addr)insn->detail->x86.operands[0].imm : 0;
	if (target && target <= insn->address &&
	    copy->addr - target + LOOP_REACH < 2 * LOOP_REACH) {
		err = copy_back_jump(copy, insn);
	} else if (can_move(insn)) {
		piece = move_instruction(insn, copy->new_addr + copy->used,
					 copy->out + copy->used);
		copy->used += piece;
		copy->at += insn->size;
		err = piece ? 0 : -1;
	}
	cs_free(insn, 1);
	return err;
}

size_t code_patch_relocate_loop(struct memory *memory, remote_addr addr,
				remote_addr head, remote_addr new_addr,
				uint8_t out[CODE_PATCH_ROOM])
{
	struct loop_copy copy = { memory, addr, head, new_addr, addr, out, 0 };

	do {
		if (copy.used + INSTRUCTION_MAX + CODE_JUMP_LENGTH >
		    CODE_PATCH_ROOM || copy_instruction(&copy))
			return 0;
	} while (copy.at != addr);
	if (add_piece(&copy, (const uint8_t[]){ 0xe9 }, 1, head))
		return 0;
	return copy.used;
}

remote_addr code_patch_loop_origin(struct memory *memory, remote_addr addr,
				   remote_addr new_addr, remote_addr at)
{
	uint8_t out[CODE_PATCH_ROOM];
	struct loop_copy copy = { memory, addr, addr, new_addr, addr, out, 0 };

	while (new_addr + copy.used < at)
		if (copy.used + INSTRUCTION_MAX + CODE_JUMP_LENGTH >
		    CODE_PATCH_ROOM || copy_instruction(&copy))
			return 0;
	return new_addr + copy.used == at ? copy.at : 0;
}
