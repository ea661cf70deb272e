/* SPDX-License-Identifier: MIT */
/*
 * A symbol of a loaded library, found in its hash table in the program's memory
 * as the dynamic linker would (System V ABI, "Dynamic Linking"; the GNU hash
 * table of binutils).
 */
#include <elf.h>
#include <string.h>

#include "replay/gdb_server.h"

#define DYNAMIC_MAX 512u
#define CHAIN_MAX 4096u
#define NAME_ROOM 128u

struct tables {
	uint64_t hash, symbols, strings;
};

/* glibc puts addresses where the file has offsets, musl doesn't. */
static uint64_t address_of(uint64_t bias, uint64_t value)
{
	return value < bias ? value + bias : value;
}

static int find_tables(struct memory *memory, uint64_t bias, uint64_t dynamic,
		       struct tables *tables_out)
{
	Elf64_Dyn entry = { .d_tag = 1 };

	memset(tables_out, 0, sizeof(*tables_out));
	for (uint64_t i = 0; i < DYNAMIC_MAX && entry.d_tag != DT_NULL; i++) {
		if (!memory_read(memory, dynamic + i * sizeof(entry), &entry,
				 sizeof(entry)))
			return 0;
		if (entry.d_tag == DT_GNU_HASH)
			tables_out->hash = address_of(bias, entry.d_un.d_ptr);
		else if (entry.d_tag == DT_SYMTAB)
			tables_out->symbols = address_of(bias,
							 entry.d_un.d_ptr);
		else if (entry.d_tag == DT_STRTAB)
			tables_out->strings = address_of(bias,
							 entry.d_un.d_ptr);
	}
	return tables_out->hash && tables_out->symbols && tables_out->strings;
}

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (uint8_t)*name;
	return hash;
}

static int is_called(struct memory *memory, const struct tables *tables,
		     const Elf64_Sym *symbol, const char *name)
{
	char text[NAME_ROOM] = "";
	size_t length = strlen(name) + 1;

	return length <= sizeof(text) && symbol->st_shndx != SHN_UNDEF &&
	       memory_read(memory, tables->strings + symbol->st_name, text,
			   length) && !memcmp(text, name, length);
}

uint64_t gdb_find_symbol(struct memory *memory, uint64_t bias,
			 uint64_t dynamic, const char *name)
{
	uint32_t header[4], hash = hash_of(name), index, link;
	struct tables tables;
	uint64_t buckets, chains;
	Elf64_Sym symbol;

	/* Numbers of buckets, of the first symbol, of words of the filter. */
	if (!find_tables(memory, bias, dynamic, &tables) ||
	    !memory_read(memory, tables.hash, header, sizeof(header)) ||
	    !header[0])
		return 0;
	buckets = tables.hash + sizeof(header) + (uint64_t)header[2] * 8;
	chains = buckets + (uint64_t)header[0] * 4;
	if (!memory_read(memory, buckets + (uint64_t)(hash % header[0]) * 4,
			 &index, 4) || index < header[1])
		return 0;
	for (uint32_t i = 0; i < CHAIN_MAX; i++, index++) {
		if (!memory_read(memory, chains +
				 (uint64_t)(index - header[1]) * 4, &link, 4))
			return 0;
		if ((link | 1) == (hash | 1) &&
		    memory_read(memory, tables.symbols +
				(uint64_t)index * sizeof(symbol), &symbol,
				sizeof(symbol)) &&
		    is_called(memory, &tables, &symbol, name))
			return bias + symbol.st_value;
		if (link & 1)
			return 0;
	}
	return 0;
}
