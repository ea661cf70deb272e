/* SPDX-License-Identifier: MIT */
/*
 * Text that grows, for lines of unknown length.  Whatever comes from a program
 * goes through text_quote() or text_label(), so that a line is safe to show
 * on a terminal.
 */
#ifndef REEL_DECODE_TEXT_H
#define REEL_DECODE_TEXT_H

#include <stddef.h>

/* All zero is an empty text. */
struct text {
	char *bytes; /* NUL-terminated unless NULL */
	size_t length, room;
};

void text_deinit(struct text *text);

/* Cuts it back to length bytes. */
void text_cut(struct text *text, size_t length);

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const void *bytes, size_t length);
void text_format(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds "..." with the escapes of C; bytes outside ASCII become octal. */
void text_quote(struct text *text, const void *bytes, size_t length);

/* As above without quotes; < and > are escaped too, to stand inside them. */
void text_label(struct text *text, const void *bytes, size_t length);

/*
 * Printable ASCII as it is, a backslash as \\, any other byte as \xNN: the
 * form of bytes in JSON, from which they can be had back exactly.
 */
void text_escape(struct text *text, const void *bytes, size_t length);

/* The string; "" when empty. */
const char *text_string(const struct text *text);

#endif
