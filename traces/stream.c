/* SPDX-License-Identifier: MIT */
/* Writing of seekable streams.  traces/format.md, "Streams", has the bytes. */
#include "traces/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

#include "traces/stream_layout.h"

_Static_assert(STREAM_PACKED_ROOM(0) >= HEAD_SIZE + ZSTD_COMPRESSBOUND(0),
	       "there is room for the head");

int stream_writer_open(struct stream_writer *stream, int directory,
		       const char *name)
{
	memset(stream, 0, sizeof(*stream));
	stream->name = name;
	stream->fd = openat(directory, name,
			    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (stream->fd < 0)
		return report(-errno, "create the trace's %s", name);
	stream->hash = hash_create();
	return 0;
}

void stream_writer_deinit(struct stream_writer *stream)
{
	if (!stream->name)
		return;
	fd_close(&stream->fd);
	hash_destroy(stream->hash);
	free(stream->table.bytes);
	memset(stream, 0, sizeof(*stream));
	stream->fd = -1;
}

/* All or nothing: what a full disk cut off is taken back. */
static int write_whole(struct stream_writer *stream, const uint8_t *bytes,
		       size_t length)
{
	int err = fault_injected("write_trace")
			  ? -EIO
			  : write_all(stream->fd, bytes, length);

	if (err) {
		report(err, "write the trace's %s", stream->name);
		if (ftruncate(stream->fd, (off_t)stream->offset))
			warn("the trace's %s ends in an incomplete frame",
			     stream->name);
		return err;
	}
	hash_add(stream->hash, bytes, length);
	__atomic_store_n(&stream->offset, stream->offset + length,
			 __ATOMIC_RELAXED);
	return 0;
}

void stream_table_entry(struct buffer *table, uint32_t compressed,
			uint32_t size, uint32_t checksum)
{
	uint8_t *entry = buffer_reserve(table, TABLE_ENTRY_SIZE);

	put32(entry, compressed);
	put32(entry + 4, size);
	put32(entry + 8, checksum);
	table->length += TABLE_ENTRY_SIZE;
}

void stream_table_frame(struct buffer *table, const struct stream_frame *frame)
{
	/* The head is a frame of its own, without content. */
	stream_table_entry(table, HEAD_SIZE, 0, (uint32_t)XXH64("", 0, 0));
	stream_table_entry(table, frame->compressed, frame->size,
			   frame->checksum);
}

void stream_head_write(const struct stream_frame *frame, uint8_t *head)
{
	put32(head, HEAD_MAGIC);
	put32(head + 4, HEAD_SIZE - SKIPPABLE_SIZE);
	put32(head + 8, frame->compressed);
	put32(head + 12, frame->size);
	put64(head + 16, frame->position);
	put64(head + 24, frame->first_event);
	put64(head + 32, frame->memory_end);
	put32(head + 40, frame->event_count);
	put32(head + 44, frame->checksum);
	put32(head + 48, frame->packed_checksum);
	put32(head + 52, (uint32_t)XXH64(head, 52, 0));
}

void stream_frame_pack(const uint8_t *content, size_t size,
		       struct stream_frame *frame, ZSTD_CCtx *context,
		       struct buffer *output)
{
	size_t bound = ZSTD_compressBound(size);
	size_t length;

	output->length = 0;
	buffer_reserve(output, HEAD_SIZE + bound);
	length = ZSTD_compress2(context, output->bytes + HEAD_SIZE, bound,
				content, size);
	bug_unless(!ZSTD_isError(length), "zstd: %s",
		   ZSTD_getErrorName(length));
	output->length = HEAD_SIZE + length;
	frame->compressed = (uint32_t)length;
	frame->size = (uint32_t)size;
	/* A zstd frame ends with the checksum of its content. */
	frame->checksum = get32(output->bytes + HEAD_SIZE + length - 4);
	frame->packed_checksum =
		(uint32_t)XXH64(output->bytes + HEAD_SIZE, length, 0);
}

int stream_writer_append(struct stream_writer *stream,
			 struct stream_frame *frame, struct buffer *packed)
{
	int err;

	frame->offset = stream->offset + HEAD_SIZE;
	frame->position = stream->position;
	stream_head_write(frame, packed->bytes);
	err = write_whole(stream, packed->bytes, packed->length);
	if (err)
		return err;
	stream->position += frame->size;
	stream_table_frame(&stream->table, frame);
	return 0;
}

void stream_table_wrap(const struct buffer *entries, struct buffer *table_out)
{
	uint32_t size = (uint32_t)(entries->length + TABLE_FOOTER_SIZE);
	uint8_t *to;

	table_out->length = 0;
	to = buffer_reserve(table_out, SKIPPABLE_SIZE + size);
	put32(to, TABLE_MAGIC);
	put32(to + 4, size);
	if (entries->length)
		memcpy(to + SKIPPABLE_SIZE, entries->bytes, entries->length);
	to += SKIPPABLE_SIZE + entries->length;
	put32(to, (uint32_t)(entries->length / TABLE_ENTRY_SIZE));
	to[4] = TABLE_HAS_CHECKSUMS;
	put32(to + 5, SEEKABLE_MAGIC);
	table_out->length = SKIPPABLE_SIZE + size;
}

int stream_writer_finish(struct stream_writer *stream,
			 struct stream_seal *seal_out)
{
	struct buffer table = { 0 };
	int err;

	stream_table_wrap(&stream->table, &table);
	err = write_whole(stream, table.bytes, table.length);
	if (!err) {
		hash_bytes(table.bytes, table.length, seal_out->table_sha256);
		hash_finish(stream->hash, seal_out->sha256);
		seal_out->size = stream->offset;
	}
	free(table.bytes);
	/* NFS and FUSE may report a full disk only now. */
	if (close(stream->fd) && !err)
		err = report(-errno, "write the trace's %s", stream->name);
	stream->fd = -1;
	return err;
}
