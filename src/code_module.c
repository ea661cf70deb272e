/* SPDX-License-Identifier: MIT */
/*
 * Looks up names in .symtab before .dynsym, as it has the local functions too,
 * and lines with libdw.  The tables are loaded when the first address is
 * looked up and kept.
 */
#include "src/code_module.h"

#include <elfutils/libdw.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "src/elf_image.h"
#include "traces/report.h"

/* The largest known sections of debug information have half of it. */
#define EXPANDED_LIMIT (UINT64_C(1) << 30)

enum load_state { LOAD_UNTRIED, LOAD_DONE };

struct code_module {
	const struct code_map *map;
	struct file_memory file;
	struct elf_image image;
	uint64_t bias;
	enum load_state symbols_state, elf_state, lines_state;
	struct elf_symbols tables[2]; /* .symtab, dynamic symbols */
	Elf *elf;
	Dwarf *lines;
};

/*
 * A mapping begins at a page; the segment that it shows may begin within it.
 * So the segment that overlaps the mapped part of the file tells the bias.
 */
static int find_bias(struct code_module *module)
{
	const struct code_map *map = module->map;
	uint64_t length = map->end - map->start;

	for (size_t i = 0; i < module->image.segment_count; i++) {
		const Elf64_Phdr *segment = &module->image.segments[i];

		if (segment->p_type != PT_LOAD || !segment->p_filesz ||
		    segment->p_offset >= map->offset + length ||
		    segment->p_offset + segment->p_filesz <= map->offset)
			continue;
		if (!(segment->p_flags & PF_X) && (map->protection & PROT_EXEC))
			continue;
		module->bias = map->start - map->offset + segment->p_offset -
			       segment->p_vaddr;
		return 0;
	}
	return ELF_IMAGE_NONE;
}

struct code_module *code_module_create(const struct code_map *map,
				       struct memory *memory)
{
	struct code_module *module = xcalloc(1, sizeof(*module));
	int err;

	module->map = map;
	if (map->fd >= 0) {
		file_memory_init(&module->file, map->fd);
		err = elf_image_open(&module->file.memory, 0, &module->image);
	} else {
		err = map->offset ? ELF_IMAGE_NONE
				  : elf_image_open(memory, map->start,
						   &module->image);
	}
	if (err || find_bias(module)) {
		code_module_destroy(module);
		return NULL;
	}
	return module;
}

void code_module_destroy(struct code_module *module)
{
	if (!module)
		return;
	if (module->lines)
		dwarf_end(module->lines);
	if (module->elf)
		elf_end(module->elf);
	elf_symbols_deinit(&module->tables[0]);
	elf_symbols_deinit(&module->tables[1]);
	elf_image_close(&module->image);
	free(module);
}

int code_module_frame(struct code_module *module, remote_addr address,
		      struct elf_frame *frame_out)
{
	int err = elf_frames_find(&module->image, address - module->bias,
				  FRAMES_ALL, frame_out);

	if (err)
		return err;
	frame_out->start += module->bias;
	frame_out->end += module->bias;
	frame_out->description += module->bias;
	return 0;
}

/*
 * A few bytes may stand for terabytes; libelf believes what they say, so a
 * file with such a section is not given to it.
 */
static int expands_too_far(const struct elf_image *image)
{
	for (size_t i = 0; i < image->section_count; i++) {
		const Elf64_Shdr *section = &image->sections[i];
		Elf64_Chdr header;

		if ((section->sh_flags & SHF_COMPRESSED) &&
		    (!elf_image_read(image, section->sh_offset, &header,
				     sizeof(header)) ||
		     header.ch_size > EXPANDED_LIMIT))
			return 1;
	}
	return 0;
}

/* libelf reads, and does not map: a mapped file may be cut off under it. */
static Elf *load_elf(struct code_module *module)
{
	if (module->elf_state == LOAD_DONE)
		return module->elf;
	module->elf_state = LOAD_DONE;
	if (module->map->fd < 0 || expands_too_far(&module->image))
		return NULL;
	elf_version(EV_CURRENT);
	module->elf = elf_begin(module->map->fd, ELF_C_READ, NULL);
	return module->elf;
}

int code_module_debug_frame(struct code_module *module, remote_addr address,
			    struct debug_frame *frame_out)
{
	const Elf64_Shdr *header =
		elf_image_find_section(&module->image, ".debug_frame");
	Elf_Scn *section = NULL;

	if (header && load_elf(module))
		section = elf_getscn(module->elf,
				     (size_t)(header - module->image.sections));
	if (!section)
		return DEBUG_FRAME_NONE;
	return debug_frame_find(section, address - module->bias, module->bias,
				frame_out);
}

static void load_symbols(struct code_module *module)
{
	if (module->symbols_state == LOAD_DONE)
		return;
	module->symbols_state = LOAD_DONE;
	elf_image_load_symbols(&module->image, SHT_SYMTAB, &module->tables[0]);
	elf_image_dynamic_symbols(&module->image, &module->tables[1]);
}

/* A label that assembler code did not declare to be a function. */
static int is_code_label(const struct code_module *module,
			 const Elf64_Sym *symbol)
{
	return ELF64_ST_TYPE(symbol->st_info) == STT_NOTYPE &&
	       symbol->st_shndx < module->image.section_count &&
	       (module->image.sections[symbol->st_shndx].sh_flags &
		SHF_EXECINSTR);
}

/* How well a symbol names the address; 0: not at all. */
static int rank_symbol(const struct code_module *module,
		       const Elf64_Sym *symbol, uint64_t address)
{
	int is_function = elf_symbol_is_function(symbol);

	if (symbol->st_value > address)
		return 0;
	if (!is_function && !is_code_label(module, symbol))
		return 0;
	if (symbol->st_size && address - symbol->st_value >= symbol->st_size)
		return 0;
	/* One of known size that holds the address, an exported one first. */
	return 1 + (symbol->st_size ? 4 : 0) + (is_function ? 2 : 0) +
	       (ELF64_ST_BIND(symbol->st_info) == STB_GLOBAL);
}

static const Elf64_Sym *find_symbol(const struct code_module *module,
				    const struct elf_symbols *symbols,
				    uint64_t address)
{
	const Elf64_Sym *best = NULL;
	int best_rank = 0;

	for (size_t i = 0; i < symbols->count; i++) {
		const Elf64_Sym *symbol = &symbols->symbols[i];
		int rank = rank_symbol(module, symbol, address);

		if (!rank || !*elf_symbols_name(symbols, symbol))
			continue;
		if (rank < best_rank ||
		    (rank == best_rank && symbol->st_value <= best->st_value))
			continue;
		best = symbol;
		best_rank = rank;
	}
	return best;
}

/*
 * A label without a size reaches no further than the function that the unwind
 * tables know at the address.
 */
static int is_beyond(const struct code_module *module, const Elf64_Sym *symbol,
		     uint64_t address)
{
	struct elf_frame frame;

	return !symbol->st_size &&
	       !elf_frames_find(&module->image, address, FRAMES_INDEXED,
				&frame) &&
	       symbol->st_value < frame.start;
}

const char *code_module_function(struct code_module *module,
				 remote_addr address, uint64_t *offset_out)
{
	uint64_t target = address - module->bias;

	load_symbols(module);
	for (size_t t = 0; t < 2; t++) {
		const struct elf_symbols *symbols = &module->tables[t];
		const Elf64_Sym *symbol = find_symbol(module, symbols, target);

		if (!symbol || is_beyond(module, symbol, target))
			continue;
		*offset_out = target - symbol->st_value;
		return elf_symbols_name(symbols, symbol);
	}
	return NULL;
}

static void load_lines(struct code_module *module)
{
	if (module->lines_state == LOAD_DONE)
		return;
	module->lines_state = LOAD_DONE;
	if ((elf_image_find_section(&module->image, ".debug_line") ||
	     elf_image_find_section(&module->image, ".zdebug_line")) &&
	    load_elf(module))
		module->lines =
			dwarf_begin_elf(module->elf, DWARF_C_READ, NULL);
}

/* The compilation unit that has the address, by index or by looking at all. */
static Dwarf_Die *find_unit(Dwarf *lines, uint64_t address, Dwarf_Die *unit)
{
	Dwarf_Off offset = 0, next;
	size_t header_size;

	if (dwarf_addrdie(lines, address, unit))
		return unit;
	while (dwarf_nextcu(lines, offset, &next, &header_size, NULL, NULL,
			    NULL) == 0) {
		if (dwarf_offdie(lines, offset + header_size, unit) &&
		    dwarf_haspc(unit, address) == 1)
			return unit;
		if (next <= offset)
			break;
		offset = next;
	}
	return NULL;
}

const char *code_module_line(struct code_module *module, remote_addr address,
			     int *line_out)
{
	uint64_t target = address - module->bias;
	Dwarf_Line *line;
	Dwarf_Die unit;

	load_lines(module);
	if (!module->lines || !find_unit(module->lines, target, &unit))
		return NULL;
	line = dwarf_getsrc_die(&unit, target);
	if (!line || dwarf_lineno(line, line_out))
		return NULL;
	return dwarf_linesrc(line, NULL, NULL);
}
