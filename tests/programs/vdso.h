/* SPDX-License-Identifier: MIT */
/* Functions of the vDSO, found by the program itself: vdso(7). */
#ifndef REEL_VDSO_H
#define REEL_VDSO_H

#include <elf.h>
#include <link.h>

#include "tracee.h"

/* NULL where it is not there, or there is no hash table (DT_HASH). */
UNUSED static void *find_in_vdso(const char *base, const char *name)
{
	const Elf64_Ehdr *head = (void *)base;
	const Elf64_Phdr *segment = (void *)(base + head->e_phoff);
	const Elf64_Dyn *dynamic = NULL;
	const Elf64_Sym *symbols = NULL;
	const char *strings = NULL;
	const uint32_t *table = NULL;

	for (int i = 0; i < head->e_phnum; i++)
		if (segment[i].p_type == PT_DYNAMIC)
			dynamic = (void *)(base + segment[i].p_offset);
	for (; dynamic && dynamic->d_tag; dynamic++) {
		const void *at = base + dynamic->d_un.d_ptr;

		if (dynamic->d_tag == DT_SYMTAB)
			symbols = at;
		if (dynamic->d_tag == DT_STRTAB)
			strings = at;
		if (dynamic->d_tag == DT_HASH)
			table = at;
	}
	for (uint32_t i = 0; table && symbols && i < table[1]; i++)
		if (!strcmp(strings + symbols[i].st_name, name))
			return (char *)base + symbols[i].st_value;
	return NULL;
}

#endif
