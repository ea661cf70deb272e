/* SPDX-License-Identifier: MIT */
#include "replay/lost_reason.h"

#include <string.h>

#define INSTRUCTION_MAX 15u
#define CALL_NEAR 0xe8
#define CALL_NEAR_LENGTH 5u
#define CALL_LEAST 2u /* bytes of a call of another kind: ff, and more */
#define CALL_MOST 8u

/* ---- what is told by memory ---- */

static unsigned changed_in(const struct watch *watch,
			   const struct watch_region *region,
			   struct memory *memory)
{
	unsigned changed = 0;
	uint8_t now[8];

	for (unsigned i = 0; i < WATCH_REGISTERS; i++) {
		remote_addr at = watch->registers[i].address;
		unsigned length = watch->registers[i].length;

		if ((region->registers >> i & 1) &&
		    memory_read(memory, at, now, length) &&
		    memcmp(now, region->before + (at - region->address),
			   length))
			changed |= 1u << i;
	}
	return changed;
}

static unsigned changed(const struct watch *watch, struct memory *memory)
{
	unsigned found = 0;

	for (unsigned i = 0; i < watch->count; i++)
		if (!watch->regions[i].is_soft && watch->regions[i].before)
			found |= changed_in(watch, &watch->regions[i], memory);
	return found;
}

/* ---- by what an instruction does ---- */

static unsigned met_by(const struct watch *watch,
		       const struct memory_access *accesses, unsigned count)
{
	unsigned met = 0;

	for (unsigned i = 0; i < WATCH_REGISTERS; i++) {
		remote_addr start = watch->registers[i].address;
		remote_addr end = start + watch->registers[i].length;

		for (unsigned k = 0; k < count; k++)
			if (watch->registers[i].is_used &&
			    accesses[k].address < end &&
			    start < accesses[k].address +
				    accesses[k].length &&
			    (accesses[k].is_written ||
			     watch->registers[i].how != WATCH_HOW_WRITE))
				met |= 1u << i;
	}
	return met;
}

unsigned lost_reason_of_step(const struct watch *watch, struct memory *memory)
{
	struct memory_access accesses[ACCESSES_MAX];
	unsigned count = memory_accesses(memory, &watch->before, accesses);

	return changed(watch, memory) | met_by(watch, accesses, count);
}

static unsigned met_at(const struct watch *watch, struct memory *memory,
		       const struct registers *registers, remote_addr start,
		       unsigned length)
{
	struct memory_access accesses[ACCESSES_MAX];

	return met_by(watch, accesses,
		      memory_accesses_behind(memory, registers, start, length,
					     accesses));
}

/* Whichever ends here, or is here and goes on. */
static unsigned met_before(const struct watch *watch, struct memory *memory,
			   const struct registers *registers)
{
	remote_addr rip = registers->value[R_RIP];
	unsigned met = 0;

	for (unsigned length = 0; length <= INSTRUCTION_MAX; length++)
		met |= met_at(watch, memory, registers, rip - length, length);
	return met;
}

/* From a call, which has put where it returns to on the stack. */
static unsigned met_by_call(const struct watch *watch, struct memory *memory,
			    const struct registers *registers)
{
	remote_addr rip = registers->value[R_RIP], back;
	uint8_t code[CALL_NEAR_LENGTH];
	unsigned met = 0;
	int32_t distance;

	if (!memory_read(memory, registers->value[R_RSP], &back, 8) ||
	    !memory_read(memory, back - sizeof(code), code, sizeof(code)))
		return 0;
	memcpy(&distance, code + 1, sizeof(distance));
	if (code[0] == CALL_NEAR && back + (uint64_t)(int64_t)distance == rip)
		return met_at(watch, memory, registers, back - sizeof(code),
			      sizeof(code));
	for (unsigned length = CALL_LEAST; length <= CALL_MOST; length++)
		if (memory_is_call(memory, back - length, length))
			met |= met_at(watch, memory, registers, back - length,
				      length);
	return met;
}

static unsigned met_by_return(const struct watch *watch, struct memory *memory,
			      const struct registers *registers)
{
	struct memory_access access = {
		.address = registers->value[R_RSP] - 8, .length = 8,
		.is_read = 1,
	};
	remote_addr to;

	return memory_read(memory, access.address, &to, 8) &&
	       to == registers->value[R_RIP] ? met_by(watch, &access, 1) : 0;
}

/*
 * None that is known: one that has changed what its address was made of, or
 * jumped by a pointer.  Such instructions read, nearly all.
 */
static unsigned unknown(const struct watch *watch)
{
	unsigned all = 0, readable = 0;

	for (unsigned i = 0; i < WATCH_REGISTERS; i++) {
		if (!watch->registers[i].is_used)
			continue;
		all |= 1u << i;
		if (watch->registers[i].how != WATCH_HOW_WRITE)
			readable |= 1u << i;
	}
	return readable ? readable : all;
}

static unsigned regions_of(const struct watch *watch, unsigned registers)
{
	unsigned count = 0;

	for (unsigned i = 0; i < watch->count; i++)
		count += !watch->regions[i].is_soft &&
			 (watch->regions[i].registers & registers);
	return count;
}

unsigned lost_reason_of_run(const struct watch *watch, struct memory *memory,
			    const struct registers *registers,
			    int *is_ambiguous_out)
{
	unsigned met = changed(watch, memory) |
		       met_before(watch, memory, registers);

	*is_ambiguous_out = 0;
	if (!met)
		met = met_by_call(watch, memory, registers) |
		      met_by_return(watch, memory, registers);
	if (met)
		return met;
	met = unknown(watch);
	*is_ambiguous_out = regions_of(watch, met) > 1;
	return met;
}
