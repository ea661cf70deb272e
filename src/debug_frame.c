/* SPDX-License-Identifier: MIT */
/*
 * libdw reads the records; they are written again in the older format of
 * .eh_frame, in which the unwinder takes them from any memory (DWARF 5,
 * section 6.4; Linux Standard Base Core, "Exception Frames").
 */
#include "src/debug_frame.h"

#include <elfutils/libdw.h>
#include <string.h>

struct output {
	struct debug_frame *frame;
	int is_full;
};

static void put(struct output *output, const void *bytes, size_t length)
{
	struct debug_frame *frame = output->frame;

	if (length > sizeof(frame->bytes) - frame->length) {
		output->is_full = 1;
		return;
	}
	memcpy(frame->bytes + frame->length, bytes, length);
	frame->length += length;
}

static void put_unsigned(struct output *output, uint64_t value)
{
	uint8_t byte;

	do {
		byte = value & 0x7f;
		value >>= 7;
		if (value)
			byte |= 0x80;
		put(output, &byte, 1);
	} while (value);
}

static void put_signed(struct output *output, int64_t value)
{
	uint8_t byte;
	int more;

	do {
		byte = value & 0x7f;
		value >>= 7;
		more = !((value == 0 && !(byte & 0x40)) ||
			 (value == -1 && (byte & 0x40)));
		if (more)
			byte |= 0x80;
		put(output, &byte, 1);
	} while (more);
}

/* Begins a record: its length is filled in by end_record(). */
static size_t begin_record(struct output *output, uint32_t field)
{
	size_t start = output->frame->length;
	uint32_t length = 0;

	put(output, &length, sizeof(length));
	put(output, &field, sizeof(field));
	return start;
}

static void end_record(struct output *output, size_t start)
{
	static const uint8_t padding[8]; /* DW_CFA_nop */
	uint32_t length;

	put(output, padding, -output->frame->length & 7);
	length = (uint32_t)(output->frame->length - start - sizeof(length));
	if (!output->is_full)
		memcpy(output->frame->bytes + start, &length, sizeof(length));
}

static void put_common(struct output *output, const Dwarf_CIE *common)
{
	static const char version_and_augmentation[] = { 1, 0 };
	uint8_t return_register = (uint8_t)common->return_address_register;
	size_t start = begin_record(output, 0);

	put(output, version_and_augmentation, sizeof(version_and_augmentation));
	put_unsigned(output, common->code_alignment_factor);
	put_signed(output, common->data_alignment_factor);
	put(output, &return_register, 1);
	put(output, common->initial_instructions,
	    (size_t)(common->initial_instructions_end -
		     common->initial_instructions));
	end_record(output, start);
}

static void put_description(struct output *output, const Dwarf_FDE *own)
{
	struct debug_frame *frame = output->frame;
	uint64_t range[2] = { frame->start, frame->end - frame->start };
	size_t start = frame->length;

	/* The common record is at 0; the way back is from the field itself. */
	frame->description = begin_record(output, (uint32_t)(start + 4));
	put(output, range, sizeof(range));
	put(output, own->start + 16, (size_t)(own->end - own->start) - 16);
	end_record(output, start);
}

/* Reads the section, decompressed; NULL when that is not possible. */
static Elf_Data *section_data(Elf_Scn *section)
{
	Elf64_Shdr *header = elf64_getshdr(section);

	if (header && (header->sh_flags & SHF_COMPRESSED) &&
	    elf_compress(section, 0, 0) < 0)
		return NULL;
	return elf_rawdata(section, NULL);
}

static int holds(const Dwarf_CFI_Entry *entry, uint64_t address,
		 uint64_t range_out[2])
{
	if (dwarf_cfi_cie_p((Dwarf_CFI_Entry *)entry) ||
	    entry->fde.end - entry->fde.start < 16)
		return 0;
	memcpy(range_out, entry->fde.start, 16);
	return address >= range_out[0] && address - range_out[0] < range_out[1];
}

int debug_frame_find(Elf_Scn *section, uint64_t address, uint64_t bias,
		     struct debug_frame *frame_out)
{
	static const unsigned char identification[EI_NIDENT] = {
		0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT,
	};
	Elf_Data *data = section_data(section);
	struct output output = { frame_out, 0 };
	Dwarf_CFI_Entry entry, common;
	Dwarf_Off offset = 0, next;
	uint64_t range[2];
	int err = data ? 0 : 1;

	for (; !err; offset = next) {
		err = dwarf_next_cfi(identification, data, 0, offset, &next,
				     &entry);
		if (err || next <= offset)
			return DEBUG_FRAME_NONE;
		if (holds(&entry, address, range))
			break;
	}
	if (err ||
	    dwarf_next_cfi(identification, data, 0, entry.fde.CIE_pointer,
			   &next, &common) ||
	    !dwarf_cfi_cie_p(&common))
		return DEBUG_FRAME_NONE;
	memset(frame_out, 0, sizeof(*frame_out));
	frame_out->start = range[0] + bias;
	frame_out->end = frame_out->start + range[1];
	put_common(&output, &common.cie);
	put_description(&output, &entry.fde);
	return output.is_full ? DEBUG_FRAME_NONE : 0;
}
