/* SPDX-License-Identifier: MIT */
/* Numbers in files: little endian and variable length; a growing buffer. */
#ifndef REEL_BYTES_H
#define REEL_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "traces/report.h"

#define VARINT_MAX_BYTES 10

struct buffer {
	uint8_t *bytes;
	size_t length, room;
};

/* Makes room for more bytes and returns where they go. */
static inline uint8_t *buffer_reserve(struct buffer *buffer, size_t more)
{
	if (buffer->room - buffer->length < more) {
		size_t room = buffer->length + more;

		if (room < buffer->room * 2)
			room = buffer->room * 2;
		buffer->bytes = xrealloc(buffer->bytes, room);
		buffer->room = room;
	}
	return buffer->bytes + buffer->length;
}

static inline void put32(uint8_t *to, uint32_t value)
{
	value = htole32(value);
	memcpy(to, &value, sizeof(value));
}

static inline void put64(uint8_t *to, uint64_t value)
{
	value = htole64(value);
	memcpy(to, &value, sizeof(value));
}

static inline uint32_t get32(const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return le32toh(value);
}

static inline uint64_t get64(const uint8_t *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return le64toh(value);
}

/* Seven bits a byte, low ones first; the top bit says that more follow. */
static inline uint8_t *put_varint(uint8_t *to, uint64_t value)
{
	while (value >= 0x80) {
		*to++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*to++ = (uint8_t)value;
	return to;
}

/* Signed numbers with the sign in bit 0, so that small ones stay short. */
static inline uint64_t zigzag(uint64_t value)
{
	return (value << 1) ^ (0 - (value >> 63));
}

static inline uint64_t unzigzag(uint64_t value)
{
	return (value >> 1) ^ (0 - (value & 1));
}

/* What is left to read; damaged is set for good by a read past the end. */
struct cursor {
	const uint8_t *next, *end;
	int damaged;
};

static inline uint64_t get_varint(struct cursor *cursor)
{
	uint64_t value = 0;
	unsigned shift;

	for (shift = 0; shift < 70 && cursor->next < cursor->end; shift += 7) {
		uint8_t byte = *cursor->next++;

		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	cursor->damaged = 1;
	return 0;
}

static inline uint32_t get_varint32(struct cursor *cursor)
{
	uint64_t value = get_varint(cursor);

	if (value > UINT32_MAX)
		cursor->damaged = 1;
	return (uint32_t)value;
}

static inline uint8_t get_byte(struct cursor *cursor)
{
	if (cursor->next < cursor->end)
		return *cursor->next++;
	cursor->damaged = 1;
	return 0;
}

#endif
