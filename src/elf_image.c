/* SPDX-License-Identifier: MIT */
/*
 * Reads ELF headers and tables (elf(5)).  A table whose stated size cannot be
 * read in full counts as missing; no size is believed before the bytes are
 * there, so that a header of a few bytes cannot make us allocate gigabytes.
 */
#include "src/elf_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/report.h"

/* No honest table is larger; the largest known symbol tables have 100 MB. */
#define TABLE_LIMIT (256u << 20)
#define TABLE_STEP (1u << 20)

static size_t file_memory_read(struct memory *memory, remote_addr addr,
			       void *bytes, size_t length)
{
	struct file_memory *file = (struct file_memory *)memory;
	size_t done = 0;

	if (addr > INT64_MAX)
		return 0;
	while (done < length) {
		ssize_t got = pread(file->fd, (char *)bytes + done,
				    length - done, (off_t)(addr + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return done;
}

void file_memory_init(struct file_memory *file, int fd)
{
	file->memory.read = file_memory_read;
	file->fd = fd;
}

static size_t bytes_memory_read(struct memory *memory, remote_addr addr,
				void *bytes, size_t length)
{
	struct bytes_memory *buffer = (struct bytes_memory *)memory;

	if (addr >= buffer->size)
		return 0;
	if (length > buffer->size - addr)
		length = buffer->size - addr;
	memcpy(bytes, (const char *)buffer->bytes + addr, length);
	return length;
}

void bytes_memory_init(struct bytes_memory *buffer, const void *bytes,
		       size_t size)
{
	buffer->memory.read = bytes_memory_read;
	buffer->bytes = bytes;
	buffer->size = size;
}

int elf_image_read(const struct elf_image *image, uint64_t offset, void *bytes,
		   size_t length)
{
	remote_addr address;

	if (__builtin_add_overflow(image->base, offset, &address))
		return 0;
	return memory_read(image->memory, address, bytes, length);
}

/* The bytes and a NUL behind them, or NULL.  Grows with what is readable. */
static void *read_table(const struct elf_image *image, uint64_t offset,
			uint64_t size)
{
	char *table = NULL;
	uint64_t done = 0;

	if (size > TABLE_LIMIT)
		return NULL;
	do {
		uint64_t step = size - done;

		if (step > TABLE_STEP)
			step = TABLE_STEP;
		table = xrealloc(table, done + step + 1);
		if (offset + done < offset ||
		    !elf_image_read(image, offset + done, table + done, step)) {
			free(table);
			return NULL;
		}
		done += step;
	} while (done < size);
	table[size] = '\0';
	return table;
}

static int header_is_usable(const Elf64_Ehdr *header)
{
	return !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 &&
	       header->e_ident[EI_DATA] == ELFDATA2LSB &&
	       header->e_machine == EM_X86_64;
}

int elf_image_open(struct memory *memory, remote_addr base,
		   struct elf_image *image_out)
{
	struct elf_image image = { .memory = memory, .base = base };
	Elf64_Ehdr header;

	if (!elf_image_read(&image, 0, &header, sizeof(header)) ||
	    !header_is_usable(&header))
		return ELF_IMAGE_NONE;
	image.entry = header.e_entry;
	if (header.e_phentsize == sizeof(Elf64_Phdr)) {
		image.segments = read_table(&image, header.e_phoff,
					    (uint64_t)header.e_phnum *
						    sizeof(Elf64_Phdr));
		image.segment_count = image.segments ? header.e_phnum : 0;
	}
	if (header.e_shentsize == sizeof(Elf64_Shdr)) {
		image.sections = read_table(&image, header.e_shoff,
					    (uint64_t)header.e_shnum *
						    sizeof(Elf64_Shdr));
		image.section_count = image.sections ? header.e_shnum : 0;
	}
	*image_out = image;
	return 0;
}

void elf_image_close(struct elf_image *image)
{
	free(image->segments);
	free(image->sections);
	memset(image, 0, sizeof(*image));
}

int elf_image_find_offset(const struct elf_image *image, uint64_t address,
			  uint64_t *offset_out)
{
	for (size_t i = 0; i < image->segment_count; i++) {
		const Elf64_Phdr *segment = &image->segments[i];

		if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
		    address - segment->p_vaddr < segment->p_filesz &&
		    !__builtin_add_overflow(segment->p_offset,
					    address - segment->p_vaddr,
					    offset_out))
			return 0;
	}
	return ELF_IMAGE_NONE;
}

int elf_image_find_address(const struct elf_image *image, uint64_t offset,
			   uint64_t *address_out)
{
	for (size_t i = 0; i < image->segment_count; i++) {
		const Elf64_Phdr *segment = &image->segments[i];

		if (segment->p_type == PT_LOAD && offset >= segment->p_offset &&
		    offset - segment->p_offset < segment->p_filesz) {
			*address_out =
				segment->p_vaddr + (offset - segment->p_offset);
			return 0;
		}
	}
	return ELF_IMAGE_NONE;
}

const Elf64_Shdr *elf_image_find_section(const struct elf_image *image,
					 const char *name)
{
	size_t length = strlen(name) + 1;
	Elf64_Ehdr header;
	char text[32];
	uint64_t offset;

	if (length > sizeof(text) ||
	    !elf_image_read(image, 0, &header, sizeof(header)) ||
	    header.e_shstrndx >= image->section_count)
		return NULL;
	offset = image->sections[header.e_shstrndx].sh_offset;
	for (size_t i = 0; i < image->section_count; i++) {
		const Elf64_Shdr *section = &image->sections[i];

		if (elf_image_read(image, offset + section->sh_name, text,
				   length) &&
		    !memcmp(text, name, length))
			return section;
	}
	return NULL;
}

static int load_symbols(const struct elf_image *image, uint64_t offset,
			uint64_t size, uint64_t names_offset,
			uint64_t names_size, struct elf_symbols *symbols_out)
{
	struct elf_symbols symbols = {
		.count = size / sizeof(Elf64_Sym),
		.names_size = names_size,
		.symbols_offset = offset,
		.names_offset = names_offset,
	};

	symbols.symbols =
		read_table(image, offset, symbols.count * sizeof(Elf64_Sym));
	symbols.names = read_table(image, names_offset, names_size);
	if (!symbols.symbols || !symbols.names) {
		elf_symbols_deinit(&symbols);
		return ELF_IMAGE_NONE;
	}
	*symbols_out = symbols;
	return 0;
}

int elf_image_load_symbols(const struct elf_image *image, uint32_t type,
			   struct elf_symbols *symbols_out)
{
	for (size_t i = 0; i < image->section_count; i++) {
		const Elf64_Shdr *section = &image->sections[i];
		const Elf64_Shdr *names;

		if (section->sh_type != type ||
		    section->sh_entsize != sizeof(Elf64_Sym) ||
		    section->sh_link >= image->section_count)
			continue;
		names = &image->sections[section->sh_link];
		if (names->sh_type != SHT_STRTAB)
			continue;
		return load_symbols(image, section->sh_offset, section->sh_size,
				    names->sh_offset, names->sh_size,
				    symbols_out);
	}
	return ELF_IMAGE_NONE;
}

/* What the dynamic section says of the symbols; all zero where it does not. */
struct dynamic_tables {
	uint64_t symbols, names, names_size, hash, gnu_hash;
};

static int read_dynamic(const struct elf_image *image,
			struct dynamic_tables *tables)
{
	const Elf64_Phdr *segment = NULL;
	Elf64_Dyn entry;

	for (size_t i = 0; i < image->segment_count && !segment; i++)
		if (image->segments[i].p_type == PT_DYNAMIC)
			segment = &image->segments[i];
	if (!segment)
		return ELF_IMAGE_NONE;
	for (uint64_t i = 0; i < segment->p_filesz / sizeof(entry); i++) {
		if (!elf_image_read(image,
				    segment->p_offset + i * sizeof(entry),
				    &entry, sizeof(entry)) ||
		    entry.d_tag == DT_NULL)
			break;
		if (entry.d_tag == DT_SYMTAB)
			tables->symbols = entry.d_un.d_ptr;
		else if (entry.d_tag == DT_STRTAB)
			tables->names = entry.d_un.d_ptr;
		else if (entry.d_tag == DT_STRSZ)
			tables->names_size = entry.d_un.d_val;
		else if (entry.d_tag == DT_HASH)
			tables->hash = entry.d_un.d_ptr;
		else if (entry.d_tag == DT_GNU_HASH)
			tables->gnu_hash = entry.d_un.d_ptr;
	}
	return tables->symbols && tables->names ? 0 : ELF_IMAGE_NONE;
}

/* Symbols that the GNU hash table knows: the end of its longest chain. */
static uint64_t count_gnu_hash(const struct elf_image *image, uint64_t offset)
{
	uint32_t header[4], bucket, last = 0, value;
	uint64_t buckets, chain;

	if (!elf_image_read(image, offset, header, sizeof(header)))
		return 0;
	buckets = offset + sizeof(header) + (uint64_t)header[2] * 8;
	for (uint32_t i = 0; i < header[0]; i++) {
		if (!elf_image_read(image, buckets + (uint64_t)i * 4, &bucket,
				    sizeof(bucket)))
			return 0;
		if (bucket > last)
			last = bucket;
	}
	if (last < header[1])
		return header[1];
	for (chain = buckets + (uint64_t)header[0] * 4;; last++) {
		if (!elf_image_read(image,
				    chain + (uint64_t)(last - header[1]) * 4,
				    &value, sizeof(value)))
			return 0;
		if (value & 1)
			return (uint64_t)last + 1;
	}
}

static uint64_t count_dynamic(const struct elf_image *image,
			      const struct dynamic_tables *tables)
{
	uint32_t header[2]; /* buckets, chains: one chain entry a symbol */
	uint64_t offset;

	if (tables->hash &&
	    !elf_image_find_offset(image, tables->hash, &offset) &&
	    elf_image_read(image, offset, header, sizeof(header)))
		return header[1];
	if (tables->gnu_hash &&
	    !elf_image_find_offset(image, tables->gnu_hash, &offset))
		return count_gnu_hash(image, offset);
	return 0;
}

int elf_image_dynamic_symbols(const struct elf_image *image,
			      struct elf_symbols *symbols_out)
{
	struct dynamic_tables tables = { 0 };
	uint64_t symbols, names, count;

	if (!elf_image_load_symbols(image, SHT_DYNSYM, symbols_out))
		return 0;
	if (read_dynamic(image, &tables) ||
	    elf_image_find_offset(image, tables.symbols, &symbols) ||
	    elf_image_find_offset(image, tables.names, &names))
		return ELF_IMAGE_NONE;
	count = count_dynamic(image, &tables);
	if (!count)
		return ELF_IMAGE_NONE;
	return load_symbols(image, symbols, count * sizeof(Elf64_Sym), names,
			    tables.names_size, symbols_out);
}

void elf_symbols_deinit(struct elf_symbols *symbols)
{
	free(symbols->symbols);
	free(symbols->names);
	memset(symbols, 0, sizeof(*symbols));
}

const char *elf_symbols_name(const struct elf_symbols *symbols,
			     const Elf64_Sym *symbol)
{
	if (symbol->st_name >= symbols->names_size)
		return "";
	return symbols->names + symbol->st_name;
}

int elf_symbol_is_function(const Elf64_Sym *symbol)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC) &&
	       symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS;
}
