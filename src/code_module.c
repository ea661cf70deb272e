/* SPDX-License-Identifier: MIT */
/*
 * Looks up names in .symtab before .dynsym, as it has the local functions too,
 * and lines with libdw.  The tables are loaded when the first address is
 * looked up and kept.  What was stripped off into a file of its own is looked
 * for there.
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

/* An ELF file, read by us and, as far as that is needed, by libelf. */
struct code_file {
	int fd; /* -1: memory is read */
	struct file_memory memory;
	struct elf_image image;
	enum load_state elf_state;
	Elf *elf;
};

#define TABLES 3

struct code_module {
	const struct code_map *map;
	struct code_file own, debug;
	int has_debug; /* debug is there */
	uint64_t bias;
	enum load_state symbols_state, lines_state;
	struct elf_symbols tables[TABLES]; /* .symtab of both, dynamic */
	Dwarf *lines, *alternate;
};

/*
 * A mapping begins at a page; the segment that it shows may begin within it.
 * So the segment that overlaps the mapped part of the file tells the bias.
 */
static int find_bias(struct code_module *module)
{
	const struct code_map *map = module->map;
	uint64_t length = map->end - map->start;

	for (size_t i = 0; i < module->own.image.segment_count; i++) {
		const Elf64_Phdr *segment = &module->own.image.segments[i];

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

static int open_image(struct code_file *file)
{
	file_memory_init(&file->memory, file->fd);
	return elf_image_open(&file->memory.memory, 0, &file->image);
}

struct code_module *code_module_create(const struct code_map *map,
				       struct memory *memory)
{
	struct code_module *module = xcalloc(1, sizeof(*module));
	int err;

	module->map = map;
	module->own.fd = map->fd;
	module->debug.fd = map->debug ? map->debug->fd : -1;
	if (map->fd >= 0)
		err = open_image(&module->own);
	else
		err = map->offset ? ELF_IMAGE_NONE
				  : elf_image_open(memory, map->start,
						   &module->own.image);
	module->has_debug = module->debug.fd >= 0 &&
			    !open_image(&module->debug);
	if (err || find_bias(module)) {
		code_module_destroy(module);
		return NULL;
	}
	return module;
}

static void close_file(struct code_file *file)
{
	elf_end(file->elf);
	elf_image_close(&file->image);
}

void code_module_destroy(struct code_module *module)
{
	if (!module)
		return;
	dwarf_end(module->lines);
	dwarf_end(module->alternate);
	for (size_t t = 0; t < TABLES; t++)
		elf_symbols_deinit(&module->tables[t]);
	close_file(&module->own);
	close_file(&module->debug);
	free(module);
}

int code_module_frame(struct code_module *module, remote_addr address,
		      struct elf_frame *frame_out)
{
	int err = elf_frames_find(&module->own.image, address - module->bias,
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
static Elf *load_elf(struct code_file *file)
{
	if (file->elf_state == LOAD_DONE)
		return file->elf;
	file->elf_state = LOAD_DONE;
	if (file->fd < 0 || expands_too_far(&file->image))
		return NULL;
	elf_version(EV_CURRENT);
	file->elf = elf_begin(file->fd, ELF_C_READ, NULL);
	return file->elf;
}

static int find_debug_frame(struct code_file *file, uint64_t address,
			    uint64_t bias, struct debug_frame *frame_out)
{
	const Elf64_Shdr *header =
		elf_image_find_section(&file->image, ".debug_frame");
	Elf_Scn *section = NULL;

	if (header && load_elf(file))
		section = elf_getscn(file->elf,
				     (size_t)(header - file->image.sections));
	if (!section)
		return DEBUG_FRAME_NONE;
	return debug_frame_find(section, address, bias, frame_out);
}

int code_module_debug_frame(struct code_module *module, remote_addr address,
			    struct debug_frame *frame_out)
{
	uint64_t target = address - module->bias;

	if (!find_debug_frame(&module->own, target, module->bias, frame_out))
		return 0;
	if (!module->has_debug)
		return DEBUG_FRAME_NONE;
	return find_debug_frame(&module->debug, target, module->bias,
				frame_out);
}

static void load_symbols(struct code_module *module)
{
	if (module->symbols_state == LOAD_DONE)
		return;
	module->symbols_state = LOAD_DONE;
	elf_image_load_symbols(&module->own.image, SHT_SYMTAB,
			       &module->tables[0]);
	if (module->has_debug)
		elf_image_load_symbols(&module->debug.image, SHT_SYMTAB,
				       &module->tables[1]);
	elf_image_dynamic_symbols(&module->own.image, &module->tables[2]);
}

/* A label that assembler code did not declare to be a function. */
static int is_code_label(const struct code_module *module,
			 const Elf64_Sym *symbol)
{
	return ELF64_ST_TYPE(symbol->st_info) == STT_NOTYPE &&
	       symbol->st_shndx < module->own.image.section_count &&
	       (module->own.image.sections[symbol->st_shndx].sh_flags &
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
	       !elf_frames_find(&module->own.image, address, FRAMES_INDEXED,
				&frame) &&
	       symbol->st_value < frame.start;
}

const char *code_module_function(struct code_module *module,
				 remote_addr address, uint64_t *offset_out)
{
	uint64_t target = address - module->bias;

	load_symbols(module);
	for (size_t t = 0; t < TABLES; t++) {
		const struct elf_symbols *symbols = &module->tables[t];
		const Elf64_Sym *symbol = find_symbol(module, symbols, target);

		if (!symbol || is_beyond(module, symbol, target))
			continue;
		*offset_out = target - symbol->st_value;
		return elf_symbols_name(symbols, symbol);
	}
	return NULL;
}

static int has_lines(const struct elf_image *image)
{
	return elf_image_find_section(image, ".debug_line") ||
	       elf_image_find_section(image, ".zdebug_line");
}

/*
 * Other files that a file wants to be read (.gnu_debugaltlink) are given to
 * libdw or not; it could not open them where it is confined.
 */
static void load_lines(struct code_module *module)
{
	const struct debug_file *debug = module->map->debug;
	struct code_file *file = module->has_debug ? &module->debug :
						     &module->own;

	if (module->lines_state == LOAD_DONE)
		return;
	module->lines_state = LOAD_DONE;
	if (!has_lines(&file->image) || !load_elf(file))
		return;
	module->lines = dwarf_begin_elf(file->elf, DWARF_C_READ, NULL);
	if (!module->lines || file == &module->own || debug->alternate_fd < 0)
		return;
	module->alternate = dwarf_begin(debug->alternate_fd, DWARF_C_READ);
	if (module->alternate)
		dwarf_setalt(module->lines, module->alternate);
}

size_t code_module_places(struct code_module *module, remote_addr address,
			  struct source_place *places_out, size_t room)
{
	size_t count;

	load_lines(module);
	if (!module->lines)
		return 0;
	count = source_places(module->lines, address - module->bias,
			      places_out, room);
	for (size_t i = 0; i < count; i++)
		places_out[i].start += module->bias;
	return count;
}

struct debug_file code_map_find_debug(const struct code_map *map,
				      const char *directory)
{
	AUTO(elf_image_close) struct elf_image image = { 0 };
	struct file_memory file;

	if (map->fd < 0 || !(map->protection & PROT_EXEC))
		return (struct debug_file){ -1, -1 };
	file_memory_init(&file, map->fd);
	if (elf_image_open(&file.memory, 0, &image) || has_lines(&image))
		return (struct debug_file){ -1, -1 };
	return debug_file_open(directory, &image, map->name);
}
