/* SPDX-License-Identifier: MIT */
/*
 * Several buffered calls of one task in a row, as the trace has them: records
 * (traces/call_record.h) that are taken as single events, or as they are.
 */
#ifndef REEL_CALL_BATCH_H
#define REEL_CALL_BATCH_H

#include "traces/call_record.h"
#include "traces/event.h"

struct call_batch {
	const uint8_t *bytes; /* not owned */
	size_t length;
	uint32_t task;
	uint64_t time_ns;
	uint64_t first, end; /* numbers of its events; the same: no batch */
	uint64_t next;	     /* of the event that comes next */
	size_t next_at;	     /* and where it is in bytes */
	uint64_t last;	     /* of the one taken last, 0 for none */
	size_t last_at;
	struct effect effects[CALL_RECORD_PIECES + 1]; /* of that one */
	uint64_t after[EVENT_REGISTERS]; /* an instruction */
};

/*
 * Begins with records of event head's task and time, count of them, of which
 * head is the first.  Says what is wrong with them, or NULL.
 */
const char *call_batch_begin(struct call_batch *batch,
			     const struct event *head, const void *bytes,
			     size_t length, uint64_t count);

/* The same with one record, which was found good; it has head's number. */
void call_batch_single(struct call_batch *batch, const struct event *head,
		       const struct call_record *record);

/* Takes the next event, of which there must be one. */
void call_batch_next(struct call_batch *batch, struct event *event_out);

/* Makes event `number`, which must be of the batch, the next one. */
void call_batch_seek(struct call_batch *batch, uint64_t number);

#endif
