/* SPDX-License-Identifier: MIT */
/* Fields of structures, strings and payload: what every area needs. */
#include "src/decode_types.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "traces/report.h"

/* A string longer than a path is no string that the kernel takes. */
#define STRING_SHOWN 4096

static int64_t as_signed(uint64_t value, size_t size)
{
	unsigned unused = 64 - 8 * (unsigned)size;

	return size && size < 8 ? (int64_t)(value << unused) >> unused :
				  (int64_t)value;
}

void field_decimal(struct decoder *decoder, uint64_t value,
		   const struct field *field)
{
	text_format(decoder->text, "%" PRId64, as_signed(value, field->size));
}

void field_unsigned(struct decoder *decoder, uint64_t value,
		    const struct field *field)
{
	(void)field;
	text_format(decoder->text, "%" PRIu64, value);
}

void field_hex(struct decoder *decoder, uint64_t value,
	       const struct field *field)
{
	(void)field;
	text_format(decoder->text, value ? "%#" PRIx64 : "%" PRIu64, value);
}

void field_octal(struct decoder *decoder, uint64_t value,
		 const struct field *field)
{
	(void)field;
	text_format(decoder->text, "%#03" PRIo64, value);
}

void decode_mode(struct text *text, uint64_t mode)
{
	const char *type = decode_name(names_file_types, mode & S_IFMT);

	if (mode & S_IFMT) {
		if (type)
			text_format(text, "%s|", type);
		else
			text_format(text, "%#" PRIo64 "|", mode & S_IFMT);
	}
	if (mode & S_ISUID)
		text_add(text, "S_ISUID|");
	if (mode & S_ISGID)
		text_add(text, "S_ISGID|");
	if (mode & S_ISVTX)
		text_add(text, "S_ISVTX|");
	text_format(text, "%#03" PRIo64,
		    mode & ~(uint64_t)(S_IFMT | S_ISUID | S_ISGID | S_ISVTX));
}

void field_mode(struct decoder *decoder, uint64_t value,
		const struct field *field)
{
	(void)field;
	decode_mode(decoder->text, value);
}

void field_device(struct decoder *decoder, uint64_t value,
		  const struct field *field)
{
	(void)field;
	text_format(decoder->text, "makedev(%#x, %#x)", major(value),
		    minor(value));
}

/* A user or group; all bits set means "unchanged" or "none". */
void field_id(struct decoder *decoder, uint64_t value,
	      const struct field *field)
{
	(void)field;
	if ((uint32_t)value == UINT32_MAX)
		text_add(decoder->text, "-1");
	else
		text_format(decoder->text, "%" PRIu32, (uint32_t)value);
}

void field_fd(struct decoder *decoder, uint64_t value,
	      const struct field *field)
{
	decode_fd(decoder, as_signed(value, field->size), decoder->text);
}

void field_signal(struct decoder *decoder, uint64_t value,
		  const struct field *field)
{
	decode_signal(decoder->text, as_signed(value, field->size));
}

void field_flags(struct decoder *decoder, uint64_t value,
		 const struct field *field)
{
	decode_flags(decoder->text, field->table, value);
}

void field_enum(struct decoder *decoder, uint64_t value,
		const struct field *field)
{
	if (!decode_name(field->table, value))
		value = (uint64_t)as_signed(value, field->size);
	decode_enum(decoder->text, field->table, value);
}

void decode_address(struct decoder *decoder, uint64_t address)
{
	if (address)
		text_format(decoder->text, "%#" PRIx64, address);
	else
		text_add(decoder->text, "NULL");
}

void field_pointer(struct decoder *decoder, uint64_t value,
		   const struct field *field)
{
	(void)field;
	decode_address(decoder, value);
}

void field_string_at(struct decoder *decoder, uint64_t value,
		     const struct field *field)
{
	(void)field;
	decode_string(decoder, value, STRING_SHOWN);
}

void field_errno(struct decoder *decoder, uint64_t value,
		 const struct field *field)
{
	int64_t error = as_signed(value, field->size);
	const char *name = decode_errno(error < 0 ? -error : error);

	if (error && name)
		text_format(decoder->text, "%s%s", error < 0 ? "-" : "", name);
	else
		text_format(decoder->text, "%" PRId64, error);
}

void decode_sigset(struct text *text, uint64_t set)
{
	int inverted = __builtin_popcountll(set) > 32;
	const char *between = "";

	text_add(text, inverted ? "~[" : "[");
	for (int i = 1; i <= 64; i++) {
		size_t start = text->length;

		if ((int)(set >> (i - 1) & 1) == inverted)
			continue;
		text_add(text, between);
		start = text->length;
		decode_signal(text, i);
		if (!strncmp(text->bytes + start, "SIG", 3)) {
			memmove(text->bytes + start, text->bytes + start + 3,
				text->length - start - 2);
			text->length -= 3;
		}
		between = " ";
	}
	text_add(text, "]");
}

void field_sigset(struct decoder *decoder, uint64_t value,
		  const struct field *field)
{
	(void)field;
	decode_sigset(decoder->text, value);
}

int decode_read(struct decoder *decoder, remote_addr address, size_t size,
		uint64_t *value_out)
{
	uint64_t value = 0; /* little-endian: the low bytes come first */

	if (!memory_read(decoder->memory, address, &value, size))
		return 0;
	*value_out = value;
	return 1;
}

void decode_data(struct decoder *decoder, remote_addr address,
		 uint64_t length)
{
	uint8_t bytes[DATA_SHOWN] = {0};
	size_t shown = length < sizeof(bytes) ? length : sizeof(bytes);

	if (!address) {
		text_add(decoder->text, "NULL");
		return;
	}
	if (shown)
		shown = decoder->memory->read(decoder->memory, address, bytes,
					      shown);
	if (!shown && length) {
		decode_address(decoder, address);
		return;
	}
	text_quote(decoder->text, bytes, shown);
	if (shown < length)
		text_add(decoder->text, "...");
}

void decode_string(struct decoder *decoder, remote_addr address,
		   uint64_t limit)
{
	uint8_t bytes[STRING_SHOWN];
	size_t length = limit < sizeof(bytes) ? limit : sizeof(bytes);
	size_t got, end;

	got = decoder->memory->read(decoder->memory, address, bytes, length);
	if (!address || !got) {
		decode_address(decoder, address);
		return;
	}
	end = strnlen((char *)bytes, got);
	text_quote(decoder->text, bytes, end);
	if (end == got)
		text_add(decoder->text, "...");
}

void field_text(struct decoder *decoder, uint64_t value,
		const struct field *field)
{
	uint8_t bytes[STRING_SHOWN];
	const uint8_t *at = bytes;
	size_t length = field->size;

	if (field->size <= sizeof(value))
		at = (const uint8_t *)&value;
	else
		length = decoder->memory->read(decoder->memory, value, bytes,
					       length < sizeof(bytes) ?
					       length : sizeof(bytes));
	text_quote(decoder->text, at, strnlen((const char *)at, length));
}

void field_bytes(struct decoder *decoder, uint64_t value,
		 const struct field *field)
{
	if (field->size <= sizeof(value))
		text_quote(decoder->text, &value, field->size);
	else
		decode_data(decoder, value, field->size);
}

void field_struct(struct decoder *decoder, uint64_t value,
		  const struct field *field)
{
	decode_struct(decoder, value, field->size, field->table);
}

static void field_numbers(struct decoder *decoder, remote_addr address,
			  size_t count, size_t size)
{
	text_add(decoder->text, "[");
	for (size_t i = 0; i < count; i++) {
		uint64_t number;

		if (!decode_read(decoder, address + i * size, size, &number))
			break;
		text_format(decoder->text, "%s%" PRIu64, i ? ", " : "",
			    number);
	}
	text_add(decoder->text, "]");
}

void field_u32s(struct decoder *decoder, uint64_t value,
		const struct field *field)
{
	field_numbers(decoder, value, field->size / 4, 4);
}

void field_u64s(struct decoder *decoder, uint64_t value,
		const struct field *field)
{
	field_numbers(decoder, value, field->size / 8, 8);
}

/* Writes one field; 0 when it is not there. */
static int decode_field(struct decoder *decoder, remote_addr address,
			const struct field *field, const char *between)
{
	uint64_t value = address + field->offset;
	int embedded = field->size > sizeof(value) ||
		field->print == field_struct;
	uint8_t byte;

	if (embedded ? !memory_read(decoder->memory, value, &byte, 1) :
	    !decode_read(decoder, value, field->size, &value))
		return 0;
	if (!embedded && !value && field->hide_zero)
		return 1;
	text_add(decoder->text, between);
	if (*field->name)
		text_format(decoder->text, "%s=", field->name);
	field->print(decoder, value, field);
	return 1;
}

void decode_struct(struct decoder *decoder, remote_addr address,
		   uint64_t length, const struct field *fields)
{
	size_t start = decoder->text->length;
	size_t first;

	text_add(decoder->text, "{");
	first = decoder->text->length;
	for (; fields->name; fields++) {
		if ((uint64_t)fields->offset + fields->size > length)
			continue;
		if (decode_field(decoder, address, fields,
				 decoder->text->length > first ? ", " : ""))
			continue;
		if (decoder->text->length == first) {
			text_cut(decoder->text, start);
			decode_address(decoder, address);
			return;
		}
		text_add(decoder->text, ", ...");
		break;
	}
	text_add(decoder->text, "}");
}
