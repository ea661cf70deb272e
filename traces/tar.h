/* SPDX-License-Identifier: MIT */
/* Headers of the members of a packed trace, in one form only. */
#ifndef REEL_TAR_H
#define REEL_TAR_H

#include <stdint.h>

#include "traces/hash.h"

#define TAR_BLOCK 512
#define TAR_DIRECTORY "reel-trace/"
#define TAR_SUMS "SHA256SUMS"
/* Names inside the directory, with the NUL. */
#define TAR_NAME_SIZE 88

/* The only header that a member of this name and size may have. */
void tar_header_write(const char *name, uint64_t size,
		      uint8_t header[TAR_BLOCK]);

/*
 * Reads name and size; -EBADMSG, not reported, unless the header is what
 * tar_header_write makes of them.
 */
int tar_header_read(const uint8_t header[TAR_BLOCK],
		    char name_out[TAR_NAME_SIZE], uint64_t *size_out);

/* Bytes of padding after a member of this size. */
static inline unsigned tar_padding(uint64_t size)
{
	return (unsigned)(-size % TAR_BLOCK);
}

/* True for trace.json, events, memory, objects/ab/cd...; none leads away. */
int tar_name_is_allowed(const char *name);

#endif
