/* SPDX-License-Identifier: MIT */
/*
 * The instruction before the call is preferred where its bytes tell that it
 * loads the call's number.  The next choice is the instruction behind the call,
 * when it is long enough.  Where it is jumped to, or where several shorter ones
 * would ask for rare places, there may be another instruction before the call
 * (all walks through the code must agree), or room nearby for a hop.
 */
#include "src/call_patch.h"

#include <signal.h>
#include <string.h>

#include "src/agent_layout.h"

#define PAGE 4096u
#define INSTRUCTION_MAX 15u
#define CALL_LENGTH 2u
#define REACH 0x7e000000ll /* of a jump, less the length of a program */
#define AREA_UNITS (CALL_AREA_LENGTH / CALL_AREA_UNIT)
#define FUNCTION_ALIGNMENT 16u
#define HOP_REACH 120u
#define HOP_LENGTH 2u

/* What nops and int3 begin with. */
static const uint8_t padding_starts[] = { 0x0f, 0x66, 0x90, CODE_INT3 };

static int is_call(const uint8_t *bytes)
{
	return bytes[0] == 0x0f && bytes[1] == 0x05;
}

/* No piece of it is where a function could begin. */
static int is_filling(struct memory *memory, remote_addr addr, remote_addr end)
{
	remote_addr at = addr;
	unsigned length;

	while (at < end) {
		enum code_kind kind = code_patch_decode(memory, at, &length);

		if ((kind != CODE_NOP && kind != CODE_TRAP) ||
		    at % FUNCTION_ALIGNMENT == 0)
			return 0;
		at += length;
	}
	return 1;
}

/* What fills the room up to the next function is never run, nor jumped to. */
static int is_padding(struct memory *memory, remote_addr addr, remote_addr end)
{
	return is_filling(memory, addr, end) &&
	       !code_patch_is_entered(memory, addr - 1,
				      (unsigned)(end - addr) + 1, CODE_MAYBE);
}

/* ---- the plan: the instruction before ---- */

/* mov $number, %eax, or mov $number, %rax: its length, or 0. */
static unsigned number_load_length(struct memory *memory, remote_addr call,
				   uint64_t number)
{
	uint8_t bytes[7];
	int32_t value;

	if (!memory_read(memory, call - 6, bytes + 1, 6))
		return 0;
	memcpy(&value, bytes + 3, sizeof(value));
	if (bytes[2] == 0xb8 && (bytes[1] & 0xf0) != 0x40 &&
	    (uint32_t)value == number)
		return 5;
	return memory_read(memory, call - 7, bytes, 7) &&
	       !memcmp(bytes, "\x48\xc7\xc0", 3) &&
	       (uint64_t)(int64_t)value == number ? 7 : 0;
}

static int is_before(struct memory *memory, remote_addr call, unsigned length)
{
	unsigned real_length;

	return code_patch_decode(memory, call - length, &real_length) ==
		       CODE_MOVES &&
	       real_length == length &&
	       code_patch_begins(memory, call - length) == CODE_YES &&
	       !code_patch_is_data(memory, call - length);
}

static enum call_patch_failure plan_before(struct memory *memory,
					   struct call_patch *patch,
					   unsigned length)
{
	patch->is_before = 1;
	patch->start = patch->call_end - patch->call_length - length;
	patch->length = length;
	patch->moved_length = patch->is_end = 0;
	patch->entries = 0;
	return memory_read(memory, patch->start, patch->original, length) ?
		CALL_PATCH_POSSIBLE : CALL_PATCH_NO_CALL;
}

static int plan_number_load(struct memory *memory, struct call_patch *patch,
			    uint64_t number)
{
	remote_addr call = patch->call_end - CALL_LENGTH;
	unsigned length = number_load_length(memory, call, number);

	return length &&
	       code_patch_begins(memory, call - length) != CODE_NO &&
	       !code_patch_is_data(memory, call - length) &&
	       !plan_before(memory, patch, length);
}

static int plan_any_before(struct memory *memory, struct call_patch *patch)
{
	remote_addr call = patch->call_end - patch->call_length;

	for (unsigned length = CODE_JUMP_LENGTH; length <= INSTRUCTION_MAX;
	     length++)
		if (is_before(memory, call, length))
			return !plan_before(memory, patch, length);
	return 0;
}

/* ---- the plan: the call and what is behind it ---- */

static enum call_patch_failure plan_behind(struct memory *memory,
					   struct call_patch *patch)
{
	remote_addr limit;
	unsigned at = patch->call_length, length;

	patch->is_before = patch->is_end = 0;
	patch->start = patch->call_end - patch->call_length;
	patch->entries = 0;
	limit = patch->start + CODE_JUMP_LENGTH;
	while (at < CODE_JUMP_LENGTH && !patch->is_end) {
		enum code_kind kind = code_patch_decode(
			memory, patch->start + at, &length);

		if (kind == CODE_NONE || kind == CODE_FIXED ||
		    kind == CODE_TRAP)
			return CALL_PATCH_NOT_MOVING;
		patch->is_end = kind == CODE_JUMP || kind == CODE_RETURN;
		patch->entries |= (uint8_t)(1u << at);
		at += length;
	}
	patch->moved_length = at - patch->call_length;
	patch->length = at < CODE_JUMP_LENGTH ? CODE_JUMP_LENGTH : at;
	if (at < CODE_JUMP_LENGTH &&
	    !is_padding(memory, patch->start + at, limit))
		return CALL_PATCH_AT_END;
	return memory_read(memory, patch->start, patch->original,
			   patch->length) ?
		CALL_PATCH_POSSIBLE : CALL_PATCH_NO_CALL;
}

static int is_entered(struct memory *memory, const struct call_patch *patch)
{
	return code_patch_is_entered(memory, patch->start, CODE_JUMP_LENGTH,
				     CODE_LIKELY);
}

/* A good one asks for no rare place. */
static int is_only_at_call_end(const struct call_patch *patch)
{
	return patch->entries == 1u << patch->call_length;
}

/* ---- the plan: a hop ---- */

/* Room from addr on, behind an instruction that leaves. */
static int is_room(struct memory *memory, remote_addr addr)
{
	static const uint8_t lengths[] = { 1, 2, 3, 5 };
	unsigned length;

	for (size_t i = 0; i < sizeof(lengths); i++) {
		remote_addr last = addr - lengths[i];
		enum code_kind kind = code_patch_decode(memory, last, &length);

		if ((kind == CODE_RETURN || kind == CODE_JUMP) &&
		    length == lengths[i] &&
		    code_patch_begins(memory, last) == CODE_YES)
			return is_padding(memory, addr,
					  addr + CODE_JUMP_LENGTH);
	}
	return 0;
}

static void set_hop(struct memory *memory, struct call_patch *patch,
		    remote_addr room)
{
	patch->hop_at = patch->call_end - patch->call_length;
	patch->hop[0] = 0xeb;
	patch->hop[1] = (uint8_t)(room - (patch->hop_at + HOP_LENGTH));
	patch->start = room;
	patch->length = CODE_JUMP_LENGTH;
	patch->moved_length = patch->is_before = patch->is_end = 0;
	patch->entries = 0;
	memory_read(memory, room, patch->original, CODE_JUMP_LENGTH);
	memory_read(memory, patch->hop_at, patch->hop_original, HOP_LENGTH);
}

static int plan_hop(struct memory *memory, struct call_patch *patch)
{
	uint8_t bytes[2 * HOP_REACH];
	remote_addr low = patch->call_end - HOP_REACH;

	if (!memory_read(memory, low, bytes, sizeof(bytes)))
		return 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		if (memchr(padding_starts, bytes[i], sizeof(padding_starts)) &&
		    is_room(memory, low + i)) {
			set_hop(memory, patch, low + i);
			return 1;
		}
	return 0;
}

/* ---- the plan ---- */

static enum call_patch_failure plan(struct memory *memory,
				    struct call_patch *patch)
{
	enum call_patch_failure failure = plan_behind(memory, patch);

	if (!failure && code_patch_is_data(memory, patch->start))
		failure = CALL_PATCH_DATA;
	if (!failure && is_entered(memory, patch))
		failure = CALL_PATCH_ENTERED;
	if (!failure && is_only_at_call_end(patch))
		return CALL_PATCH_POSSIBLE;
	if (plan_any_before(memory, patch) || plan_hop(memory, patch))
		return CALL_PATCH_POSSIBLE;
	return failure;
}

static enum call_patch_failure begin_call(struct memory *memory,
					  remote_addr call_end,
					  struct call_patch *patch)
{
	uint8_t bytes[CALL_LENGTH];

	memset(patch, 0, sizeof(*patch));
	patch->call_end = call_end;
	patch->call_length = CALL_LENGTH;
	return memory_read(memory, call_end - CALL_LENGTH, bytes,
			   sizeof(bytes)) &&
	       is_call(bytes) ? CALL_PATCH_POSSIBLE : CALL_PATCH_NO_CALL;
}

enum call_patch_failure call_patch_plan(struct memory *memory,
					remote_addr call_end, uint64_t number,
					struct call_patch *patch_out)
{
	enum call_patch_failure failure = begin_call(memory, call_end,
						     patch_out);

	if (failure || plan_number_load(memory, patch_out, number))
		return failure;
	return plan(memory, patch_out);
}

/* The register that says where it is: one that it writes, all of it. */
static enum register_name data_register(const struct instruction *instruction)
{
	switch (instruction->kind) {
	case INSTRUCTION_RDRAND:
	case INSTRUCTION_RDSEED:
	case INSTRUCTION_RDPID:
		return (enum register_name)instruction->destination;
	default:
		return R_RDX;
	}
}

static enum call_patch_failure begin_instruction(struct memory *memory,
						 remote_addr call_end,
						 struct instruction found,
						 struct call_patch *out)
{
	uint8_t bytes[INSTRUCTION_MAX];

	memset(out, 0, sizeof(*out));
	out->call_end = call_end;
	out->call_length = found.length;
	out->instruction = found;
	if (!memory_read(memory, call_end - found.length, bytes,
			 found.length) ||
	    instruction_decode(bytes, found.length).kind != found.kind)
		return CALL_PATCH_NO_CALL;
	return found.operand_bytes == 2 || data_register(&found) > R_RDI ?
		CALL_PATCH_NOT_MOVING : CALL_PATCH_POSSIBLE;
}

enum call_patch_failure call_patch_plan_instruction(struct memory *memory,
						    remote_addr call_end,
						    struct instruction found,
						    struct call_patch *out)
{
	enum call_patch_failure failure = begin_instruction(memory, call_end,
							    found, out);

	return failure ? failure : plan(memory, out);
}

/* ---- a plan that was made before ---- */

enum way { WAY_BEHIND = 1, WAY_BEFORE, WAY_HOP };

/* FNV-1a of what is replaced. */
static uint32_t hash_of(const struct call_patch *patch)
{
	uint32_t hash = 0x811c9dc5;

	for (unsigned i = 0; i < patch->length; i++)
		hash = (hash ^ patch->original[i]) * 0x01000193;
	for (unsigned i = 0; patch->hop_at && i < HOP_LENGTH; i++)
		hash = (hash ^ patch->hop_original[i]) * 0x01000193;
	return hash;
}

/* The length of what is before, or the distance of the hop, stands beside. */
uint64_t call_patch_way(const struct call_patch *patch)
{
	uint64_t way = WAY_BEHIND;

	if (patch->hop_at)
		way = WAY_HOP | (uint64_t)patch->hop[1] << 8;
	else if (patch->is_before)
		way = WAY_BEFORE | (uint64_t)patch->length << 8;
	return way | (uint64_t)hash_of(patch) << 32;
}

static enum call_patch_failure again_before(struct memory *memory,
					    struct call_patch *patch,
					    unsigned length)
{
	remote_addr call = patch->call_end - patch->call_length;
	unsigned real_length;

	if (length < CODE_JUMP_LENGTH || length > INSTRUCTION_MAX ||
	    code_patch_decode(memory, call - length, &real_length) !=
		    CODE_MOVES ||
	    real_length != length)
		return CALL_PATCH_NOT_MOVING;
	return plan_before(memory, patch, length);
}

static enum call_patch_failure again_hop(struct memory *memory,
					 struct call_patch *patch,
					 uint8_t distance)
{
	remote_addr room = patch->call_end - patch->call_length + HOP_LENGTH +
			   (remote_addr)(int8_t)distance;

	if (!is_filling(memory, room, room + CODE_JUMP_LENGTH))
		return CALL_PATCH_ENTERED;
	set_hop(memory, patch, room);
	return CALL_PATCH_POSSIBLE;
}

static enum call_patch_failure again(struct memory *memory,
				     struct call_patch *patch, uint64_t way)
{
	switch (way & 0xff) {
	case WAY_BEHIND:
		return plan_behind(memory, patch);
	case WAY_BEFORE:
		return again_before(memory, patch, way >> 8 & 0xff);
	case WAY_HOP:
		return again_hop(memory, patch, (uint8_t)(way >> 8));
	default:
		return CALL_PATCH_NOT_MOVING;
	}
}

enum call_patch_failure call_patch_plan_again(struct memory *memory,
					      remote_addr call_end,
					      struct instruction found,
					      uint64_t way,
					      struct call_patch *out)
{
	enum call_patch_failure failure = found.kind ?
		begin_instruction(memory, call_end, found, out) :
		begin_call(memory, call_end, out);

	if (!failure)
		failure = again(memory, out, way);
	return !failure && call_patch_way(out) != way ?
		CALL_PATCH_NOT_MOVING : failure;
}

static int is_replaced(const struct call_patch *patch, remote_addr addr,
		       size_t length)
{
	return patch->start < addr + length &&
	       addr < patch->start + patch->length;
}

int call_patch_overlaps(const struct call_patch *a, const struct call_patch *b)
{
	return is_replaced(a, b->start, b->length) ||
	       is_replaced(a, b->hop_at, sizeof(b->hop)) ||
	       is_replaced(b, a->hop_at, sizeof(a->hop)) ||
	       (a->hop_at && a->hop_at == b->hop_at);
}

int call_patch_touches(const struct call_patch *patch, remote_addr start,
		       remote_addr end)
{
	unsigned length = patch->call_length + patch->moved_length;
	remote_addr call_start = patch->call_end - patch->call_length;

	return is_replaced(patch, start, end - start) ||
	       (call_start < end && start < call_start + length);
}

const char *call_patch_failure_text(enum call_patch_failure failure)
{
	static const char *const texts[CALL_PATCH_FAILURES] = {
		[CALL_PATCH_POSSIBLE] = "possible",
		[CALL_PATCH_NO_CALL] = "no syscall instruction",
		[CALL_PATCH_NOT_MOVING] =
			"following instructions can't be moved",
		[CALL_PATCH_AT_END] = "it leaves, and other code follows",
		[CALL_PATCH_ENTERED] = "following instructions are jumped to",
		[CALL_PATCH_DATA] = "instructions there are read as data",
		[CALL_PATCH_NO_PLACE] = "no fit place in reach",
	};

	return failure < CALL_PATCH_FAILURES ? texts[failure] : "unknown";
}

/* ---- the bytes ---- */

/* Whether a jump of this distance has all its traps; signal of the last. */
static int is_fit(uint8_t entries, int64_t distance, int *last_signal)
{
	uint8_t last = (uint8_t)((uint32_t)distance >> 24);
	const uint8_t *stop = memchr(code_patch_stop_bytes, last,
				     CODE_STOP_BYTES);

	if (distance > REACH || distance < -REACH)
		return 0;
	for (unsigned i = 0; i < 3; i++)
		if ((entries >> (i + 1) & 1) &&
		    (uint8_t)((uint32_t)distance >> (8 * i)) != CODE_INT3)
			return 0;
	*last_signal = last == CODE_INT3 ? SIGTRAP : SIGILL;
	return !(entries >> 4 & 1) || stop;
}

static int64_t distance_to(const struct call_patch *patch, remote_addr place)
{
	return (int64_t)(place - (patch->start + CODE_JUMP_LENGTH));
}

static remote_addr here(const struct call_patch *patch)
{
	return patch->trampoline + patch->code_length;
}

static void put(struct call_patch *patch, const void *bytes, size_t length)
{
	memcpy(patch->code + patch->code_length, bytes, length);
	patch->code_length += length;
}

static void put_long(struct call_patch *patch, uint32_t value)
{
	put(patch, &value, sizeof(value));
}

/* Returns the length of the original, 0 when it can't be there. */
static unsigned move_piece(struct memory *memory, struct call_patch *patch,
			   remote_addr addr, int signal)
{
	struct call_patch_piece *piece = &patch->pieces[patch->piece_count++];
	size_t moved = code_patch_move(memory, addr, here(patch),
				       patch->code + patch->code_length);
	unsigned length;

	*piece = (struct call_patch_piece){ addr, here(patch), signal };
	patch->code_length += moved;
	return moved && code_patch_decode(memory, addr, &length) ? length : 0;
}

static const uint8_t load_end[] = { 0x48, 0xb9 };
static const uint8_t load_continuation[] = { 0x4c, 0x8d, 0x1d };
static const uint8_t enter[] = { 0xff, 0x24, 0x25 };
static const uint8_t call[] = { 0x0f, 0x05 };

/* As src/agent_layout.h has it; the flags are as they were. */
static void put_call(struct call_patch *patch)
{
	put(patch, load_end, sizeof(load_end));
	put(patch, &patch->call_end, sizeof(patch->call_end));
	put(patch, load_continuation, sizeof(load_continuation));
	put_long(patch, sizeof(enter) + 4 + sizeof(call));
	put(patch, enter, sizeof(enter));
	put_long(patch, AGENT_ENTRY_SLOT);
	put(patch, call, sizeof(call));
	patch->continuation = here(patch);
}

static uint8_t number_of_register(enum register_name name)
{
	static const uint8_t numbers[] = {
		15, 14, 13, 12, 5, 3, 11, 10, 9, 8, 0, 1, 2, 6, 7,
	};

	return numbers[name];
}

/* Itself, if it can be trapped as it is; else what stands for it. */
static int put_trap(struct memory *memory, struct call_patch *patch)
{
	enum instruction_kind kind = patch->instruction.kind;
	uint8_t bytes[INSTRUCTION_MAX], trap[INSTRUCTION_MAX], known[16];
	unsigned length = patch->call_length;

	if (!memory_read(memory, patch->call_end - length, bytes, length))
		return 0;
	if (kind == INSTRUCTION_RDTSC || kind == INSTRUCTION_RDTSCP) {
		put(patch, bytes, length);
		return 1;
	}
	instruction_make_trap(bytes, length, trap);
	put(patch, trap, length);
	return instruction_of_trap(trap, length, known).kind == kind;
}

static int put_instruction(struct memory *memory, struct call_patch *patch)
{
	enum register_name name = data_register(&patch->instruction);
	uint8_t number = number_of_register(name);
	const uint8_t load_data[] = {
		number > 7 ? 0x4c : 0x48, 0x8d, (number & 7) << 3 | 5,
	};
	struct agent_instruction data = {
		patch->call_end - patch->call_length,
		(uint8_t)patch->instruction.kind,
		patch->instruction.destination,
		patch->instruction.operand_bytes,
		patch->instruction.length,
	};

	put(patch, load_data, sizeof(load_data));
	put_long(patch, sizeof(enter) + 4);
	put(patch, enter, sizeof(enter));
	put_long(patch, (uint32_t)AGENT_INSTRUCTION_SLOT(name));
	put(patch, &data, sizeof(data));
	if (!put_trap(memory, patch))
		return 0;
	patch->continuation = here(patch);
	return 1;
}

static remote_addr behind_call(struct memory *memory, remote_addr rip)
{
	struct call_patch patch = { .code_length = 0 };
	uint8_t bytes[CALL_PATCH_ROOM];

	put_call(&patch); /* to know its length, and the bytes but call_end */
	if (!memory_read(memory, rip - patch.code_length, bytes,
			 patch.code_length))
		return 0;
	memcpy(&patch.call_end, bytes + sizeof(load_end),
	       sizeof(patch.call_end));
	patch.code_length = 0;
	put_call(&patch);
	return memcmp(bytes, patch.code, patch.code_length) ? 0 :
							      patch.call_end;
}

static remote_addr behind_instruction(struct memory *memory, remote_addr rip,
				      unsigned length)
{
	struct {
		uint8_t enter[3], slot[4];
		struct agent_instruction data;
	} __attribute__((packed)) found;

	if (!memory_read(memory, rip - length - sizeof(found), &found,
			 sizeof(found)) ||
	    memcmp(found.enter, enter, sizeof(enter)) ||
	    memcmp(found.slot + 1, &(const uint32_t){ AGENT_TEXT >> 8 }, 3) ||
	    found.data.length != length)
		return 0;
	return found.data.address + length;
}

remote_addr call_patch_call_end(struct memory *memory, remote_addr rip)
{
	remote_addr end = behind_call(memory, rip);

	for (unsigned length = 2; length < INSTRUCTION_MAX && !end; length++)
		end = behind_instruction(memory, rip, length);
	return end;
}

static remote_addr at_instruction(struct memory *memory, remote_addr rip)
{
	struct {
		uint8_t load_data[3];
		uint32_t distance;
		uint8_t enter[3], slot[4];
		struct agent_instruction data;
	} __attribute__((packed)) found;

	if (!memory_read(memory, rip, &found, sizeof(found)) ||
	    (found.load_data[0] & 0xfb) != 0x48 ||
	    found.load_data[1] != 0x8d ||
	    (found.load_data[2] & 0xc7) != 5 ||
	    found.distance != sizeof(enter) + 4 ||
	    memcmp(found.enter, enter, sizeof(enter)) ||
	    memcmp(found.slot + 1, &(const uint32_t){ AGENT_TEXT >> 8 }, 3))
		return 0;
	return found.data.address;
}

remote_addr call_patch_call_at(struct memory *memory, remote_addr rip)
{
	struct call_patch patch = { .code_length = 0 };
	uint8_t start[sizeof(load_end)];
	remote_addr end;

	if (!memory_read(memory, rip, start, sizeof(start)))
		return 0;
	if (memcmp(start, load_end, sizeof(start)))
		return at_instruction(memory, rip);
	put_call(&patch); /* to know its length */
	end = behind_call(memory, rip + patch.code_length);
	return end ? end - sizeof(call) : 0;
}

/* Where the trampoline ends, when its last instruction does not leave. */
static remote_addr way_back(const struct call_patch *patch)
{
	return patch->call_end + patch->moved_length;
}

static int put_code(struct memory *memory, struct call_patch *patch,
		    int last_signal)
{
	unsigned at = 0, length = 1;

	if (patch->is_before)
		length = move_piece(memory, patch, patch->start, 0);
	if (!patch->instruction.kind)
		put_call(patch);
	else if (!put_instruction(memory, patch))
		return CALL_PATCH_NO_PLACE;
	for (; length && at < patch->moved_length; at += length)
		length = move_piece(memory, patch, patch->call_end + at,
				    patch->call_length + at == 4 ?
				    last_signal : SIGTRAP);
	if (!length)
		return CALL_PATCH_NO_PLACE;
	if (patch->is_end)
		return CALL_PATCH_POSSIBLE;
	length = (unsigned)code_patch_jump(here(patch), way_back(patch),
					   patch->code + patch->code_length);
	patch->code_length += length;
	return length ? CALL_PATCH_POSSIBLE : CALL_PATCH_NO_PLACE;
}

enum call_patch_failure call_patch_build(struct memory *memory,
					 struct call_patch *patch,
					 remote_addr trampoline)
{
	int last_signal;

	if (!is_fit(patch->entries, distance_to(patch, trampoline),
		    &last_signal) ||
	    !code_patch_jump(patch->start, trampoline, patch->jump))
		return CALL_PATCH_NO_PLACE;
	patch->trampoline = trampoline;
	patch->code_length = 0;
	patch->piece_count = 0;
	return put_code(memory, patch, last_signal);
}

/* ---- where a task is ---- */

remote_addr call_patch_detour(const struct call_patch *patch, remote_addr rip,
			      int signal)
{
	remote_addr from = signal == SIGTRAP ? rip - 1 : rip;

	for (unsigned i = 0; i < patch->piece_count && signal; i++)
		if (patch->pieces[i].signal == signal &&
		    patch->pieces[i].from == from)
			return patch->pieces[i].to;
	return 0;
}

remote_addr call_patch_original(const struct call_patch *patch, remote_addr rip)
{
	remote_addr end = patch->trampoline + patch->code_length;

	for (unsigned i = 0; i < patch->piece_count; i++)
		if (rip == patch->pieces[i].to)
			return patch->pieces[i].from;
	if (rip == patch->continuation)
		return patch->call_end;
	if (!patch->is_end && rip == end - CODE_JUMP_LENGTH)
		return way_back(patch);
	/* Between the call's parts, nothing has happened yet. */
	if (rip >= patch->trampoline && rip < patch->continuation &&
	    !(patch->is_before && rip < patch->trampoline + patch->length))
		return patch->call_end - patch->call_length;
	return 0;
}

/* ---- places ---- */

static int is_free(const struct call_area *area, size_t first, size_t count)
{
	if (count > AREA_UNITS - first)
		return 0;
	for (size_t i = first; i < first + count; i++)
		if (area->used[i / 64] >> i % 64 & 1)
			return 0;
	return 1;
}

static void mark(struct call_area *area, size_t first, size_t count, int used)
{
	for (size_t i = first; i < first + count; i++) {
		uint64_t bit = (uint64_t)1 << i % 64;

		area->used[i / 64] &= ~bit;
		area->used[i / 64] |= used ? bit : 0;
	}
}

static size_t units(size_t length)
{
	return (length + CALL_AREA_UNIT - 1) / CALL_AREA_UNIT;
}

/* The first fit place from addr on, or one out of reach. */
static remote_addr next_place(const struct call_patch *patch, remote_addr addr)
{
	remote_addr origin = patch->start + CODE_JUMP_LENGTH;
	int64_t distance = (int64_t)(addr - origin);
	int last_signal;

	if (distance < -REACH)
		distance = -REACH;
	while (distance <= REACH) {
		remote_addr place = origin + (remote_addr)distance;
		int64_t step = 0x1000000;

		place += -place % CALL_AREA_UNIT;
		distance = (int64_t)(place - origin);
		if (is_fit(patch->entries, distance, &last_signal))
			return place;
		/* The coarsest piece of the distance that is wrong goes on. */
		for (unsigned i = 3; i > 0; i--, step >>= 8)
			if (!is_fit(patch->entries & (uint8_t)(2u << i),
				    distance, &last_signal))
				break;
		distance = (distance | (step - 1)) + 1;
	}
	return origin + (remote_addr)distance;
}

enum call_patch_failure call_patch_place(struct memory *memory,
					 struct call_patch *patch,
					 struct call_area *area)
{
	for (size_t i = 0; i < AREA_UNITS; i++) {
		remote_addr addr = next_place(patch, area->start +
						     i * CALL_AREA_UNIT);

		if (addr - area->start >= CALL_AREA_LENGTH)
			break;
		i = (size_t)(addr - area->start) / CALL_AREA_UNIT;
		if (!is_free(area, i, 1) ||
		    call_patch_build(memory, patch, addr) ||
		    !is_free(area, i, units(patch->code_length)))
			continue;
		mark(area, i, units(patch->code_length), 1);
		return CALL_PATCH_POSSIBLE;
	}
	return CALL_PATCH_NO_PLACE;
}

int call_patch_take(const struct call_patch *patch, struct call_area *area)
{
	size_t first = (size_t)(patch->trampoline - area->start) /
		       CALL_AREA_UNIT;

	if (!is_free(area, first, units(patch->code_length)))
		return 0;
	mark(area, first, units(patch->code_length), 1);
	return 1;
}

void call_patch_release(const struct call_patch *patch, struct call_area *area)
{
	mark(area, (size_t)(patch->trampoline - area->start) / CALL_AREA_UNIT,
	     units(patch->code_length), 0);
}

remote_addr call_area_find(const struct call_patch *patch, remote_addr low,
			   remote_addr high)
{
	remote_addr place, start;

	low += -low % PAGE;
	high -= high % PAGE;
	if (high < low || high - low < CALL_AREA_LENGTH)
		return 0;
	place = next_place(patch, low);
	if (distance_to(patch, place) > REACH || place < low ||
	    place >= high || high - place < CALL_PATCH_ROOM)
		return 0;
	start = place - place % PAGE;
	return start > high - CALL_AREA_LENGTH ? high - CALL_AREA_LENGTH
					       : start;
}
