/* SPDX-License-Identifier: MIT */
/*
 * Finds frame descriptions through the sorted table in .eh_frame_hdr, which
 * linkers write for every program that can throw, or one by one where there is
 * no such table.  Only the pointer encodings that compilers use are known.
 */
#include "src/elf_frames.h"

#include <string.h>

/* Pointer encodings, DW_EH_PE_*. */
#define ENCODING_OMIT 0xff
#define ENCODING_FORMAT 0x0f
#define ENCODING_BASE 0x70
#define ENCODING_INDIRECT 0x80
#define ENCODING_RELATIVE 0x10 /* to where the pointer itself is */
#define ENCODING_UDATA4 0x03
#define ENCODING_TABLE 0x3b /* sdata4, relative to the header */

/* A record is looked at in pieces of at most this; the rest is unwinding. */
#define RECORD_ROOM 256

/* A longer .eh_frame without a table is not looked through to its end. */
#define RECORDS_MAX 1000000u

/* Bytes of the image that are read from front to back. */
struct cursor {
	uint8_t bytes[RECORD_ROOM];
	size_t length, position;
	uint64_t address; /* of bytes[0] */
	int failed;	  /* a read went over the end */
};

static void cursor_load(const struct elf_image *image, uint64_t address,
			struct cursor *cursor)
{
	uint64_t offset;

	cursor->address = address;
	cursor->position = 0;
	cursor->failed = 0;
	cursor->length = 0;
	if (elf_image_find_offset(image, address, &offset) ||
	    offset + image->base < offset)
		return;
	cursor->length =
		image->memory->read(image->memory, image->base + offset,
				    cursor->bytes, RECORD_ROOM);
}

static uint64_t take(struct cursor *cursor, size_t length)
{
	uint64_t value = 0;

	if (cursor->length - cursor->position < length) {
		cursor->failed = 1;
		return 0;
	}
	memcpy(&value, cursor->bytes + cursor->position, length);
	cursor->position += length;
	return value;
}

static void skip_leb128(struct cursor *cursor)
{
	while (take(cursor, 1) & 0x80)
		;
}

static uint64_t take_pointer(struct cursor *cursor, uint8_t encoding)
{
	uint64_t base = 0;

	if ((encoding & ENCODING_BASE) == ENCODING_RELATIVE)
		base = cursor->address + cursor->position;
	else if (encoding & (ENCODING_BASE | ENCODING_INDIRECT))
		cursor->failed = 1;
	switch (encoding & ENCODING_FORMAT) {
	case 0x00: /* absolute */
	case 0x04: /* udata8 */
	case 0x0c: /* sdata8 */
		return base + take(cursor, 8);
	case 0x02: /* udata2 */
		return base + take(cursor, 2);
	case ENCODING_UDATA4:
		return base + take(cursor, 4);
	case 0x0a: /* sdata2 */
		return base + (uint64_t)(int16_t)take(cursor, 2);
	case 0x0b: /* sdata4 */
		return base + (uint64_t)(int32_t)take(cursor, 4);
	default:
		cursor->failed = 1;
		return 0;
	}
}

/* A record's length; 0 at the end of the section. */
static uint64_t take_length(struct cursor *cursor)
{
	uint64_t length = take(cursor, 4);

	return length == 0xffffffff ? take(cursor, 8) : length;
}

/* How the common record at address says that its functions' starts are kept. */
static int read_encoding(const struct elf_image *image, uint64_t address,
			 uint8_t *encoding_out)
{
	struct cursor cursor;
	char augmentation[8] = "";
	size_t count = 0;
	uint8_t version;

	cursor_load(image, address, &cursor);
	take_length(&cursor);
	if (take(&cursor, 4) != 0) /* not a common record */
		return ELF_IMAGE_NONE;
	version = (uint8_t)take(&cursor, 1);
	do {
		augmentation[count] = (char)take(&cursor, 1);
	} while (augmentation[count] && ++count < sizeof(augmentation) - 1);
	*encoding_out = 0; /* absolute */
	if (cursor.failed || (version != 1 && version != 3))
		return ELF_IMAGE_NONE;
	if (augmentation[0] != 'z')
		return augmentation[0] ? ELF_IMAGE_NONE : 0;
	skip_leb128(&cursor); /* code alignment */
	skip_leb128(&cursor); /* data alignment */
	skip_leb128(&cursor); /* return address register */
	skip_leb128(&cursor); /* augmentation length */
	for (const char *c = augmentation + 1; *c; c++) {
		if (*c == 'R')
			*encoding_out = (uint8_t)take(&cursor, 1);
		else if (*c == 'L')
			take(&cursor, 1);
		else if (*c == 'P')
			take_pointer(&cursor, take(&cursor, 1) & 0x0f);
	}
	return cursor.failed ? ELF_IMAGE_NONE : 0;
}

/*
 * The description at address.  *next_out is where the next record begins, 0 at
 * the end.  ELF_IMAGE_NONE also for a common record, which is in between.
 */
static int read_frame(const struct elf_image *image, uint64_t address,
		      struct elf_frame *frame_out, uint64_t *next_out)
{
	struct cursor cursor;
	uint64_t length, field, common;
	uint8_t encoding;

	*next_out = 0;
	cursor_load(image, address, &cursor);
	length = take_length(&cursor);
	if (cursor.failed || length < 4)
		return ELF_IMAGE_NONE;
	field = address + cursor.position;
	if (field + length > field)
		*next_out = field + length;
	common = take(&cursor, 4);
	if (cursor.failed || !common ||
	    read_encoding(image, field - common, &encoding))
		return ELF_IMAGE_NONE;
	frame_out->description = address;
	frame_out->start = take_pointer(&cursor, encoding);
	frame_out->end = frame_out->start +
			 take_pointer(&cursor, encoding & ENCODING_FORMAT);
	if (cursor.failed || frame_out->end < frame_out->start)
		return ELF_IMAGE_NONE;
	return 0;
}

/* The table of .eh_frame_hdr, and what else the header says. */
struct frame_table {
	uint64_t header; /* address, base of the entries */
	uint64_t frames; /* address of .eh_frame; 0: not said */
	uint64_t offset; /* of the entries in the file */
	uint64_t count;	 /* 0: no table */
};

static int find_table(const struct elf_image *image, struct frame_table *table)
{
	const Elf64_Phdr *segment = NULL;
	struct cursor cursor;
	uint8_t version, frames, count, entries;

	for (size_t i = 0; i < image->segment_count && !segment; i++)
		if (image->segments[i].p_type == PT_GNU_EH_FRAME)
			segment = &image->segments[i];
	if (!segment)
		return ELF_IMAGE_NONE;
	table->header = segment->p_vaddr;
	cursor_load(image, segment->p_vaddr, &cursor);
	version = (uint8_t)take(&cursor, 1);
	frames = (uint8_t)take(&cursor, 1);
	count = (uint8_t)take(&cursor, 1);
	entries = (uint8_t)take(&cursor, 1);
	if (frames != ENCODING_OMIT)
		table->frames = take_pointer(&cursor, frames);
	if (cursor.failed || version != 1)
		return ELF_IMAGE_NONE;
	if (count != ENCODING_UDATA4 || entries != ENCODING_TABLE)
		return 0;
	table->count = take(&cursor, 4);
	if (cursor.failed ||
	    elf_image_find_offset(image, table->header + cursor.position,
				  &table->offset))
		table->count = 0;
	return 0;
}

struct table_entry {
	int32_t start, description; /* both from the header */
};

/* Binary search for the last entry that does not start behind address. */
static int search_table(const struct elf_image *image,
			const struct frame_table *table, uint64_t address,
			struct elf_frame *frame_out)
{
	struct table_entry entry, found = { 0, 0 };
	int64_t relative = (int64_t)(address - table->header);
	uint64_t low = 0, high = table->count, next;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (!elf_image_read(image,
				    table->offset + middle * sizeof(entry),
				    &entry, sizeof(entry)))
			return ELF_IMAGE_NONE;
		if (entry.start <= relative) {
			found = entry;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (!low ||
	    read_frame(image, table->header + (uint64_t)found.description,
		       frame_out, &next))
		return ELF_IMAGE_NONE;
	return address >= frame_out->start && address < frame_out->end
		       ? 0
		       : ELF_IMAGE_NONE;
}

static int search_all(const struct elf_image *image, uint64_t frames,
		      uint64_t address, struct elf_frame *frame_out)
{
	const Elf64_Shdr *section;
	uint64_t next;

	if (!frames) {
		section = elf_image_find_section(image, ".eh_frame");
		if (!section)
			return ELF_IMAGE_NONE;
		frames = section->sh_addr;
	}
	for (unsigned i = 0; frames && i < RECORDS_MAX; i++, frames = next)
		if (!read_frame(image, frames, frame_out, &next) &&
		    address >= frame_out->start && address < frame_out->end)
			return 0;
	return ELF_IMAGE_NONE;
}

int elf_frames_find(const struct elf_image *image, uint64_t address,
		    enum frame_search search, struct elf_frame *frame_out)
{
	struct frame_table table = { 0 };

	if (!find_table(image, &table) && table.count)
		return search_table(image, &table, address, frame_out);
	if (search == FRAMES_INDEXED)
		return ELF_IMAGE_NONE;
	return search_all(image, table.frames, address, frame_out);
}
