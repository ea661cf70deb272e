/* SPDX-License-Identifier: MIT */
/*
 * Reads a trace directory.  Hostile-input safe: every length, offset and index
 * is checked against the file before it is used; a trace of a killed recorder
 * is read up to its last complete frame.
 */
#ifndef REEL_READER_H
#define REEL_READER_H

#include "traces/event.h"
#include "traces/info.h"
#include "traces/store.h"

struct trace_reader;

int trace_reader_open(const char *path, struct trace_reader **reader_out);
void trace_reader_close(struct trace_reader *reader);

/*
 * The bytes of effects and records may be put there from now on, in
 * TRACE_READER_ROOM bytes that outlive the reader.  What is there must not
 * change while events, or records, that were read are looked at.
 */
#define TRACE_READER_ROOM ((size_t)1 << 20)
void trace_reader_lend(struct trace_reader *reader, void *bytes);

/* Description of the trace; lives as long as the reader. */
const struct trace_info *trace_reader_info(const struct trace_reader *reader);

/*
 * True when the recorder ended the trace properly, with the program's end.
 * Such a trace was checked as a whole when it was opened: nothing is missing.
 */
int trace_reader_is_complete(const struct trace_reader *reader);

#define TRACE_END 1

/*
 * The next event; its effects and bytes live until the next call of
 * trace_reader_next, trace_reader_seek or trace_reader_close.  56 bytes or
 * more are aligned to 8, so that structs can be used where they are.
 * Returns TRACE_END after the last one.
 */
int trace_reader_next(struct trace_reader *reader, struct event *event_out);

/*
 * After a buffered event: the records (traces/call_record.h) from it on to the
 * last that follows without another event in between, checked and aligned to
 * 8, and the number of the first and how many they are.  They live as an
 * event's bytes do, and the next event is the one after them.  -EINVAL when the
 * last event was not a buffered one.
 */
int trace_reader_next_calls(struct trace_reader *reader, const void **bytes_out,
			    size_t *length_out, uint64_t *first_number_out,
			    uint64_t *count_out);

/*
 * Says what trace_reader_next would return, and leaves it there: the event
 * without effects, and of a buffered one only number, kind, task and time.
 * Records of trace_reader_next_calls and the bytes of a buffered event stay;
 * those of another event may be gone.
 */
int trace_reader_peek(struct trace_reader *reader, struct event *event_out);

/* Makes event `number` the next one; past the last one: -ERANGE, reported. */
int trace_reader_seek(struct trace_reader *reader, uint64_t number);

/* Number of events (counted by scanning when the trace is incomplete). */
uint64_t trace_reader_event_count(struct trace_reader *reader);

/*
 * Size of the snapshot's content, without reading it.  -ENOENT or -EBADMSG
 * when it is missing or cut off, not reported.
 */
int trace_reader_snapshot_size(struct trace_reader *reader,
			       const uint8_t sha256[32], uint64_t *size_out);

/*
 * Writes the snapshot's exact bytes into fd at offset 0, keeping holes, sets
 * fd's size and checks the hash; a missing or altered snapshot is an error.
 */
int trace_reader_extract(struct trace_reader *reader, const uint8_t sha256[32],
			 int fd);

#define TRACE_TOO_LARGE 1

/*
 * The same, but writes no more than most bytes, holes not counted: where there
 * are more, TRACE_TOO_LARGE.
 */
int trace_reader_extract_at_most(struct trace_reader *reader,
				 const uint8_t sha256[32], int fd,
				 uint64_t most);

/*
 * Calls visit for each snapshot that the trace holds, in the order of their
 * hashes, until it returns other than 0, which is returned.
 */
int trace_reader_snapshots(struct trace_reader *reader,
			   int (*visit)(void *context,
					const uint8_t sha256[32]),
			   void *context);

/*
 * Checks every checksum, index, length and hash of the trace; reports each
 * fault in one line and returns the first one.  progress (may be NULL) is
 * called with parts done and in all.
 */
int trace_verify(const char *path,
		 void (*progress)(uint64_t done, uint64_t all));

#endif
