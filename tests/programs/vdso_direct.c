/* SPDX-License-Identifier: MIT */
/* The vDSO's functions found and called by the program itself. */
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include "tracee.h"

static void *find(const char *base, const char *name)
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

int main(void)
{
	const char *base = (void *)getauxval(AT_SYSINFO_EHDR);
	int (*gettime)(clockid_t, struct timespec *);
	time_t (*get_time)(time_t *);
	struct timespec now;

	if (!base)
		skip("no vDSO");
	gettime = find(base, "__vdso_clock_gettime");
	get_time = find(base, "__vdso_time");
	if (!gettime || !get_time)
		skip("this vDSO has no hash table");
	check(gettime(CLOCK_MONOTONIC, &now) == 0);
	say("%ld.%09ld %ld\n", now.tv_sec, now.tv_nsec, (long)get_time(NULL));
	return success();
}
