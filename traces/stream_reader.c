/* SPDX-License-Identifier: MIT */
/* Reading of seekable streams.  Nothing in the file is trusted. */
#define ZSTD_STATIC_LINKING_ONLY 1 /* ZSTD_d_forceIgnoreChecksum */
#include "traces/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

#include "traces/call_record.h"
#include "traces/file.h"
#include "traces/stream_layout.h"

#define HASH_PIECE ((size_t)256 * 1024)

/* Results of the steps of a scan, besides errors. */
#define SCAN_END 1

static int damaged(const struct stream_reader *stream, uint64_t offset,
		   const char *what)
{
	return report(-EBADMSG, "the trace's %s, at byte %llu: %s",
		      stream->name, (unsigned long long)offset, what);
}

/* True when the head says nothing that cannot be. */
static int head_is_sane(const struct stream_reader *stream,
			const struct stream_frame *frame)
{
	const struct stream_frame *last =
		stream->count ? &stream->frames[stream->count - 1] : NULL;
	uint64_t memory;

	if (frame->size == 0 || frame->size > STREAM_FRAME_LIMIT ||
	    frame->compressed < 9 ||
	    frame->compressed > ZSTD_compressBound(frame->size) ||
	    frame->position != stream->size)
		return 0;
	memory = last ? last->memory_end : 0;
	if (frame->memory_end < memory ||
	    (last && frame->first_event !=
			     last->first_event + last->event_count))
		return 0;
	/*
	 * An event takes three bytes at least, or a record of a buffered call
	 * in the memory stream, and only one may be long.
	 */
	memory = frame->memory_end - memory;
	return frame->event_count <=
		       frame->size / 3 + memory / sizeof(struct call_record) &&
	       (frame->size <= STREAM_FRAME_SIZE || frame->event_count == 1);
}

static void read_head(const uint8_t *head, struct stream_frame *frame)
{
	frame->compressed = get32(head + 8);
	frame->size = get32(head + 12);
	frame->position = get64(head + 16);
	frame->first_event = get64(head + 24);
	frame->memory_end = get64(head + 32);
	frame->event_count = get32(head + 40);
	frame->checksum = get32(head + 44);
	frame->packed_checksum = get32(head + 48);
}

static int add_frame(struct stream_reader *stream, const uint8_t *head,
		     uint64_t offset)
{
	struct stream_frame frame;

	if (get32(head + 4) != HEAD_SIZE - SKIPPABLE_SIZE ||
	    get32(head + 52) != (uint32_t)XXH64(head, 52, 0))
		return damaged(stream, offset, "a damaged head of a frame");
	read_head(head, &frame);
	frame.offset = offset + HEAD_SIZE;
	if (!head_is_sane(stream, &frame))
		return damaged(stream, offset, "a frame out of place");
	if (frame.compressed > stream->file_size - frame.offset)
		return SCAN_END;
	if (stream->count == stream->room) {
		stream->room = stream->room ? stream->room * 2 : 64;
		stream->frames = xrealloc(
			stream->frames, stream->room * sizeof(*stream->frames));
	}
	stream->frames[stream->count++] = frame;
	stream->size += frame.size;
	return 0;
}

/* The seek table must be just what the frames found make it. */
static int check_table(struct stream_reader *stream, uint64_t offset,
		       uint8_t table_sha256_out[HASH_SIZE])
{
	struct buffer entries = { 0 }, expected = { 0 };
	AUTO(heap_free) uint8_t *found = NULL;
	uint64_t length = stream->file_size - offset;
	int err = 0;
	size_t i;

	for (i = 0; i < stream->count; i++)
		stream_table_frame(&entries, &stream->frames[i]);
	stream_table_wrap(&entries, &expected);
	free(entries.bytes);
	if (length == expected.length) {
		found = xmalloc(length);
		err = pread_all(stream->fd, found, length, offset);
		if (err)
			report(err, "read the trace's %s", stream->name);
		else if (!memcmp(found, expected.bytes, length))
			stream->has_table = 1;
	}
	hash_bytes(expected.bytes, expected.length, table_sha256_out);
	free(expected.bytes);
	if (!err && !stream->has_table && length >= expected.length)
		err = damaged(stream, offset, "the seek table is damaged");
	return err;
}

/* A machine that crashed may leave zeros where the last frames were to be. */
static int rest_is_zero(const struct stream_reader *stream, uint64_t offset)
{
	uint8_t piece[4096];
	size_t i;

	while (offset < stream->file_size) {
		size_t length = sizeof(piece);

		if (length > stream->file_size - offset)
			length = (size_t)(stream->file_size - offset);
		if (pread_all(stream->fd, piece, length, offset))
			return 0;
		for (i = 0; i < length; i++)
			if (piece[i])
				return 0;
		offset += length;
	}
	return 1;
}

/* One step: a frame, the table, or the place where writing was cut off. */
static int scan_at(struct stream_reader *stream, uint64_t offset,
		   uint8_t table_sha256_out[HASH_SIZE])
{
	uint8_t head[HEAD_SIZE] = { 0 };
	uint64_t left = stream->file_size - offset;
	int err;

	if (left < SKIPPABLE_SIZE)
		return SCAN_END;
	err = pread_all(stream->fd, head,
			left < HEAD_SIZE ? (size_t)left : HEAD_SIZE, offset);
	if (err)
		return report(err, "read the trace's %s", stream->name);
	if (get32(head) == TABLE_MAGIC) {
		err = check_table(stream, offset, table_sha256_out);
		return err ? err : SCAN_END;
	}
	if (get32(head) != HEAD_MAGIC)
		return rest_is_zero(stream, offset)
			       ? SCAN_END
			       : damaged(stream, offset,
					 "no frame begins here");
	return left < HEAD_SIZE ? SCAN_END : add_frame(stream, head, offset);
}

static int scan(struct stream_reader *stream, const struct stream_seal *seal)
{
	uint8_t table_sha256[HASH_SIZE] = { 0 };
	uint64_t offset = 0;
	int err;

	if (seal && seal->size != stream->file_size)
		return report(-EBADMSG,
			      "the trace's %s has %llu bytes instead of %llu",
			      stream->name,
			      (unsigned long long)stream->file_size,
			      (unsigned long long)seal->size);
	do {
		err = scan_at(stream, offset, table_sha256);
		if (!err)
			offset = stream->frames[stream->count - 1].offset +
				 stream->frames[stream->count - 1].compressed;
	} while (!err);
	if (err < 0)
		return err;
	if (seal && (!stream->has_table ||
		     memcmp(table_sha256, seal->table_sha256, HASH_SIZE)))
		return damaged(stream, offset,
			       "the frames are not those that were written");
	return 0;
}

int stream_reader_open(struct stream_reader *stream, int directory,
		       const char *name, const struct stream_seal *seal)
{
	int err;

	memset(stream, 0, sizeof(*stream));
	stream->name = name;
	stream->fd = file_open_regular(directory, name, &stream->file_size);
	if (stream->fd < 0)
		return report(stream->fd, "open the trace's %s", name);
	stream->context = ZSTD_createDCtx();
	bug_unless(stream->context, "zstd has no memory");
	err = scan(stream, seal);
	stream->loaded = stream->count;
	return err;
}

void stream_reader_deinit(struct stream_reader *stream)
{
	if (!stream->name)
		return;
	fd_close(&stream->fd);
	ZSTD_freeDCtx(stream->context);
	free(stream->frames);
	if (!stream->is_lent)
		free(stream->content);
	free(stream->packed);
	memset(stream, 0, sizeof(*stream));
	stream->fd = -1;
}

/* Room without keeping what was there. */
static void make_room(uint8_t **bytes, size_t *room, size_t wanted)
{
	if (*room >= wanted)
		return;
	free(*bytes);
	*bytes = xmalloc(wanted);
	*room = wanted;
}

static void make_content_room(struct stream_reader *stream, size_t wanted)
{
	if (stream->content_room >= wanted)
		return;
	if (stream->is_lent)
		stream->content = NULL;
	stream->is_lent = 0;
	make_room(&stream->content, &stream->content_room, wanted);
}

void stream_reader_lend(struct stream_reader *stream, void *bytes)
{
	if (!stream->is_lent)
		free(stream->content);
	stream->content = bytes;
	stream->content_room = STREAM_FRAME_SIZE;
	stream->is_lent = 1;
	stream->loaded = stream->count;
}

static size_t decompress(struct stream_reader *stream,
			 const struct stream_frame *frame)
{
	size_t err = ZSTD_DCtx_setParameter(
		stream->context, ZSTD_d_forceIgnoreChecksum,
		stream->checks_content ? ZSTD_d_validateChecksum :
					 ZSTD_d_ignoreChecksum);

	if (ZSTD_isError(err))
		return err;
	make_content_room(stream, frame->size);
	return ZSTD_decompressDCtx(stream->context, stream->content,
				   frame->size, stream->packed,
				   frame->compressed);
}

int stream_reader_load(struct stream_reader *stream, size_t index)
{
	const struct stream_frame *frame = &stream->frames[index];
	const uint8_t *packed;
	size_t length;
	int err;

	if (stream->loaded == index)
		return 0;
	stream->loaded = stream->count;
	make_room(&stream->packed, &stream->packed_room, frame->compressed);
	err = pread_all(stream->fd, stream->packed, frame->compressed,
			frame->offset);
	if (err)
		return report(err, "read the trace's %s", stream->name);
	packed = stream->packed;
	/* zstd knows the content's only where a frame's header says so. */
	if ((uint32_t)XXH64(packed, frame->compressed, 0) !=
		    frame->packed_checksum ||
	    !(packed[4] & 4) ||
	    get32(packed + frame->compressed - 4) != frame->checksum)
		return damaged(stream, frame->offset, "a frame is damaged");
	length = decompress(stream, frame);
	if (ZSTD_isError(length))
		return damaged(stream, frame->offset,
			       ZSTD_getErrorName(length));
	if (length != frame->size)
		return damaged(stream, frame->offset,
			       "a frame has the wrong size");
	stream->loaded = index;
	return 0;
}

size_t stream_reader_find(const struct stream_reader *stream, uint64_t position)
{
	size_t low = 0, high = stream->count;

	/* Most often it is the one at hand or the one after it. */
	if (stream->loaded < stream->count) {
		const struct stream_frame *frame =
			&stream->frames[stream->loaded];

		if (position - frame->position < frame->size)
			return stream->loaded;
	}
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (stream->frames[middle].position <= position)
			low = middle;
		else
			high = middle;
	}
	return low;
}

int stream_reader_hash(struct stream_reader *stream,
		       uint8_t sha256_out[HASH_SIZE])
{
	AUTO(hash_cleanup) struct hash *hash = hash_create();
	AUTO(heap_free) uint8_t *piece = xmalloc(HASH_PIECE);
	uint64_t offset = 0;
	int err;

	while (offset < stream->file_size) {
		size_t length = HASH_PIECE;

		if (length > stream->file_size - offset)
			length = (size_t)(stream->file_size - offset);
		err = pread_all(stream->fd, piece, length, offset);
		if (err)
			return report(err, "read the trace's %s", stream->name);
		hash_add(hash, piece, length);
		offset += length;
	}
	hash_finish(hash, sha256_out);
	return 0;
}
