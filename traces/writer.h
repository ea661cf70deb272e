/* SPDX-License-Identifier: MIT */
/*
 * Writes a trace directory (traces/format.md).  A background thread compresses
 * and writes, so that append never waits for the disk unless the bounded queue
 * is full.  What was flushed stays readable whatever happens to the process.
 */
#ifndef REEL_WRITER_H
#define REEL_WRITER_H

#include "traces/event.h"
#include "traces/info.h"
#include "traces/store.h"

struct trace_writer;

/*
 * Makes the directory path (which must not exist, or be empty) and starts the
 * trace.  info is copied into trace.json.  The background thread keeps the
 * CPU affinity that the caller has now, so pin to a core afterwards.
 */
int trace_writer_create(const char *path, const struct trace_info *info,
			struct trace_writer **writer_out);

/* Shares snapshots with the store at this path; see store_share. */
void trace_writer_share(struct trace_writer *writer, const char *shared);

/*
 * Appends; sets event->number.  The event and its bytes are copied.  A failure
 * of the background thread (disk full, ...) is returned by the next append.
 */
int trace_writer_append(struct trace_writer *writer, struct event *event);

/*
 * Appends count buffered calls of one task in a row: their records, which
 * call_records_check() found good, at most CALL_RECORDS_LIMIT bytes.  Each is
 * an event with a number of its own.
 */
int trace_writer_append_calls(struct trace_writer *writer, uint32_t task,
			      uint64_t time_ns, const void *bytes,
			      size_t length, uint64_t count);

/*
 * The same for records that stay where they are until the background thread has
 * copied them, checked the copy, and set *is_taken.  They need no check before:
 * a fault, or another number of calls, is returned by the next append.
 */
int trace_writer_hand_over_calls(struct trace_writer *writer, uint32_t task,
				 uint64_t time_ns, const void *bytes,
				 size_t length, uint64_t count, int *is_taken);

/*
 * Returns when everything appended so far is in the files.  What is not
 * flushed is there within a second all the same.
 */
int trace_writer_flush(struct trace_writer *writer);

/* The trace's snapshots; owned by the writer. */
struct store *trace_writer_store(struct trace_writer *writer);

uint64_t trace_writer_event_count(const struct trace_writer *writer);

/* Bytes of the trace so far, compressed, without snapshots. */
uint64_t trace_writer_size(const struct trace_writer *writer);

/*
 * Ends the trace: seek tables, end of trace.json (info's end fields; complete
 * says whether the program was recorded to its end).  After an error the trace
 * stays as readable as it was.
 */
int trace_writer_finish(struct trace_writer *writer,
			const struct trace_info *info);

/* Frees; an unfinished trace stays as if the recorder had been killed. */
void trace_writer_destroy(struct trace_writer *writer);

#endif
