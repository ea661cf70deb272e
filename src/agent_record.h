/* SPDX-License-Identifier: MIT */
/* The agent: the record of a call (traces/call_record.h), while it is made. */
#ifndef REEL_AGENT_RECORD_H
#define REEL_AGENT_RECORD_H

#include "src/agent_inside.h"
#include "src/agent_table.h"
#include "traces/call_record.h"

#define BULK_LIMIT 64u

struct recording {
	struct agent_frame *frame;
	const struct agent_row *row;
	uint8_t *start, *at, *end;
	uint8_t pieces;
	uint64_t room[AGENT_EXTENTS];
};

/* False when the ring has no more room, or a record can't have as much. */
int agent_begin(struct recording *recording);
/* Room for the bytes of one more piece, whose length is set later; or NULL. */
struct call_piece *agent_begin_piece(struct recording *recording,
				     unsigned argument, uint64_t address,
				     uint64_t room);
void agent_end_piece(struct recording *recording, struct call_piece *piece,
		     enum call_piece_kind kind, uint64_t length);
/* The limit says how much of it a reader needs. */
int agent_add_input(struct recording *recording, unsigned argument,
		    uint64_t address, uint64_t length, uint64_t limit);
/* After the call; there must be room, since it was asked for before. */
void agent_add_output(struct recording *recording, unsigned argument,
		      uint64_t address, uint64_t length);
/* The record is whole, and the call done: always true. */
int agent_done(struct recording *recording, int64_t result);

/* Begins, and saves what the row says is read: false when it can't be. */
int agent_prepare(struct recording *recording);
/* What the call answered is recorded. */
int agent_keep(struct recording *recording, int64_t result);
/* A call that never waits, and may be made twice when a fault ends it. */
int agent_make(struct recording *recording);

#endif
