/* SPDX-License-Identifier: MIT */
/*
 * A 64-bit x86 ELF file, or image in memory, read for its code, symbols and
 * unwind tables.  Everything is read through a struct memory and checked: a
 * program may give us any bytes, and change them while we read.
 */
#ifndef REEL_ELF_IMAGE_H
#define REEL_ELF_IMAGE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#include "src/memory.h"

/* A file, read with pread: the address is the offset. */
struct file_memory {
	struct memory memory;
	int fd;
};

void file_memory_init(struct file_memory *file, int fd);

/* A buffer: the address is the offset. */
struct bytes_memory {
	struct memory memory;
	const void *bytes;
	size_t size;
};

void bytes_memory_init(struct bytes_memory *buffer, const void *bytes,
		       size_t size);

struct elf_image {
	struct memory *memory; /* not owned */
	remote_addr base;      /* where its first byte is in memory */
	uint64_t entry;
	Elf64_Phdr *segments;
	size_t segment_count;
	Elf64_Shdr *sections; /* none where they are missing or unreadable */
	size_t section_count;
};

/* It is not there, or not sound enough to be used.  Never reported. */
#define ELF_IMAGE_NONE 1

/* Returns ELF_IMAGE_NONE for what is no ELF file of this machine. */
int elf_image_open(struct memory *memory, remote_addr base,
		   struct elf_image *image_out);
void elf_image_close(struct elf_image *image);

/* True when all of length bytes at the file offset could be read. */
int elf_image_read(const struct elf_image *image, uint64_t offset, void *bytes,
		   size_t length);

/*
 * Between an address as the file has it (no load bias) and a file offset, by
 * the segments.  ELF_IMAGE_NONE: no segment has it.
 */
int elf_image_find_offset(const struct elf_image *image, uint64_t address,
			  uint64_t *offset_out);
int elf_image_find_address(const struct elf_image *image, uint64_t offset,
			   uint64_t *address_out);

/* The first section of this name, or NULL. */
const Elf64_Shdr *elf_image_find_section(const struct elf_image *image,
					 const char *name);

/* A symbol table with its names.  All zero is empty. */
struct elf_symbols {
	Elf64_Sym *symbols;
	size_t count;
	char *names;
	size_t names_size;
	uint64_t symbols_offset, names_offset; /* in the file */
};

/* The table of section type SHT_SYMTAB or SHT_DYNSYM. */
int elf_image_load_symbols(const struct elf_image *image, uint32_t type,
			   struct elf_symbols *symbols_out);

/* The dynamic symbols, without the help of sections where there are none. */
int elf_image_dynamic_symbols(const struct elf_image *image,
			      struct elf_symbols *symbols_out);

void elf_symbols_deinit(struct elf_symbols *symbols);

/* The symbol's name; "" when it has none within the table. */
const char *elf_symbols_name(const struct elf_symbols *symbols,
			     const Elf64_Sym *symbol);

/* True for a function defined here. */
int elf_symbol_is_function(const Elf64_Sym *symbol);

#endif
