/* SPDX-License-Identifier: MIT */
/*
 * Buffered calls: system calls that the agent (src/agent.h) made or answered
 * inside the program, without a stop, one record each, in their order.
 *
 * A record is a struct call_record, then its arguments (8 bytes each), then its
 * pieces: memory that the call read or wrote.  A piece is a struct call_piece,
 * then its bytes, padded with zeros to a multiple of 8.  Inputs come before
 * outputs.  The program can write where records are made, so whoever takes them
 * checks them first (call_records_check).
 */
#ifndef REEL_CALL_RECORD_H
#define REEL_CALL_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define CALL_RECORD_ARGUMENTS 6
#define CALL_RECORD_PIECES 64

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
};

struct call_piece {
	uint64_t address;
	uint32_t length; /* of the bytes here */
	uint32_t full;	 /* inputs that were cut: their length; else 0 */
	uint8_t kind, argument;
	uint8_t zero[6];
};

_Static_assert(sizeof(struct call_record) == 32 &&
	       sizeof(struct call_piece) == 24, "they are part of the format");

#endif
