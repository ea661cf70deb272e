/* SPDX-License-Identifier: MIT */
/*
 * One snapshot as a file: zstd frames of the content, and at the end a small
 * skippable frame (the trailer) with its size, by which a file that was cut
 * off is told from a whole one without reading it.
 */
#ifndef REEL_OBJECT_H
#define REEL_OBJECT_H

#include <stdint.h>

#include "traces/bytes.h"
#include "traces/hash.h"

#define OBJECT_MODE 0444
/* "ab/cdef..." with the NUL */
#define OBJECT_NAME_SIZE (HASH_TEXT_SIZE + 1)

void object_name(const uint8_t sha256[HASH_SIZE],
		 char name_out[OBJECT_NAME_SIZE]);

/* Where the content comes from: memory, or a file when bytes is NULL. */
struct object_source {
	const uint8_t *bytes;
	int fd;
	uint64_t size;
	int is_sparse; /* fd may be asked for its holes */
};

/* None of these report, but those that say so. */

/* Hashes the content and no more. */
int object_hash(const struct object_source *source,
		uint8_t sha256_out[HASH_SIZE]);

/* Writes the object into the empty file fd, and hashes the content. */
int object_write(const struct object_source *source, int fd,
		 uint8_t sha256_out[HASH_SIZE]);

/* Content size of the object in this directory; -EBADMSG when cut off. */
int object_size(int objects, const uint8_t sha256[HASH_SIZE],
		uint64_t *size_out);

/*
 * Writes the content into fd at offset 0, keeping holes, sets fd's size and
 * checks the hash; fd -1 only checks.  Faults are reported.
 */
int object_read(int objects, const uint8_t sha256[HASH_SIZE], int fd);

#define OBJECT_TOO_LARGE 1

/*
 * The same, but writes no more than most bytes, holes not counted: where there
 * are more, OBJECT_TOO_LARGE.
 */
int object_read_at_most(int objects, const uint8_t sha256[HASH_SIZE], int fd,
			uint64_t most);

/* Appends the hashes that objects are named by, in ascending order. */
void object_list(int objects, struct buffer *hashes_out);

/* True when such a list has the hash. */
int object_listed(const struct buffer *hashes, const uint8_t sha256[HASH_SIZE]);

#endif
