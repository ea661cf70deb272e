/* SPDX-License-Identifier: MIT */
#include "replay/gdb_packet.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/report.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* ---- coming in ---- */

static enum gdb_input feed_outside(struct gdb_parser *parser, uint8_t byte)
{
	switch (byte) {
	case '$':
		parser->state = GDB_INSIDE;
		parser->length = 0;
		parser->sum = 0;
		parser->is_too_long = 0;
		return GDB_NOTHING;
	case 3:
		return GDB_INTERRUPT;
	case '-':
		return GDB_AGAIN;
	default:
		return GDB_NOTHING;
	}
}

static void store(struct gdb_parser *parser, uint8_t byte)
{
	if (parser->length < GDB_PACKET_MAX)
		parser->bytes[parser->length++] = (char)byte;
	else
		parser->is_too_long = 1;
	parser->state = GDB_INSIDE;
}

static enum gdb_input feed_sum(struct gdb_parser *parser, uint8_t byte)
{
	int value = digit((char)byte);

	if (value < 0)
		parser->is_too_long = 1; /* damaged; all the same */
	parser->wanted = (uint8_t)(parser->wanted << 4 | (value & 15));
	if (parser->state == GDB_SUM_1) {
		parser->state = GDB_SUM_2;
		return GDB_NOTHING;
	}
	parser->state = GDB_OUTSIDE;
	parser->bytes[parser->length] = 0;
	return parser->is_too_long || parser->wanted != parser->sum ?
		GDB_BAD : GDB_PACKET;
}

enum gdb_input gdb_parser_feed(struct gdb_parser *parser, uint8_t byte)
{
	switch (parser->state) {
	case GDB_OUTSIDE:
		return feed_outside(parser, byte);
	case GDB_SUM_1:
	case GDB_SUM_2:
		return feed_sum(parser, byte);
	case GDB_ESCAPED:
		parser->sum = (uint8_t)(parser->sum + byte);
		store(parser, byte ^ 0x20);
		return GDB_NOTHING;
	case GDB_INSIDE:
		break;
	}
	if (byte == '#') {
		parser->state = GDB_SUM_1;
		parser->wanted = 0;
		return GDB_NOTHING;
	}
	parser->sum = (uint8_t)(parser->sum + byte);
	if (byte == '}')
		parser->state = GDB_ESCAPED;
	else
		store(parser, byte);
	return GDB_NOTHING;
}

/* ---- going out ---- */

void gdb_reply_clear(struct gdb_reply *reply)
{
	reply->length = 0;
}

void gdb_reply_deinit(struct gdb_reply *reply)
{
	free(reply->bytes);
	*reply = (struct gdb_reply){ 0 };
}

void gdb_reply_bytes(struct gdb_reply *reply, const void *bytes, size_t length)
{
	if (reply->room - reply->length <= length) {
		reply->room = reply->room * 2 + length + 256;
		reply->bytes = xrealloc(reply->bytes, reply->room);
	}
	if (length)
		memcpy(reply->bytes + reply->length, bytes, length);
	reply->length += length;
	reply->bytes[reply->length] = 0;
}

void gdb_reply_text(struct gdb_reply *reply, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length > 0)
		gdb_reply_bytes(reply, text, (size_t)length);
	if (length >= 0)
		free(text);
}

void gdb_reply_hex(struct gdb_reply *reply, const void *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *from = bytes;

	for (size_t i = 0; i < length; i++) {
		char pair[2] = { digits[from[i] >> 4], digits[from[i] & 15] };

		gdb_reply_bytes(reply, pair, 2);
	}
}

static int must_escape(char c)
{
	return c == '$' || c == '#' || c == '}' || c == '*';
}

size_t gdb_reply_binary(struct gdb_reply *reply, const void *bytes,
			size_t length)
{
	const char *from = bytes;
	size_t i;

	for (i = 0; i < length && reply->length < GDB_PACKET_MAX - 64; i++) {
		char pair[2] = { '}', (char)(from[i] ^ 0x20) };

		if (must_escape(from[i]))
			gdb_reply_bytes(reply, pair, 2);
		else
			gdb_reply_bytes(reply, &from[i], 1);
	}
	return i;
}

/* Bytes of the character that text begins with; 0: it is none. */
static size_t utf8_length(const char *text)
{
	uint8_t first = (uint8_t)text[0];
	size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 :
			first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
	uint8_t second = length > 1 ? (uint8_t)text[1] : 0;

	/* Longer than need be, surrogates, and beyond the last one. */
	if ((first == 0xe0 && second < 0xa0) ||
	    (first == 0xed && second >= 0xa0) ||
	    (first == 0xf0 && second < 0x90) ||
	    (first == 0xf4 && second >= 0x90))
		return 0;
	for (size_t i = 1; i < length; i++)
		if (((uint8_t)text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

void gdb_reply_xml(struct gdb_reply *reply, const char *text)
{
	static const char *const entities[] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;",
		['"'] = "&quot;",
	};

	while (*text) {
		size_t length = utf8_length(text);
		uint8_t first = (uint8_t)*text;

		if (first < sizeof(entities) / sizeof(*entities) &&
		    entities[first])
			gdb_reply_text(reply, "%s", entities[first]);
		else if (!length)
			gdb_reply_bytes(reply, "?", 1);
		else if (first >= ' ')
			gdb_reply_bytes(reply, text, length);
		text += length ? length : 1;
	}
}

void gdb_reply_frame(const struct gdb_reply *reply, struct gdb_reply *out)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < reply->length; i++)
		sum = (uint8_t)(sum + (uint8_t)reply->bytes[i]);
	gdb_reply_bytes(out, "$", 1);
	gdb_reply_bytes(out, reply->bytes, reply->length);
	gdb_reply_text(out, "#%02x", sum);
}

/* ---- numbers ---- */

int gdb_read_number(const char **text, uint64_t *number_out)
{
	const char *start = *text;
	uint64_t number = 0;

	for (; digit(**text) >= 0; (*text)++)
		number = number << 4 | (uint64_t)digit(**text);
	*number_out = number;
	return *text > start;
}

int gdb_read_until(const char **text, char end, uint64_t *number_out)
{
	if (!gdb_read_number(text, number_out) || **text != end)
		return 0;
	if (end)
		(*text)++;
	return 1;
}

size_t gdb_read_hex(const char *text, void *bytes, size_t room)
{
	uint8_t *to = bytes;
	size_t count = 0;

	while (count < room && digit(text[0]) >= 0 && digit(text[1]) >= 0) {
		to[count++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
		text += 2;
	}
	return count;
}
