/* SPDX-License-Identifier: MIT */
/*
 * Buffered calls: system calls that the agent (src/agent.h) made or answered
 * inside the program, without a stop, one record each, in their order.
 *
 * A record is a struct call_record, then its arguments (8 bytes each), then its
 * pieces: memory that the call read or wrote.  A piece is a struct call_piece,
 * then its bytes, padded with zeros to a multiple of 8.  Inputs come before
 * outputs.  The program can write where records are made, so whoever takes them
 * checks them first (call_records_check), and a copy of them when the program
 * could still write there.
 *
 * Records with a number of CALL_RECORD_INSTRUCTION and more are of instructions
 * whose result the program's state does not determine: the rest of the number
 * is their kind, call_end is where they are, and they have no pieces.  Their
 * first argument tells registers, a bit for each place in struct
 * user_regs_struct: in the lower half those that they read, in the upper half
 * those that they write.  The other arguments are values, those read first, in
 * the order of the bits; but the first one written is in the result.
 */
#ifndef REEL_CALL_RECORD_H
#define REEL_CALL_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define CALL_RECORD_ARGUMENTS 6
#define CALL_RECORD_PIECES 64
/* Records that are kept together have at most this many bytes. */
#define CALL_RECORDS_LIMIT ((size_t)1 << 20)

#define CALL_RECORD_INSTRUCTION 0x8000u
#define CALL_RECORD_INSTRUCTIONS 16u /* kinds */
/* Registers they may read: the general ones; and write: the flags, too. */
#define CALL_RECORD_READ 0x7fffu
#define CALL_RECORD_FLAGS 18 /* place of the flags */
#define CALL_RECORD_WRITTEN (CALL_RECORD_READ | 1u << CALL_RECORD_FLAGS)

struct call_record {
	uint32_t size;	 /* of all of it, a multiple of 8 */
	uint16_t number; /* of the call */
	uint8_t arguments, pieces; /* how many */
	uint64_t call_end; /* address behind the syscall instruction */
	uint64_t stack;	   /* rsp */
	int64_t result;
};

enum call_piece_kind {
	PIECE_INPUT = 1, /* as EFFECT_INPUT */
	PIECE_OUTPUT,	 /* as EFFECT_WRITE: what the call wrote there */
	PIECE_STANDARD,	 /* input, all of it, of a write to the session's
			    standard output (argument 1) or error (2): as
			    EFFECT_OUTPUT with bytes */
	PIECE_MAP,	 /* as EFFECT_MAP of no file: the call mapped memory
			    there; a struct call_mapping, then its name */
};

struct call_mapping {
	uint64_t extent;
	uint32_t protection, flags;
};

struct call_piece {
	uint64_t address;
	uint32_t length; /* of the bytes here */
	uint32_t full;	 /* inputs that were cut: their length; else 0 */
	uint8_t kind, argument;
	uint8_t zero[6];
};

_Static_assert(sizeof(struct call_record) == 32 &&
	       sizeof(struct call_piece) == 24 &&
	       sizeof(struct call_mapping) == 16,
	       "they are part of the format");

/*
 * Says what is wrong with these records, or NULL and how many they are.  What
 * follows is for records that were found good.
 */
const char *call_records_check(const void *bytes, size_t length,
			       uint64_t *count_out);

static inline const struct call_record *
call_record_next(const struct call_record *record)
{
	return (const void *)((const char *)record + record->size);
}

static inline const uint64_t *
call_record_arguments(const struct call_record *record)
{
	return (const void *)(record + 1);
}

static inline int call_record_is_instruction(const struct call_record *record)
{
	return record->number >= CALL_RECORD_INSTRUCTION;
}

static inline const struct call_piece *
call_record_pieces(const struct call_record *record)
{
	return (const void *)(call_record_arguments(record) +
			      record->arguments);
}

static inline const void *call_piece_bytes(const struct call_piece *piece)
{
	return piece + 1;
}

/*
 * Calls that change the address space, if they did, are made again in replay,
 * and not answered: mmap, mprotect, munmap, brk, madvise.
 */
static inline int call_record_is_made_again(const struct call_record *record)
{
	return (record->number >= 9 && record->number <= 12) ||
	       record->number == 28;
}

/*
 * One of these mapped memory that is like any other: to read and write, of this
 * process alone, zeros at first (mmap(2)).
 */
static inline int call_record_maps_plain(const struct call_record *record)
{
	const uint64_t *arguments = call_record_arguments(record);

	return record->number == 9 && record->arguments >= 4 &&
	       record->result > 0 && arguments[2] == 3 &&
	       (arguments[3] & ~UINT64_C(0x24000)) == 0x22;
}

/* Of a PIECE_MAP. */
static inline const struct call_mapping *
call_piece_mapping(const struct call_piece *piece)
{
	return call_piece_bytes(piece);
}

/* Bytes of a piece with all that belongs to it. */
static inline uint64_t call_piece_size(const struct call_piece *piece)
{
	return sizeof(*piece) + (((uint64_t)piece->length + 7) & ~UINT64_C(7));
}

static inline const struct call_piece *
call_piece_next(const struct call_piece *piece)
{
	return (const void *)((const char *)piece + call_piece_size(piece));
}

#endif
