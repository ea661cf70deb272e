/* SPDX-License-Identifier: MIT */
/*
 * The agent: the record of a call.  Inputs are saved before the call is made,
 * and so is the room for its outputs: none is made that could not be kept.
 */
#include "src/agent_record.h"

#include <linux/errno.h>

int agent_begin(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint64_t *argument;

	recording->start = ring + shared->position;
	recording->end = ring + shared->limit;
	recording->pieces = 0;
	if (shared->position + 2 * TEXT_LIMIT > shared->limit)
		return 0;
	argument = (uint64_t *)(recording->start + sizeof(struct call_record));
	for (unsigned i = 0; i < recording->row->arguments; i++)
		*argument++ = argument_of(frame, i);
	recording->at = (uint8_t *)argument;
	return 1;
}

struct call_piece *agent_begin_piece(struct recording *recording,
				     unsigned argument, uint64_t address,
				     uint64_t room)
{
	struct call_piece *piece = (struct call_piece *)recording->at;

	if (room > ROOM_LIMIT || recording->pieces == CALL_RECORD_PIECES ||
	    (uint64_t)(recording->end - recording->at) <
		    sizeof(*piece) + padded(room))
		return 0;
	piece->address = address;
	piece->full = 0;
	__builtin_memset(&piece->kind, 0, 8);
	piece->argument = (uint8_t)argument;
	return piece;
}

void agent_end_piece(struct recording *recording, struct call_piece *piece,
		     enum call_piece_kind kind, uint64_t length)
{
	uint8_t *bytes = (uint8_t *)(piece + 1);

	piece->kind = (uint8_t)kind;
	piece->length = (uint32_t)length;
	if (length & 7)
		*(uint64_t *)(bytes + (length & ~7ull)) &=
			(1ull << 8 * (length & 7)) - 1;
	recording->pieces++;
	recording->at = bytes + padded(length);
}

int agent_add_input(struct recording *recording, unsigned argument,
		    uint64_t address, uint64_t length, uint64_t limit)
{
	uint64_t kept = length < limit ? length : limit;
	struct call_piece *piece;

	if (!address || !length)
		return 1;
	piece = agent_begin_piece(recording, argument, address, kept);
	if (!piece || length != (uint32_t)length ||
	    !agent_may_read(address, kept))
		return 0;
	copy_words(piece + 1, (const void *)address, kept);
	if (kept < length)
		piece->full = (uint32_t)length;
	agent_end_piece(recording, piece, PIECE_INPUT, kept);
	return 1;
}

static int add_string(struct recording *recording, unsigned argument,
		      uint64_t address)
{
	struct call_piece *piece;
	uint64_t length, readable = TEXT_LIMIT;

	if (!address)
		return 1;
	piece = agent_begin_piece(recording, argument, address, TEXT_LIMIT);
	if (!piece)
		return 0;
	/* in two pages at most */
	if (!agent_may_read(address, 1))
		return 0;
	if (!agent_may_read(address, TEXT_LIMIT))
		readable = PAGE - address % PAGE;
	length = agent_copy_string((char *)(piece + 1), (const char *)address,
				   readable);
	if (length > readable)
		return 0;
	agent_end_piece(recording, piece, PIECE_INPUT, length);
	return 1;
}

void agent_add_output(struct recording *recording, unsigned argument,
		      uint64_t address, uint64_t length)
{
	struct call_piece *piece;

	if (!address || !length)
		return;
	piece = agent_begin_piece(recording, argument, address, length);
	if (!piece)
		__builtin_trap();
	copy_words(piece + 1, (const void *)address, length);
	agent_end_piece(recording, piece, PIECE_OUTPUT, length);
}

int agent_done(struct recording *recording, int64_t result)
{
	struct call_record *record = (struct call_record *)recording->start;
	struct agent_frame *frame = recording->frame;

	record->size = (uint32_t)(recording->at - recording->start);
	record->number = (uint16_t)frame->rax;
	record->arguments = recording->row->arguments;
	record->pieces = recording->pieces;
	record->call_end = frame->call_end;
	record->stack = shared->saved_stack;
	record->result = result;
	shared->is_made = 0;
	if (result == -EFAULT) {
		shared->has_faulted = 1;
		return 0;
	}
	frame->rax = (uint64_t)result;
	agent_made(record->size);
	return 1;
}

/* ---- extents of a row ---- */

static uint64_t limited(const struct agent_extent *extent, uint64_t length)
{
	return extent->limit && length > extent->limit ? extent->limit :
							 length;
}

static uint64_t room_of(const struct agent_frame *frame,
			const struct agent_extent *extent)
{
	uint64_t count = argument_of(frame, extent->count);

	switch (extent->room) {
	case AGENT_ROOM_FIXED:
		return extent->unit;
	case AGENT_ROOM_SIZE:
		break;
	case AGENT_ROOM_INT:
		count = (int32_t)count < 0 ? 0 : (uint32_t)count;
		break;
	case AGENT_ROOM_UNSIGNED:
		count = (uint32_t)count;
		break;
	case AGENT_ROOM_LENGTH_AT:
		if (count && !agent_may_read(count, sizeof(uint32_t)))
			return ROOM_LIMIT + 1;
		count = count ? *(const uint32_t *)count : 0;
		break;
	case AGENT_ROOM_STRING:
		return 0; /* as long as it is */
	case AGENT_ROOM_FD_SET:
		count = (int32_t)count < 0 ? 0 : ((uint32_t)count + 63) / 64;
		return count > 1024 ? ROOM_LIMIT + 1 : count * 8;
	}
	if (count > ROOM_LIMIT)
		return extent->limit && count < UINT32_MAX ?
			limited(extent, count * extent->unit) :
			ROOM_LIMIT + 1;
	return limited(extent, count * extent->unit);
}

static int is_used(const struct agent_frame *frame,
		   const struct agent_extent *extent)
{
	return argument_of(frame, extent->argument) &&
	       (!extent->needs || (argument_of(frame, extent->needs_argument) &
				   extent->needs));
}

/* Inputs are saved; false when outputs could be too much. */
static int measure(struct recording *recording)
{
	const struct agent_row *row = recording->row;
	const struct agent_frame *frame = recording->frame;
	uint64_t outputs = 0;

	for (unsigned i = 0; i < row->extents; i++) {
		const struct agent_extent *extent = &row->extent[i];
		uint64_t address = argument_of(frame, extent->argument);

		recording->room[i] = 0;
		if (!is_used(frame, extent))
			continue;
		if (extent->room == AGENT_ROOM_STRING) {
			if (!add_string(recording, extent->argument, address))
				return 0;
			continue;
		}
		recording->room[i] = room_of(frame, extent);
		if (recording->room[i] > ROOM_LIMIT)
			return 0;
		if (extent->direction & AGENT_OUT)
			outputs += sizeof(struct call_piece) +
				   padded(recording->room[i]);
		if ((extent->direction & AGENT_IN) &&
		    !agent_add_input(recording, extent->argument, address,
				     recording->room[i], extent->is_bulk ?
				     BULK_LIMIT : TEXT_LIMIT))
			return 0;
	}
	return outputs <= (uint64_t)(recording->end - recording->at);
}

static int is_written(const struct agent_extent *extent, int64_t result)
{
	switch (extent->when) {
	case AGENT_WHEN_SUCCESS:
		return !is_error(result);
	case AGENT_WHEN_POSITIVE:
		return !is_error(result) && result > 0;
	case AGENT_WHEN_INTERRUPTED:
		return result == -EINTR;
	case AGENT_WHEN_WAITED:
		return !is_error(result) || result == -EINTR ||
		       result == -ENOMEM;
	default:
		return 1;
	}
}

static uint64_t filled(const struct recording *recording, unsigned i,
		       int64_t result)
{
	const struct agent_extent *extent = &recording->row->extent[i];
	uint64_t length = recording->room[i], at, count;

	switch (extent->filled) {
	case AGENT_FILLED_RETURNED:
		if (is_error(result))
			return 0;
		count = extent->base + extent->unit * (uint64_t)result;
		break;
	case AGENT_FILLED_LENGTH_AT:
		at = argument_of(recording->frame, extent->filled_by);
		count = extent->base + extent->unit *
			(uint64_t)(at ? *(const uint32_t *)at : 0);
		break;
	default:
		return length;
	}
	return count < length ? count : length;
}

static void save_outputs(struct recording *recording, int64_t result)
{
	const struct agent_row *row = recording->row;

	for (unsigned i = 0; i < row->extents; i++) {
		const struct agent_extent *extent = &row->extent[i];

		if (!(extent->direction & AGENT_OUT) || !recording->room[i] ||
		    !is_written(extent, result))
			continue;
		agent_add_output(recording, extent->argument,
				 argument_of(recording->frame,
					     extent->argument),
				 filled(recording, i, result));
	}
}

int agent_keep(struct recording *recording, int64_t result)
{
	if (result != -EFAULT)
		save_outputs(recording, result);
	return agent_done(recording, result);
}

int agent_prepare(struct recording *recording)
{
	return agent_begin(recording) && measure(recording);
}

int agent_make(struct recording *recording)
{
	int64_t result;

	if (!agent_prepare(recording))
		return 0;
	shared->is_made = 1;
	result = make(recording->frame);
	if (recording->frame->rax == __NR_rt_sigprocmask &&
	    recording->frame->rsi)
		agent_mask_changed();
	return agent_keep(recording, result);
}
