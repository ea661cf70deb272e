/* SPDX-License-Identifier: MIT */
/* The agent in replay: calls are answered from their records. */
#include "src/agent_inside.h"

#include "traces/call_record.h"

static int are_equal(const void *a, const void *b, size_t length)
{
	const uint64_t *one = a, *other = b;

	for (; length >= 8; length -= 8)
		if (*one++ != *other++)
			return 0;
	for (size_t i = 0; i < length; i++)
		if (((const uint8_t *)one)[i] != ((const uint8_t *)other)[i])
			return 0;
	return 1;
}

static int is_recorded(const struct agent_frame *frame,
		       const struct call_record *record)
{
	const uint64_t *arguments = (const uint64_t *)(record + 1);

	if (record->number != frame->rax ||
	    record->call_end != frame->call_end ||
	    record->stack != shared->saved_stack)
		return 0;
	for (unsigned i = 0; i < record->arguments; i++)
		if (arguments[i] != argument_of(frame, i))
			return 0;
	return 1;
}

/* Inputs come first: what the call read is compared before it writes. */
static int take_pieces(const struct call_record *record)
{
	const struct call_piece *piece = (const struct call_piece *)
		((const uint64_t *)(record + 1) + record->arguments);

	for (unsigned i = 0; i < record->pieces; i++) {
		void *memory = (void *)piece->address;

		if (piece->kind == PIECE_OUTPUT)
			copy_words(memory, piece + 1, piece->length);
		else if (!are_equal(memory, piece + 1, piece->length))
			return 0;
		piece = (const struct call_piece *)((const uint8_t *)
			(piece + 1) + padded(piece->length));
	}
	return 1;
}

/* ---- memory that is mapped again ---- */

static uint64_t range_end(uint64_t start, uint64_t length)
{
	return start + ((length + PAGE - 1) & ~(PAGE - 1ull));
}

static const struct call_record *
next_change(const struct call_record *record)
{
	do
		record = call_record_next(record);
	while ((uint64_t)((const uint8_t *)record - ring) < shared->limit &&
	       !call_record_is_made_again(record));
	return (uint64_t)((const uint8_t *)record - ring) < shared->limit ?
		record : 0;
}

/* The program has no way to know that the memory is there meanwhile. */
static int is_unmapped_for_now(const struct call_record *record)
{
	const uint64_t *arguments = call_record_arguments(record);
	const struct call_record *next;

	if (record->number != __NR_munmap || record->result ||
	    record->arguments < 2 || shared->is_spare_unmapped ||
	    !arguments[0] || arguments[0] != shared->spare_start ||
	    range_end(arguments[0], arguments[1]) != shared->spare_end)
		return 0;
	next = next_change(record);
	return next && call_record_maps_plain(next) &&
	       (uint64_t)next->result == shared->spare_start &&
	       range_end(shared->spare_start,
			 call_record_arguments(next)[1]) == shared->spare_end;
}

/* True when the change need not be made. */
static int spare_change(const struct agent_frame *frame,
			const struct call_record *record)
{
	int is_mapped_again = shared->is_spare_unmapped;

	if (!is_mapped_again && !is_unmapped_for_now(record))
		return 0;
	if (!is_recorded(frame, record))
		return 0;
	if (is_mapped_again)
		clear((void *)shared->spare_start,
		      shared->spare_end - shared->spare_start);
	shared->is_spare_unmapped = !is_mapped_again;
	return 1;
}

static int answer(struct agent_frame *frame, const struct call_record *record)
{
	frame->rax = (uint64_t)record->result;
	agent_took(record->size);
	return 1;
}

/* The call is answered; with a stop when there is no record of it. */
int agent_replay(struct agent_frame *frame)
{
	const struct call_record *record = (const struct call_record *)
		(ring + shared->position);

	if (shared->position >= shared->limit)
		return 0;
	if (call_record_is_made_again(record))
		return spare_change(frame, record) && answer(frame, record);
	if (!is_recorded(frame, record) || !take_pieces(record)) {
		shared->is_different = 1;
		return 0;
	}
	return answer(frame, record);
}
