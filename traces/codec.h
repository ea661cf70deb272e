/* SPDX-License-Identifier: MIT */
/*
 * One event as bytes and back (traces/format.md has the tables).
 *
 * Numbers are coded against what came before in the same frame: a frame of the
 * events stream decodes alone.  Long byte strings are not here but in the
 * memory stream, in the order of the effects; the codec counts their position.
 */
#ifndef REEL_CODEC_H
#define REEL_CODEC_H

#include "traces/bytes.h"
#include "traces/event.h"

/*
 * Byte strings from this length on are in the memory stream, each at a multiple
 * of 8, so that structs in them can be used where they are: a struct event_file
 * is just long enough.
 */
#define CODEC_BULK_LENGTH 56

/* The most that one event may have there. */
#define CODEC_EVENT_BULK_LIMIT ((uint64_t)4 << 30)

struct codec_task;

/* What the next event of the frame is coded against. */
struct codec {
	uint64_t number; /* of the next event */
	uint64_t time_ns;
	uint64_t memory_position;
	uint64_t address;
	struct codec_task *tasks; /* a hash table */
	size_t task_room, task_count;
	uint32_t generation;
	/* Of the buffered calls just read; 0 after another event. */
	uint64_t call_count;
	uint64_t call_length; /* of their records, in the memory stream */
};

void codec_deinit(struct codec *codec);

/* Begins a frame: forgets, and writes the frame's own base. */
void codec_write_start(struct codec *codec, uint64_t number, uint64_t time_ns,
		       uint64_t memory_position, struct buffer *out);

/* The same when reading. */
void codec_read_start(struct codec *codec, struct cursor *cursor);

static inline int codec_effect_is_bulk(const struct effect *effect)
{
	return effect->length >= CODEC_BULK_LENGTH;
}

/* Bytes of the memory stream that a bulk effect takes. */
static inline uint64_t codec_bulk_size(const struct effect *effect)
{
	return ((uint64_t)effect->length + 7) & ~(uint64_t)7;
}

/* An upper bound for what codec_write appends. */
size_t codec_bound(const struct event *event);

void codec_write(struct codec *codec, const struct event *event,
		 struct buffer *out);

/* An upper bound for what codec_write_calls appends. */
#define CODEC_CALLS_BOUND 64

/* Buffered calls in a row, whose records the memory stream has. */
void codec_write_calls(struct codec *codec, uint32_t task, uint64_t time_ns,
		       size_t length, uint64_t count, struct buffer *out);

/* Room for the effects of one event; grows as they are really met. */
struct codec_effects {
	struct effect *effects;
	size_t room;
};

/*
 * Reads one event.  Bulk effects get a length and bytes NULL: the next bytes
 * of the memory stream.  Of buffered calls it has number (of the first), kind,
 * task and time.  -EBADMSG, not reported, when it is no event.
 */
int codec_read(struct codec *codec, struct cursor *cursor,
	       struct event *event_out, struct codec_effects *effects);

#endif
