/* SPDX-License-Identifier: MIT */
/*
 * The reader: frames of the events stream decoded one by one, with the bytes
 * of their effects out of the memory stream.  Buffered calls are one event
 * there, whose records are handed out as events one by one.
 */
#include "traces/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "traces/call_batch.h"
#include "traces/codec.h"
#include "traces/object.h"

/* Room for one event's bytes is kept up to this. */
#define GATHER_KEPT ((size_t)4 << 20)

/* An event that was decoded and not handed out. */
struct pending {
	int is_there;
	struct event event;
	uint64_t start, length; /* of its bytes in the memory stream */
	uint64_t call_count;	/* in those, when it is buffered */
};

struct trace_reader {
	char *path;
	int directory;
	int objects; /* -1 until asked for */
	struct trace_info info;
	struct trace_seals seals;
	struct stream_reader events, memory;
	size_t frame_count; /* of events, whose memory is there, too */
	uint64_t event_count;
	size_t frame; /* being decoded */
	struct codec codec;
	struct cursor cursor; /* in its content; NULL when none is begun */
	int err; /* of the last trace_reader_next; for good, until a seek */
	struct codec_effects effects;
	struct buffer gathered; /* bytes of one event out of several frames */
	struct pending pending;
	struct call_batch batch; /* before the pending one */
};

static int damaged(struct trace_reader *reader, const char *what)
{
	return report(-EBADMSG, "trace %s, event %llu: %s", reader->path,
		      (unsigned long long)reader->codec.number, what);
}

/*
 * An events frame counts when all memory that it needs is there; in the trace
 * of a killed recorder the frames after that do not exist.
 */
static void count_frames(struct trace_reader *reader)
{
	const struct stream_frame *frame;

	while (reader->frame_count < reader->events.count) {
		frame = &reader->events.frames[reader->frame_count];
		if (frame->memory_end > reader->memory.size)
			break;
		reader->event_count += frame->event_count;
		reader->frame_count++;
	}
}

static int check_index(struct trace_reader *reader)
{
	const struct stream_reader *events = &reader->events;

	count_frames(reader);
	if (events->count && events->frames[0].first_event != 1)
		return report(
			-EBADMSG, "trace %s begins with event %llu",
			reader->path,
			(unsigned long long)events->frames[0].first_event);
	if (!reader->seals.present)
		return 0;
	if (reader->frame_count < events->count ||
	    reader->memory.size !=
		    (events->count
			     ? events->frames[events->count - 1].memory_end
			     : 0))
		return report(-EBADMSG,
			      "trace %s: events and memory do not"
			      " match",
			      reader->path);
	if (reader->event_count != reader->info.event_count)
		return report(-EBADMSG, "trace %s has %llu events, not %llu",
			      reader->path,
			      (unsigned long long)reader->event_count,
			      (unsigned long long)reader->info.event_count);
	return 0;
}

static int open_parts(struct trace_reader *reader)
{
	const struct trace_seals *seals = &reader->seals;
	int err;

	reader->directory =
		open(reader->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (reader->directory < 0)
		return report(-errno, "open trace %s", reader->path);
	err = trace_info_read(reader->directory, &reader->info, &reader->seals);
	if (err)
		return err;
	/* Events first: they need no memory that is written after them. */
	err = stream_reader_open(&reader->events, reader->directory, "events",
				 seals->present ? &seals->events : NULL);
	if (err)
		return err;
	err = stream_reader_open(&reader->memory, reader->directory, "memory",
				 seals->present ? &seals->memory : NULL);
	return err ? err : check_index(reader);
}

int trace_reader_open(const char *path, struct trace_reader **reader_out)
{
	struct trace_reader *reader = xcalloc(1, sizeof(*reader));
	int err;

	*reader_out = NULL;
	reader->path = xstrdup(path);
	reader->directory = reader->objects = -1;
	err = open_parts(reader);
	if (err) {
		trace_reader_close(reader);
		return err;
	}
	reader->codec.number = 1;
	*reader_out = reader;
	return 0;
}

void trace_reader_close(struct trace_reader *reader)
{
	if (!reader)
		return;
	stream_reader_deinit(&reader->events);
	stream_reader_deinit(&reader->memory);
	trace_info_deinit(&reader->info);
	codec_deinit(&reader->codec);
	free(reader->effects.effects);
	free(reader->gathered.bytes);
	fd_close(&reader->objects);
	fd_close(&reader->directory);
	free(reader->path);
	free(reader);
}

void trace_reader_lend(struct trace_reader *reader, void *bytes)
{
	_Static_assert(TRACE_READER_ROOM == STREAM_FRAME_SIZE, "one frame");
	stream_reader_lend(&reader->memory, bytes);
}

const struct trace_info *trace_reader_info(const struct trace_reader *reader)
{
	return &reader->info;
}

int trace_reader_is_complete(const struct trace_reader *reader)
{
	return reader->info.complete;
}

uint64_t trace_reader_event_count(struct trace_reader *reader)
{
	return reader->event_count;
}

/* Begins to decode a frame; what it says of itself must be as in its head. */
static int begin_frame(struct trace_reader *reader, size_t index)
{
	const struct stream_frame *frame = &reader->events.frames[index];
	uint64_t memory_start =
		index ? reader->events.frames[index - 1].memory_end : 0;
	int err;

	reader->cursor.next = NULL;
	err = stream_reader_load(&reader->events, index);
	if (err)
		return err;
	reader->frame = index;
	reader->cursor = (struct cursor){
		.next = reader->events.content,
		.end = reader->events.content + frame->size,
	};
	codec_read_start(&reader->codec, &reader->cursor);
	if (reader->cursor.damaged || !frame->event_count ||
	    reader->codec.number != frame->first_event ||
	    reader->codec.memory_position != memory_start) {
		reader->cursor.next = NULL;
		return damaged(reader, "a frame does not begin as its head"
				       " says");
	}
	return 0;
}

static int end_frame(struct trace_reader *reader)
{
	const struct stream_frame *frame =
		&reader->events.frames[reader->frame];

	if (reader->codec.number != frame->first_event + frame->event_count ||
	    reader->codec.memory_position != frame->memory_end)
		return damaged(reader, "a frame does not end as its head says");
	return 0;
}

/* Gets ready to decode an event: 0, TRACE_END or an error. */
static int reach_event(struct trace_reader *reader)
{
	int err;

	if (reader->cursor.next && reader->cursor.next < reader->cursor.end)
		return 0;
	if (reader->cursor.next) {
		err = end_frame(reader);
		if (err)
			return err;
		if (reader->frame + 1 >= reader->frame_count)
			return TRACE_END;
		return begin_frame(reader, reader->frame + 1);
	}
	if (!reader->frame_count)
		return TRACE_END;
	return begin_frame(reader, reader->frame);
}

/* Decodes an event, which becomes the pending one. */
static int decode(struct trace_reader *reader)
{
	const struct stream_frame *frame =
		&reader->events.frames[reader->frame];
	struct pending *pending = &reader->pending;
	const char *fault;

	pending->is_there = 0;
	pending->start = reader->codec.memory_position;
	if (codec_read(&reader->codec, &reader->cursor, &pending->event,
		       &reader->effects))
		return damaged(reader, "it cannot be decoded");
	fault = event_fault(&pending->event);
	if (fault)
		return damaged(reader, fault);
	if (reader->codec.number > frame->first_event + frame->event_count ||
	    reader->codec.memory_position > frame->memory_end)
		return damaged(reader, "there is more than its frame's head"
				       " says");
	pending->length = reader->codec.memory_position - pending->start;
	pending->call_count = reader->codec.call_count;
	pending->is_there = 1;
	return 0;
}

/* Collects bytes of the memory stream that are in more than one frame. */
static int gather(struct trace_reader *reader, uint64_t start, uint64_t length)
{
	struct stream_reader *memory = &reader->memory;
	struct buffer *gathered = &reader->gathered;
	size_t index = stream_reader_find(memory, start);
	int err;

	if (gathered->room > GATHER_KEPT) {
		free(gathered->bytes);
		memset(gathered, 0, sizeof(*gathered));
	}
	gathered->length = 0;
	while (length > 0) {
		const struct stream_frame *frame = &memory->frames[index];
		size_t skip = (size_t)(start - frame->position);
		size_t piece = frame->size - skip;

		err = stream_reader_load(memory, index++);
		if (err)
			return err;
		if (piece > length)
			piece = (size_t)length;
		memcpy(buffer_reserve(gathered, piece), memory->content + skip,
		       piece);
		gathered->length += piece;
		start += piece;
		length -= piece;
	}
	return 0;
}

/*
 * Bytes of the memory stream, until the next call.  decode and count_frames
 * have made sure that they are there.
 */
static int load_bytes(struct trace_reader *reader, uint64_t start,
		      uint64_t length, const uint8_t **bytes_out)
{
	struct stream_reader *memory = &reader->memory;
	size_t index = stream_reader_find(memory, start);
	const struct stream_frame *frame = &memory->frames[index];
	int err;

	if (length <= frame->size - (start - frame->position)) {
		err = stream_reader_load(memory, index);
		*bytes_out = memory->content + (start - frame->position);
	} else {
		err = gather(reader, start, length);
		*bytes_out = reader->gathered.bytes;
	}
	return err;
}

/* Points the effects to their bytes. */
static void attach_bytes(struct event *event, const uint8_t *bytes)
{
	size_t i;

	for (i = 0; i < event->effect_count; i++) {
		struct effect *effect = &event->effects[i];

		if (!codec_effect_is_bulk(effect))
			continue;
		effect->bytes = bytes;
		bytes += codec_bulk_size(effect);
	}
}

/* Gets the pending event ready to be handed out, or its calls. */
static int take_pending(struct trace_reader *reader)
{
	struct pending *pending = &reader->pending;
	const uint8_t *bytes = NULL;
	const char *fault;
	int err;

	pending->is_there = 0;
	reader->batch.first = reader->batch.end = reader->batch.last = 0;
	if (!pending->length)
		return 0;
	err = load_bytes(reader, pending->start, pending->length, &bytes);
	if (err)
		return err;
	if (!pending->event.is_buffered) {
		attach_bytes(&pending->event, bytes);
		return 0;
	}
	fault = call_batch_begin(&reader->batch, &pending->event, bytes,
				 pending->length, pending->call_count);
	return fault ? report(-EBADMSG, "trace %s, event %llu: %s",
			      reader->path,
			      (unsigned long long)pending->event.number, fault)
		     : 0;
}

static int batch_is_left(const struct trace_reader *reader)
{
	return reader->batch.first && reader->batch.next < reader->batch.end;
}

/* Makes sure that there is a pending event: 0, TRACE_END or an error. */
static int look_ahead(struct trace_reader *reader)
{
	int err;

	if (reader->pending.is_there)
		return 0;
	err = reach_event(reader);
	return err ? err : decode(reader);
}

static int next_event(struct trace_reader *reader, struct event *event_out)
{
	int err = 0;

	if (!batch_is_left(reader)) {
		err = look_ahead(reader);
		if (!err)
			err = take_pending(reader);
	}
	if (err)
		return err;
	if (batch_is_left(reader))
		call_batch_next(&reader->batch, event_out);
	else
		*event_out = reader->pending.event;
	return 0;
}

int trace_reader_next(struct trace_reader *reader, struct event *event_out)
{
	/* After damage, what follows must not pass for the next event. */
	if (reader->err >= 0)
		reader->err = next_event(reader, event_out);
	return reader->err;
}

int trace_reader_next_calls(struct trace_reader *reader, const void **bytes_out,
			    size_t *length_out, uint64_t *first_number_out,
			    uint64_t *count_out)
{
	struct call_batch *batch = &reader->batch;

	if (reader->err < 0)
		return reader->err;
	if (!batch->last)
		return report(-EINVAL, "trace %s: no buffered call was read",
			      reader->path);
	*bytes_out = batch->bytes + batch->last_at;
	*length_out = batch->length - batch->last_at;
	*first_number_out = batch->last;
	*count_out = batch->end - batch->last;
	batch->next = batch->end;
	batch->next_at = batch->length;
	return 0;
}

int trace_reader_peek(struct trace_reader *reader, struct event *event_out)
{
	const struct call_batch *batch = &reader->batch;
	int err;

	if (reader->err < 0)
		return reader->err;
	if (batch_is_left(reader)) {
		*event_out = (struct event){
			.number = batch->next,
			.kind = EVENT_SYSCALL,
			.is_buffered = 1,
			.task = batch->task,
			.time_ns = batch->time_ns,
		};
		return 0;
	}
	err = look_ahead(reader);
	if (err < 0)
		reader->err = err;
	if (err)
		return err;
	*event_out = reader->pending.event;
	event_out->effects = NULL;
	event_out->effect_count = 0;
	return 0;
}

static size_t find_frame(const struct trace_reader *reader, uint64_t number)
{
	size_t low = 0, high = reader->frame_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (reader->events.frames[middle].first_event <= number)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Decodes the frame begun up to the event, which may be in a batch. */
static int decode_up_to(struct trace_reader *reader, uint64_t number)
{
	int err = 0;

	while (!err && reader->codec.number < number)
		err = reader->cursor.next == reader->cursor.end
			      ? damaged(reader, "its frame ends before it")
			      : decode(reader);
	if (err || reader->codec.number == number) {
		reader->pending.is_there = 0;
		return err;
	}
	err = take_pending(reader);
	if (!err)
		call_batch_seek(&reader->batch, number);
	return err;
}

int trace_reader_seek(struct trace_reader *reader, uint64_t number)
{
	size_t index;
	int err = reader->err < 0 ? reader->err : 0;

	if (number < 1 || number > reader->event_count)
		return report(-ERANGE,
			      "trace %s has events 1 to %llu, not"
			      " %llu",
			      reader->path,
			      (unsigned long long)reader->event_count,
			      (unsigned long long)number);
	if (!err && number >= reader->batch.first &&
	    number < reader->batch.end) {
		call_batch_seek(&reader->batch, number);
		reader->err = 0;
		return 0;
	}
	index = find_frame(reader, number);
	reader->pending.is_there = 0;
	reader->batch.first = reader->batch.end = reader->batch.last = 0;
	if (err || !reader->cursor.next || reader->frame != index ||
	    reader->codec.number > number)
		err = begin_frame(reader, index);
	if (!err)
		err = decode_up_to(reader, number);
	reader->err = err;
	return err;
}

static int open_objects(struct trace_reader *reader)
{
	if (reader->objects < 0)
		reader->objects =
			openat(reader->directory, "objects",
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return reader->objects < 0 ? -errno : 0;
}

int trace_reader_snapshot_size(struct trace_reader *reader,
			       const uint8_t sha256[32], uint64_t *size_out)
{
	int err = open_objects(reader);

	return err ? err : object_size(reader->objects, sha256, size_out);
}

int trace_reader_extract_at_most(struct trace_reader *reader,
				 const uint8_t sha256[32], int fd,
				 uint64_t most)
{
	int err = open_objects(reader);

	if (err)
		return report(err, "open the snapshots of trace %s",
			      reader->path);
	_Static_assert(TRACE_TOO_LARGE == OBJECT_TOO_LARGE, "one outcome");
	return object_read_at_most(reader->objects, sha256, fd, most);
}

int trace_reader_extract(struct trace_reader *reader, const uint8_t sha256[32],
			 int fd)
{
	return trace_reader_extract_at_most(reader, sha256, fd, UINT64_MAX);
}

int trace_reader_snapshots(struct trace_reader *reader,
			   int (*visit)(void *context,
					const uint8_t sha256[32]),
			   void *context)
{
	struct buffer list = { 0 };
	int err = open_objects(reader);
	size_t at;

	if (err)
		return report(err, "open the snapshots of trace %s",
			      reader->path);
	object_list(reader->objects, &list);
	for (at = 0; at < list.length && !err; at += HASH_SIZE)
		err = visit(context, list.bytes + at);
	free(list.bytes);
	return err;
}
