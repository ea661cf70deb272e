/* SPDX-License-Identifier: MIT */
/*
 * Packets of the gdb remote protocol (gdb manual, "Remote Protocol"): framing,
 * checksums, escapes, hexadecimal.  What comes in is hostile: a packet that is
 * too long is skipped, and nothing is trusted.
 */
#ifndef REEL_GDB_PACKET_H
#define REEL_GDB_PACKET_H

#include <stddef.h>
#include <stdint.h>

#define GDB_PACKET_MAX 0x20000u /* bytes of a packet, in both directions */

enum gdb_input {
	GDB_NOTHING,   /* more bytes are needed */
	GDB_PACKET,    /* parser->bytes, length; a NUL stands behind */
	GDB_BAD,       /* a packet that is damaged or too long */
	GDB_AGAIN,     /* the last reply is wanted once more */
	GDB_INTERRUPT, /* stop what is running */
};

struct gdb_parser {
	char bytes[GDB_PACKET_MAX + 1];
	size_t length;
	enum {
		GDB_OUTSIDE, GDB_INSIDE, GDB_ESCAPED, GDB_SUM_1, GDB_SUM_2,
	} state;
	uint8_t sum, wanted;
	int is_too_long;
};

enum gdb_input gdb_parser_feed(struct gdb_parser *parser, uint8_t byte);

/* A packet under construction; grows.  All zero is empty. */
struct gdb_reply {
	char *bytes;
	size_t length, room;
};

void gdb_reply_clear(struct gdb_reply *reply);
void gdb_reply_deinit(struct gdb_reply *reply);
void gdb_reply_text(struct gdb_reply *reply, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void gdb_reply_bytes(struct gdb_reply *reply, const void *bytes,
		     size_t length);
/* As text in XML: what it can't hold, or is no UTF-8, is left out, or a `?`. */
void gdb_reply_xml(struct gdb_reply *reply, const char *text);
/* As pairs of hexadecimal digits. */
void gdb_reply_hex(struct gdb_reply *reply, const void *bytes, size_t length);
/* With escapes; at most GDB_PACKET_MAX - 64 of them: returns how many. */
size_t gdb_reply_binary(struct gdb_reply *reply, const void *bytes,
			size_t length);
/* Appends "$...#nn" of reply to out. */
void gdb_reply_frame(const struct gdb_reply *reply, struct gdb_reply *out);

/* Reads hexadecimal digits from *text on; at least one, or returns 0. */
int gdb_read_number(const char **text, uint64_t *number_out);
/* The same, and then this character, which is read, too. */
int gdb_read_until(const char **text, char end, uint64_t *number_out);
/* Pairs of digits as bytes; returns their number: at most room. */
size_t gdb_read_hex(const char *text, void *bytes, size_t room);

#endif
