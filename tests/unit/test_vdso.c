/* SPDX-License-Identifier: MIT */
/* The vDSO of this very process, copied, patched and called. */
#include "src/vdso.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "src/elf_image.h"
#include "src/process_maps.h"
#include "traces/report.h"

struct vdso {
	uint8_t *image; /* writable and executable copy */
	size_t size;
	struct vdso_patch patches[VDSO_PATCHES];
	int count;
};

static void copy_own_vdso(struct vdso *vdso)
{
	uint64_t address = getauxval(AT_SYSINFO_EHDR);
	const struct process_map *map;
	struct process_maps maps;

	if (!address)
		cr_skip_test("no vDSO here");
	cr_assert_eq(process_maps_read(getpid(), &maps), 0);
	map = process_maps_find(&maps, address);
	cr_assert_not_null(map);
	vdso->size = map->end - map->start;
	vdso->image = mmap(NULL, vdso->size, PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(vdso->image, MAP_FAILED);
	memcpy(vdso->image, (const void *)address, vdso->size);
	process_maps_deinit(&maps);
}

static void patch(struct vdso *vdso)
{
	vdso->count = vdso_patches(vdso->image, vdso->size, vdso->patches);
	cr_assert(vdso->count > 0);
	for (int i = 0; i < vdso->count; i++)
		memcpy(vdso->image + vdso->patches[i].offset,
		       vdso->patches[i].bytes, vdso->patches[i].length);
}

/* The function's new code, or NULL when this kernel's vDSO lacks it. */
static void *patched_function(const struct vdso *vdso, const char *name)
{
	for (int i = 0; i < vdso->count; i++) {
		const char *symbol = vdso->patches[i].symbol;

		if (!strncmp(symbol, "__vdso_", 7))
			symbol += 7;
		if (!strcmp(symbol, name))
			return vdso->image + vdso->patches[i].offset;
	}
	return NULL;
}

Test(vdso, patched_clock_gettime_makes_the_call)
{
	struct timespec before, now, after;
	struct vdso vdso;
	int (*function)(clockid_t, struct timespec *);

	copy_own_vdso(&vdso);
	patch(&vdso);
	function = patched_function(&vdso, "clock_gettime");
	cr_assert_not_null(function);
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &before);
	cr_assert_eq(function(CLOCK_MONOTONIC, &now), 0);
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &after);
	cr_assert(now.tv_sec >= before.tv_sec && now.tv_sec <= after.tv_sec);
	cr_assert_eq(function(99, &now), -EINVAL);
}

Test(vdso, patched_time_functions_agree_with_the_calls)
{
	struct timespec resolution, expected;
	struct timeval now;
	struct vdso vdso;
	int (*resolve)(clockid_t, struct timespec *);
	int (*day)(struct timeval *, void *);
	time_t (*seconds)(time_t *);
	time_t real;

	copy_own_vdso(&vdso);
	patch(&vdso);
	resolve = patched_function(&vdso, "clock_getres");
	day = patched_function(&vdso, "gettimeofday");
	seconds = patched_function(&vdso, "time");
	cr_assert_not_null(day);
	real = time(NULL);
	cr_assert_eq(day(&now, NULL), 0);
	cr_assert(now.tv_sec - real <= 1 && now.tv_sec >= real - 1);
	if (seconds)
		cr_assert(labs(seconds(NULL) - real) <= 1);
	if (!resolve)
		return;
	cr_assert_eq(resolve(CLOCK_REALTIME, &resolution), 0);
	syscall(SYS_clock_getres, CLOCK_REALTIME, &expected);
	cr_assert_eq(resolution.tv_nsec, expected.tv_nsec);
}

Test(vdso, patched_getcpu_agrees_with_the_call)
{
	unsigned cpu = 9999, node = 9999;
	struct vdso vdso;
	long (*function)(unsigned *, unsigned *, void *);

	copy_own_vdso(&vdso);
	patch(&vdso);
	function = patched_function(&vdso, "getcpu");
	if (!function)
		cr_skip_test("no getcpu in this vDSO");
	cr_assert_eq(function(&cpu, &node, NULL), 0);
	cr_assert(cpu < 9999 && node < 9999);
}

/* Its first user asks with length ~0 and then makes the system call. */
Test(vdso, patched_getrandom_sends_its_users_to_the_call)
{
	struct vdso vdso;
	uint8_t parameters[128];
	ssize_t (*function)(void *, size_t, unsigned, void *, size_t);

	copy_own_vdso(&vdso);
	patch(&vdso);
	function = patched_function(&vdso, "getrandom");
	if (!function)
		cr_skip_test("no getrandom in this vDSO");
	cr_assert_eq(function(NULL, 0, 0, parameters, ~(size_t)0), -ENOSYS);
}

Test(vdso, patches_stay_within_their_functions)
{
	struct vdso vdso;

	copy_own_vdso(&vdso);
	patch(&vdso);
	for (int i = 0; i < vdso.count; i++) {
		const struct vdso_patch *one = &vdso.patches[i];

		cr_assert(one->offset + one->length <= vdso.size);
		for (int j = 0; j < vdso.count; j++)
			cr_assert(i == j ||
					  one->offset + one->length <=
						  vdso.patches[j].offset ||
					  vdso.patches[j].offset +
							  vdso.patches[j]
								  .length <=
						  one->offset,
				  "patches %d and %d overlap", i, j);
	}
}

static const Elf64_Sym *find_symbol(const struct elf_symbols *symbols,
				    const char *name)
{
	for (size_t i = 0; i < symbols->count; i++)
		if (!strcmp(elf_symbols_name(symbols, &symbols->symbols[i]),
			    name))
			return &symbols->symbols[i];
	return NULL;
}

static void load_symbols(struct vdso *vdso, struct bytes_memory *memory,
			 struct elf_image *image, struct elf_symbols *symbols)
{
	bytes_memory_init(memory, vdso->image, vdso->size);
	cr_assert_eq(elf_image_open(&memory->memory, 0, image), 0);
	cr_assert_eq(elf_image_dynamic_symbols(image, symbols), 0);
}

Test(vdso, unknown_function_becomes_undefined)
{
	AUTO(elf_image_close) struct elf_image image = { 0 };
	AUTO(elf_symbols_deinit) struct elf_symbols symbols = { 0 };
	struct bytes_memory memory;
	struct vdso vdso;
	size_t offset;

	copy_own_vdso(&vdso);
	load_symbols(&vdso, &memory, &image, &symbols);
	cr_assert_not_null(find_symbol(&symbols, "__vdso_clock_gettime"));
	offset = symbols.names_offset +
		 find_symbol(&symbols, "__vdso_clock_gettime")->st_name;
	memcpy(vdso.image + offset, "__vdso_glock", 12);
	patch(&vdso);
	elf_symbols_deinit(&symbols);
	elf_image_close(&image);
	load_symbols(&vdso, &memory, &image, &symbols);
	cr_assert_eq(find_symbol(&symbols, "__vdso_glock_gettime")->st_shndx,
		     SHN_UNDEF);
}

Test(vdso, image_without_sections_gives_the_same_patches)
{
	struct vdso_patch without[VDSO_PATCHES];
	struct vdso vdso;
	Elf64_Ehdr *header;
	int count;

	copy_own_vdso(&vdso);
	vdso.count = vdso_patches(vdso.image, vdso.size, vdso.patches);
	header = (Elf64_Ehdr *)vdso.image;
	header->e_shoff = 0;
	header->e_shnum = 0;
	count = vdso_patches(vdso.image, vdso.size, without);
	cr_assert_eq(count, vdso.count);
	for (int i = 0; i < count; i++)
		cr_assert_eq(without[i].offset, vdso.patches[i].offset);
}

Test(vdso, damaged_image_never_patches_outside)
{
	struct vdso_patch patches[VDSO_PATCHES];
	struct vdso vdso;
	unsigned seed = 1;
	uint8_t *copy;

	copy_own_vdso(&vdso);
	copy = malloc(vdso.size);
	cr_assert_not_null(freopen("/dev/null", "w", stderr));
	for (int round = 0; round < 3000; round++) {
		size_t size = round % 3 ? vdso.size
					: (size_t)rand_r(&seed) % vdso.size;
		int count;

		memcpy(copy, vdso.image, vdso.size);
		for (int i = 0; i < 8; i++)
			copy[rand_r(&seed) % 0x800] = (uint8_t)rand_r(&seed);
		count = vdso_patches(copy, size, patches);
		for (int i = 0; i < count; i++)
			cr_assert(patches[i].offset + patches[i].length <=
				  size);
	}
	free(copy);
}

Test(vdso, rejects_what_is_no_elf_image)
{
	struct vdso_patch patches[VDSO_PATCHES];
	char text[256] = "no image";

	cr_assert_eq(vdso_patches(text, sizeof(text), patches), -EINVAL);
	cr_assert_eq(vdso_patches(text, 0, patches), -EINVAL);
}
