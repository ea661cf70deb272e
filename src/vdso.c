/* SPDX-License-Identifier: MIT */
/*
 * Finds the functions of a vDSO image by its dynamic symbols and says what to
 * write over them.  The image comes from the kernel, but a replayed one comes
 * out of a trace: nothing in it is trusted.
 */
#include "src/vdso.h"

#include <asm/unistd_64.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/elf_image.h"
#include "traces/report.h"

#ifndef __NR_getrandom
#define __NR_getrandom 318
#endif

/* The function has no call of its own, or its arguments are not the call's. */
#define NO_CALL (-1)
#define UNTOUCHED (-2)

struct vdso_function {
	const char *name; /* with __vdso_ before it, or as an alias without */
	int number;
};

static const struct vdso_function functions[] = {
	{ "clock_gettime", __NR_clock_gettime },
	{ "clock_getres", __NR_clock_getres },
	{ "gettimeofday", __NR_gettimeofday },
	{ "time", __NR_time },
	{ "getcpu", __NR_getcpu },
	/*
	 * Its first user asks for the size of the state it must provide
	 * (length ~0) and makes the system call where that fails: so it fails.
	 */
	{ "getrandom", NO_CALL },
	/* Enters an enclave, which reads no clock and has no call. */
	{ "sgx_enter_enclave", UNTOUCHED },
};

static const struct vdso_function *find_function(const char *name)
{
	static const char prefix[] = "__vdso_";

	if (!strncmp(name, prefix, sizeof(prefix) - 1))
		name += sizeof(prefix) - 1;
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (!strcmp(functions[i].name, name))
			return &functions[i];
	return NULL;
}

static void fill_patch(struct vdso_patch *patch, int number)
{
	uint8_t make_call[] = { 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0xc3 };
	uint8_t fail[] = { 0x48, 0xc7, 0xc0, 0, 0, 0, 0, 0xc3 };
	int32_t failure = -ENOSYS;

	if (number == NO_CALL) {
		memcpy(fail + 3, &failure, sizeof(failure));
		memcpy(patch->bytes, fail, sizeof(fail));
		patch->length = sizeof(fail);
		return;
	}
	memcpy(make_call + 1, &number, sizeof(int32_t));
	memcpy(patch->bytes, make_call, sizeof(make_call));
	patch->length = sizeof(make_call);
	patch->call_end = sizeof(make_call) - 1;
}

/* Where the function at value must have ended: the next symbol, or its size. */
static uint64_t room_at(const struct elf_symbols *symbols,
			const Elf64_Sym *symbol)
{
	uint64_t room = symbol->st_size ? symbol->st_size : UINT64_MAX;

	for (size_t i = 0; i < symbols->count; i++) {
		const Elf64_Sym *other = &symbols->symbols[i];

		if (other->st_shndx == SHN_UNDEF ||
		    other->st_shndx == SHN_ABS ||
		    other->st_value <= symbol->st_value)
			continue;
		if (other->st_value - symbol->st_value < room)
			room = other->st_value - symbol->st_value;
	}
	return room;
}

struct patch_list {
	const struct elf_image *image;
	const struct elf_symbols *symbols;
	struct vdso_patch *patches;
	int count;
	const char *bytes; /* the whole image */
	size_t size;
};

static int append(struct patch_list *list, const struct vdso_patch *patch,
		  const char *name)
{
	if (list->count == VDSO_PATCHES)
		return report(-EINVAL, "vdso: more than %d functions",
			      VDSO_PATCHES);
	list->patches[list->count] = *patch;
	/* The name in the image itself outlives the loaded tables. */
	list->patches[list->count].symbol = list->bytes +
					    list->symbols->names_offset +
					    (name - list->symbols->names);
	list->count++;
	return 0;
}

static int is_patched(const struct patch_list *list, uint64_t offset)
{
	for (int i = 0; i < list->count; i++)
		if (list->patches[i].offset == offset)
			return 1;
	return 0;
}

static int replace_function(struct patch_list *list, const Elf64_Sym *symbol,
			    const char *name, int number)
{
	struct vdso_patch patch = { .length = 0 };

	fill_patch(&patch, number);
	if (elf_image_find_offset(list->image, symbol->st_value,
				  &patch.offset) ||
	    patch.offset > list->size ||
	    list->size - patch.offset < patch.length ||
	    room_at(list->symbols, symbol) < patch.length)
		return report(-EINVAL, "vdso: no room for a patch of %s", name);
	if (is_patched(list, patch.offset))
		return 0;
	return append(list, &patch, name);
}

/*
 * A function of a newer kernel may read anything, so its symbol becomes
 * undefined: users look it up by name and find a kernel that lacks it.
 */
static int hide_function(struct patch_list *list, const Elf64_Sym *symbol,
			 const char *name)
{
	size_t index = (size_t)(symbol - list->symbols->symbols);
	struct vdso_patch patch = { .length = sizeof(symbol->st_shndx) };

	_Static_assert(SHN_UNDEF == 0, "the patch bytes are zero");
	patch.offset = list->symbols->symbols_offset + index * sizeof(*symbol) +
		       offsetof(Elf64_Sym, st_shndx);
	return append(list, &patch, name);
}

static int add_patches(struct patch_list *list)
{
	int err;

	for (size_t i = 0; i < list->symbols->count; i++) {
		const Elf64_Sym *symbol = &list->symbols->symbols[i];
		const char *name = elf_symbols_name(list->symbols, symbol);
		const struct vdso_function *function = find_function(name);

		if (!elf_symbol_is_function(symbol))
			continue;
		if (!function)
			err = hide_function(list, symbol, name);
		else if (function->number == UNTOUCHED)
			err = 0;
		else
			err = replace_function(list, symbol, name,
					       function->number);
		if (err)
			return err;
	}
	return list->count;
}

int vdso_patches(const void *bytes, size_t size,
		 struct vdso_patch patches_out[VDSO_PATCHES])
{
	AUTO(elf_image_close) struct elf_image image = { 0 };
	AUTO(elf_symbols_deinit) struct elf_symbols symbols = { 0 };
	struct patch_list list = {
		.image = &image,
		.symbols = &symbols,
		.patches = patches_out,
		.bytes = bytes,
		.size = size,
	};
	struct bytes_memory memory;

	bytes_memory_init(&memory, bytes, size);
	if (elf_image_open(&memory.memory, 0, &image))
		return report(-EINVAL, "vdso: not an ELF image");
	if (elf_image_dynamic_symbols(&image, &symbols))
		return report(-EINVAL, "vdso: no dynamic symbols");
	return add_patches(&list);
}
