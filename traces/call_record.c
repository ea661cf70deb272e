/* SPDX-License-Identifier: MIT */
/*
 * Checks records of buffered calls.  It runs for each call while the program
 * waits: a record without pieces takes no more than a few comparisons.
 */
#include "traces/call_record.h"

#include "traces/bytes.h"

#define NAME_LIMIT 64u /* of a mapping */

static const char *mapping_fault(const struct call_piece *piece)
{
	if (piece->length < sizeof(struct call_mapping) ||
	    piece->length > sizeof(struct call_mapping) + NAME_LIMIT)
		return "a mapping of impossible length";
	if (call_piece_mapping(piece)->extent > UINT64_MAX - piece->address)
		return "a mapping beyond the address space";
	return NULL;
}

static const char *piece_fault(const struct call_piece *piece, uint64_t left,
			       int is_after_output)
{
	/* kind, argument and zeros */
	uint64_t end = get64((const uint8_t *)piece + 16);

	if (call_piece_size(piece) > left)
		return "a piece longer than its record";
	if (piece->kind < PIECE_INPUT || piece->kind > PIECE_MAP ||
	    end >> 16)
		return "a piece of unknown kind";
	if (piece->kind == PIECE_STANDARD ?
		    piece->argument < 1 || piece->argument > 2 :
		    piece->argument >= CALL_RECORD_ARGUMENTS)
		return "a piece of an argument that is none";
	if (piece->full &&
	    (piece->kind != PIECE_INPUT || piece->full <= piece->length))
		return "a piece that was not cut";
	if (is_after_output && piece->kind != PIECE_OUTPUT &&
	    piece->kind != PIECE_MAP)
		return "an input after an output";
	if (piece->address > UINT64_MAX - piece->length)
		return "a piece beyond the address space";
	if (piece->length % 8 &&
	    get64((const uint8_t *)call_piece_next(piece) - 8) >>
		    piece->length % 8 * 8)
		return "a piece with padding other than zeros";
	return piece->kind == PIECE_MAP ? mapping_fault(piece) : NULL;
}

static const char *pieces_fault(const struct call_record *record)
{
	const char *end = (const char *)call_record_next(record);
	const struct call_piece *piece = call_record_pieces(record);
	int is_after_output = 0;
	const char *fault;
	unsigned i;

	for (i = 0; i < record->pieces; i++) {
		uint64_t left = (uint64_t)(end - (const char *)piece);

		if (left < sizeof(*piece))
			return "a record too short for its pieces";
		fault = piece_fault(piece, left, is_after_output);
		if (fault)
			return fault;
		is_after_output = piece->kind == PIECE_OUTPUT ||
				  piece->kind == PIECE_MAP;
		piece = call_piece_next(piece);
	}
	return (const char *)piece == end ? NULL :
					    "a record longer than its pieces";
}

static const char *instruction_fault(const struct call_record *record)
{
	uint64_t registers = record->arguments ?
		call_record_arguments(record)[0] : 0;
	uint64_t written = registers >> 32;

	if (record->number >= CALL_RECORD_INSTRUCTION +
			      CALL_RECORD_INSTRUCTIONS)
		return "an instruction of unknown kind";
	if (record->pieces || !written ||
	    ((uint32_t)registers & ~CALL_RECORD_READ) ||
	    (written & ~CALL_RECORD_WRITTEN) ||
	    record->arguments != __builtin_popcountll(registers))
		return "an instruction with other registers than it says";
	return NULL;
}

static const char *record_fault(const struct call_record *record, size_t left)
{
	size_t least = sizeof(*record) + 8 * (size_t)record->arguments;

	if (record->size > left || record->size < least || record->size % 8)
		return "a record of impossible size";
	if (record->arguments > CALL_RECORD_ARGUMENTS ||
	    record->pieces > CALL_RECORD_PIECES)
		return "a record with too many arguments or pieces";
	if (call_record_is_instruction(record) && instruction_fault(record))
		return instruction_fault(record);
	if (!record->pieces)
		return record->size == least ? NULL :
					       "a record longer than it needs";
	return pieces_fault(record);
}

const char *call_records_check(const void *bytes, size_t length,
			       uint64_t *count_out)
{
	const struct call_record *record = bytes;
	const char *end = (const char *)bytes + length;
	const char *fault;
	uint64_t count = 0;

	*count_out = 0;
	if ((uintptr_t)bytes % 8)
		return "records that are not aligned";
	while ((const char *)record < end) {
		size_t left = (size_t)(end - (const char *)record);

		if (left < sizeof(*record))
			return "a record that is cut off";
		fault = record_fault(record, left);
		if (fault)
			return fault;
		record = call_record_next(record);
		count++;
	}
	*count_out = count;
	return NULL;
}
