/* SPDX-License-Identifier: MIT */
/*
 * A zstd seekable stream: independent frames, each after a small skippable
 * frame that describes it (its head), and at the end of a finished stream the
 * standard seek table.  Standard zstd decompresses it.
 *
 * The heads alone give the index, so a stream without a seek table, that of a
 * killed recorder, reads like any other up to its last whole frame.
 */
#ifndef REEL_STREAM_H
#define REEL_STREAM_H

#include <stdint.h>
#include <zstd.h>

#include "traces/bytes.h"
#include "traces/hash.h"

/* Frames are filled up to this; a single event may need more. */
#define STREAM_FRAME_SIZE ((size_t)1 << 20)
#define STREAM_FRAME_LIMIT ((size_t)16 << 20)

/* What a head says; what the events stream needs is 0 in others. */
struct stream_frame {
	uint64_t offset;     /* of the zstd frame in the file */
	uint32_t compressed; /* its size there */
	uint32_t size;	     /* of its content */
	uint64_t position;   /* of its content in the whole content */
	uint64_t first_event;
	uint64_t memory_end; /* the memory stream up to here is needed */
	uint32_t event_count;
	uint32_t checksum;	  /* low half of the content's XXH64 */
	uint32_t packed_checksum; /* the same of the zstd frame */
};

/* What trace.json says of a finished stream. */
struct stream_seal {
	uint64_t size; /* of the file */
	uint8_t sha256[HASH_SIZE];
	uint8_t table_sha256[HASH_SIZE]; /* of the seek table at its end */
};

struct stream_writer {
	const char *name;
	int fd;
	uint64_t offset;   /* bytes in the file */
	uint64_t position; /* bytes of content */
	struct hash *hash;
	struct buffer table; /* entries of the seek table */
};

int stream_writer_open(struct stream_writer *stream, int directory,
		       const char *name);

/* Room for a packed frame of so much content. */
#define STREAM_PACKED_ROOM(size) (64 + ZSTD_COMPRESSBOUND(size))

/*
 * Compresses content into a buffer for the purpose, with room for the head, and
 * fills in what frame says of it.  The context is the caller's.
 */
void stream_frame_pack(const uint8_t *content, size_t size,
		       struct stream_frame *frame, ZSTD_CCtx *context,
		       struct buffer *packed);
/* Appends it; frame's event fields and memory_end are given. */
int stream_writer_append(struct stream_writer *stream,
			 struct stream_frame *frame, struct buffer *packed);

/* Writes the seek table. */
int stream_writer_finish(struct stream_writer *stream,
			 struct stream_seal *seal_out);
void stream_writer_deinit(struct stream_writer *stream);

struct stream_reader {
	const char *name;
	int fd;
	uint64_t file_size;
	uint64_t size; /* of the content, whole frames only */
	struct stream_frame *frames;
	size_t count, room;
	int has_table;
	size_t loaded; /* frame whose content is there; count when none is */
	uint8_t *content;
	size_t content_room;
	int is_lent;	    /* content: it is not ours to free */
	int checks_content; /* its checksum, too, not only the packed one */
	uint8_t *packed;
	size_t packed_room;
	ZSTD_DCtx *context;
};

/*
 * Opens and indexes.  With a seal the stream must be as sealed: size, table
 * and every frame; without one it ends with its last whole frame.
 */
int stream_reader_open(struct stream_reader *stream, int directory,
		       const char *name, const struct stream_seal *seal);
void stream_reader_deinit(struct stream_reader *stream);

/*
 * Contents that fit into these STREAM_FRAME_SIZE bytes are put there from now
 * on; they must outlive the stream.
 */
void stream_reader_lend(struct stream_reader *stream, void *bytes);

/*
 * Makes the content of a frame available in stream->content.  The checksum of
 * what is in the file finds all damage there; that of the content, which takes
 * longer than to decompress it, is for who doubts zstd.
 */
int stream_reader_load(struct stream_reader *stream, size_t frame);

/* The frame that has the content at this position, which must be there. */
size_t stream_reader_find(const struct stream_reader *stream,
			  uint64_t position);

/* SHA-256 of the whole file; progress as in trace_verify. */
int stream_reader_hash(struct stream_reader *stream,
		       uint8_t sha256_out[HASH_SIZE]);

#endif
