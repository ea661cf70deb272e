/* SPDX-License-Identifier: MIT */
#include "src/decode_text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/report.h"

void text_deinit(struct text *text)
{
	free(text->bytes);
	*text = (struct text){0};
}

void text_cut(struct text *text, size_t length)
{
	if (length >= text->length)
		return;
	text->length = length;
	text->bytes[length] = '\0';
}

static void text_reserve(struct text *text, size_t more)
{
	size_t need = text->length + more + 1;

	if (need <= text->room)
		return;
	text->room = need < 256 ? 256 : need + need / 2;
	text->bytes = xrealloc(text->bytes, text->room);
}

void text_add_bytes(struct text *text, const void *bytes, size_t length)
{
	text_reserve(text, length);
	if (length)
		memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	text_reserve(text, 80);
	va_start(arguments, format);
	length = vsnprintf(text->bytes + text->length,
			   text->room - text->length, format, arguments);
	va_end(arguments);
	bug_unless(length >= 0, "format %s", format);
	if ((size_t)length >= text->room - text->length) {
		text_reserve(text, (size_t)length);
		va_start(arguments, format);
		vsnprintf(text->bytes + text->length,
			  text->room - text->length, format, arguments);
		va_end(arguments);
	}
	text->length += (size_t)length;
}

static char escape_letter(unsigned char byte)
{
	switch (byte) {
	case '\n':
		return 'n';
	case '\t':
		return 't';
	case '\r':
		return 'r';
	case '\v':
		return 'v';
	case '\f':
		return 'f';
	case '\\':
		return '\\';
	}
	return '\0';
}

static int is_digit(unsigned char byte)
{
	return byte >= '0' && byte <= '7';
}

/* An octal escape is as short as the byte after it allows. */
static void escape_byte(struct text *text, unsigned char byte, int digit_next)
{
	char letter = escape_letter(byte);

	if (letter)
		text_format(text, "\\%c", letter);
	else if (digit_next)
		text_format(text, "\\%03o", byte);
	else
		text_format(text, "\\%o", byte);
}

static void add_escaped(struct text *text, const void *bytes, size_t length,
			const char *special)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < length; i++) {
		int digit_next = i + 1 < length && is_digit(at[i + 1]);

		if (at[i] && strchr(special, at[i]))
			text_format(text, "\\%c", at[i]);
		else if (at[i] < ' ' || at[i] > '~' || at[i] == '\\')
			escape_byte(text, at[i], digit_next);
		else
			text_add_bytes(text, at + i, 1);
	}
}

void text_quote(struct text *text, const void *bytes, size_t length)
{
	text_add(text, "\"");
	add_escaped(text, bytes, length, "\"");
	text_add(text, "\"");
}

void text_label(struct text *text, const void *bytes, size_t length)
{
	add_escaped(text, bytes, length, "<>");
}

void text_escape(struct text *text, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < length; i++) {
		if (at[i] == '\\')
			text_add(text, "\\\\");
		else if (at[i] < ' ' || at[i] > '~')
			text_format(text, "\\x%02x", at[i]);
		else
			text_add_bytes(text, at + i, 1);
	}
}

const char *text_string(const struct text *text)
{
	return text->bytes ? text->bytes : "";
}
