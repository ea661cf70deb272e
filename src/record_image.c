/* SPDX-License-Identifier: MIT */
/*
 * The state that an exec leaves: mappings, the bytes that the kernel put into
 * them (stack, auxiliary vector, zeroed ends of data), registers.  The program
 * and its interpreter are read through /proc/PID/exe and the mappings, never
 * by the name that a link shows.
 */
#include "src/recorder.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/process_file.h"
#include "src/process_maps.h"
#include "src/record_agent.h"
#include "src/record_spaces.h"
#include "src/record_vdso.h"
#include "src/session_page.h"
#include "traces/report.h"

#define PAGE 4096ul

#ifndef ARCH_SET_CPUID
#define ARCH_SET_CPUID 0x1012
#endif

struct image {
	struct recorder *recorder;
	struct record_task *task;
	struct effect_list *effects;
	struct process_maps maps;
	uint64_t auxv[64];
	size_t auxv_count;
	remote_addr syscall_address;
	int pagemap_fd;
	const struct process_map *file_map; /* the last one with a file, */
	struct record_file *file;	    /* which is this */
};

static uint64_t auxv_value(const struct image *image, uint64_t type)
{
	for (size_t i = 0; i + 1 < image->auxv_count; i += 2)
		if (image->auxv[i] == type)
			return image->auxv[i + 1];
	return 0;
}

static int read_auxv(struct image *image)
{
	char path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/auxv", image->task->task.tid);
	fd = process_open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read(fd, image->auxv, sizeof(image->auxv));
	close(fd);
	image->auxv_count = got > 0 ? (size_t)got / 8 : 0;
	return 0;
}

/* The address of the auxiliary vector's value, behind the environment; or 0. */
static remote_addr auxv_address(const struct image *image, uint64_t type)
{
	struct address_space *space = space_of(image->task);
	struct registers registers;
	uint64_t word = 0, entry[2] = { AT_NULL };
	remote_addr at;

	if (task_get_registers(&image->task->task, &registers))
		return 0;
	at = registers.value[R_RSP];
	if (address_space_read(space, at, &word, sizeof(word)))
		return 0;
	at += (1 + word + 1) * sizeof(word);
	do {
		if (address_space_read(space, at, &word, sizeof(word)))
			return 0;
		at += sizeof(word);
	} while (word);
	for (;; at += sizeof(entry)) {
		if (address_space_read(space, at, entry, sizeof(entry)) ||
		    entry[0] == AT_NULL)
			return 0;
		if (entry[0] == type)
			return at + sizeof(entry[0]);
	}
}

/*
 * The instructions that AT_HWCAP2 stands for (RDFSBASE and its like, MWAIT) are
 * in no level of the psABI.
 */
static int hide_processor(struct image *image)
{
	uint64_t nothing = 0;
	remote_addr at;

	if (image->recorder->cpu == CPU_HOST)
		return 0;
	at = auxv_address(image, AT_HWCAP2);
	if (!at)
		return 0;
	return address_space_write(space_of(image->task), at, &nothing,
				   sizeof(nothing));
}

/* ---- the vDSO ---- */

/* It has a syscall instruction that serves for calls in the task's name. */
static int patch_vdso(struct image *image, const struct process_map *map)
{
	int err = record_vdso_replace(image->recorder, image->task, map);

	if (err)
		return err;
	image->syscall_address =
		record_vdso_call_instruction(image->recorder, image->task);
	space_data_of(image->task)->syscall_address = image->syscall_address;
	return 0;
}

/* ---- calls that prepare the new image ---- */

static int prepare(struct image *image)
{
	uint64_t cpuid[6] = { ARCH_SET_CPUID, 0 };
	int64_t result = -ENODEV;

	if (!image->syscall_address)
		return report(-ENOSYS, "task %d: no system call instruction "
			      "in the vDSO", image->task->task.tid);
	/*
	 * CPUID is replaced where it is found in code.  To trap all of it has a
	 * price, in a virtual machine four times the cost of a stop (each task
	 * switch writes a model-specific register), so only what must not see
	 * this processor is made to pay.
	 */
	if (image->recorder->cpu != CPU_HOST)
		result = record_inject(image->task, image->syscall_address,
				       SYS_arch_prctl, cpuid);
	if (result == -ESRCH)
		return -ESRCH;
	result = record_reserve(image->task);
	if (result < 0 && result != -ESRCH)
		return report((int)result, "reserve pages at %#lx in %d",
			      SESSION_PAGE, image->task->task.tid);
	if (result == -ESRCH)
		return -ESRCH;
	return record_agent_map(image->recorder, image->task);
}

/* ---- files ---- */

static int same_content(const struct image *image,
			const struct process_map *map, int fd)
{
	uint8_t here[PAGE], there[PAGE];
	ssize_t got = pread(fd, there, PAGE, (off_t)map->offset);

	return got > 0 && !address_space_read(space_of(image->task),
					      map->start, here, (size_t)got) &&
	       !memcmp(here, there, (size_t)got);
}

/*
 * The file of a mapping: map_files needs a privilege; else the path is tried
 * within the task's own root, and believed only when inode and content agree.
 */
static int open_mapped_file(const struct image *image,
			    const struct process_map *map)
{
	pid_t tid = image->task->task.tid;
	struct stat status;
	char path[4200];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", tid,
		 map->start, map->end);
	fd = process_open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/root%s", tid, map->name);
	fd = process_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode) &&
	    status.st_ino == map->inode && same_content(image, map, fd))
		return fd;
	fd_close(&fd);
	return -1;
}

static int is_program(const struct image *image, const struct process_map *map)
{
	const struct process_map *main_map =
		process_maps_find(&image->maps, auxv_value(image, AT_PHDR));

	return main_map && main_map->inode == map->inode &&
	       main_map->device == map->device;
}

static int file_of_map(struct image *image, const struct process_map *map,
		       struct record_file **file_out)
{
	AUTO(fd_close) int fd = -1;
	int is_main = is_program(image, map);
	uint32_t use = is_main ? FILE_EXECUTED : FILE_INTERPRETER;
	char path[64], label[4096];
	struct stat status;
	ssize_t length;

	*file_out = NULL;
	snprintf(path, sizeof(path), "/proc/%d/exe", image->task->task.tid);
	fd = is_main ? process_open(path, O_RDONLY | O_CLOEXEC) :
		       open_mapped_file(image, map);
	if (fd < 0 || fstat(fd, &status))
		return 0;
	length = is_main ? process_readlink(path, label, sizeof(label) - 1) :
			   -1;
	if (length < 0) {
		snprintf(label, sizeof(label), "%s", map->name);
		length = (ssize_t)strlen(label);
	}
	label[length] = '\0';
	return record_file_of(image->recorder, image->effects, fd, &status,
			      label, use, file_out);
}

/* ---- contents ---- */

/* Zero pages are what a new mapping has, unless a file is behind it. */
static void save_page(struct image *image, remote_addr addr, int has_file)
{
	static const uint8_t zeros[PAGE];
	struct effect *effect;
	uint8_t page[PAGE];

	if (address_space_read(space_of(image->task), addr, page, PAGE))
		return;
	if (!has_file && !memcmp(page, zeros, PAGE))
		return;
	effect = effect_list_add_bytes(image->effects, EFFECT_WRITE, page,
				       PAGE);
	effect->address = addr;
}

#define FLAGS_AT_ONCE 512u

/* Where there is no pagemap, all pages are present. */
static void read_flags(const struct image *image, remote_addr addr,
		       uint64_t *flags_out, size_t count)
{
	ssize_t got = pread(image->pagemap_fd, flags_out, count * 8,
			    (off_t)(addr / PAGE * 8));

	for (size_t i = got < 0 ? 0 : (size_t)got / 8; i < count; i++)
		flags_out[i] = 1ull << 63;
}

/*
 * Pages that are not the file's any more (bits of pagemap as in
 * memory_digest.c); all pages when there is no file.
 */
static void save_private_pages(struct image *image,
			       const struct process_map *map, int has_file)
{
	uint64_t flags[FLAGS_AT_ONCE];
	size_t known = 0, at = 0;

	for (remote_addr addr = map->start; addr < map->end;
	     addr += PAGE, at++) {
		if (at == known) {
			known = (map->end - addr) / PAGE;
			if (known > FLAGS_AT_ONCE)
				known = FLAGS_AT_ONCE;
			read_flags(image, addr, flags, known);
			at = 0;
		}
		if (!(flags[at] >> 62))
			continue;
		if (has_file && (flags[at] & 1ull << 61))
			continue;
		save_page(image, addr, has_file);
	}
}

static void save_all_pages(struct image *image, const struct process_map *map)
{
	for (remote_addr addr = map->start; addr < map->end; addr += PAGE)
		save_page(image, addr, 0);
}

static int map_flags(const struct process_map *map, int has_file)
{
	int flags = map->is_shared ? MAP_SHARED : MAP_PRIVATE;

	if (!has_file)
		flags |= MAP_ANONYMOUS;
	if (!strcmp(map->name, "[stack]"))
		flags |= MAP_GROWSDOWN | MAP_STACK;
	return flags;
}

static int is_interpreter(struct image *image, const struct process_map *map)
{
	remote_addr base = auxv_value(image, AT_BASE);
	const struct process_map *first = process_maps_find(&image->maps, base);

	return base && first && first->inode == map->inode &&
		first->device == map->device;
}

/* The interpreter's code, which runs now, has its traps at once. */
static void save_code(struct image *image, const struct process_map *map,
		      struct record_file *file)
{
	struct held_range range = { map->start, map->end, map->protection,
				    file, map->offset };

	if (is_interpreter(image, map))
		record_patch_code(image->task, image->effects, map->start,
				  map->end - map->start, file, map->offset);
	else
		record_hold_sites(image->task, image->effects, &range);
}

static int save_map(struct image *image, const struct process_map *map)
{
	struct record_file *file = NULL;
	int is_vdso = !strcmp(map->name, "[vdso]");
	int is_clocks = record_vdso_is_clocks(map);
	int err = 0;

	if (!strcmp(map->name, "[vsyscall]") ||
	    (map->start >= SESSION_PAGE && map->end <= AGENT_END))
		return 0;
	if (map->inode && image->file &&
	    map->inode == image->file_map->inode &&
	    map->device == image->file_map->device)
		file = image->file;
	else if (map->inode)
		err = file_of_map(image, map, &file);
	if (err)
		return err;
	if (file) {
		image->file_map = map;
		image->file = file;
	}
	record_map_effect(image->task, image->effects, map->start,
			  map->end - map->start,
			  is_clocks ? PROT_NONE : map->protection,
			  map_flags(map, file != NULL), file, map->offset,
			  map->name);
	if (file && (map->protection & PROT_EXEC) && !map->is_shared)
		save_code(image, map, file);
	if (is_vdso || (map->inode && !file))
		save_all_pages(image, map);
	else if (!map->is_shared && (map->protection & PROT_WRITE))
		save_private_pages(image, map, file != NULL);
	else if (!file && map->protection && !is_clocks)
		save_private_pages(image, map, 0);
	return 0;
}

/* ---- words for the reader ---- */

static void save_text(struct image *image, enum event_text kind,
		      const char *text, size_t length)
{
	effect_list_add_bytes(image->effects, EFFECT_TEXT, text, length)->id =
		kind;
}

static void save_texts(struct image *image)
{
	pid_t tid = image->task->task.tid;
	remote_addr name = auxv_value(image, AT_EXECFN);
	char path[64], text[4096];
	size_t length;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	fd = process_open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? 0 : read(fd, text, sizeof(text));
	fd_close(&fd);
	if (got > 0)
		save_text(image, TEXT_COMM, text, (size_t)got - 1);
	snprintf(path, sizeof(path), "/proc/%d/exe", tid);
	got = process_readlink(path, text, sizeof(text));
	if (got > 0)
		save_text(image, TEXT_EXE, text, (size_t)got);
	length = memory_string_length(&space_of(image->task)->memory, name,
				      sizeof(text));
	if (length > 1 && !address_space_read(space_of(image->task), name,
					      text, length))
		save_text(image, TEXT_EXECFN, text, length - 1);
}

static void save_stack_limit(struct image *image)
{
	struct rlimit limit;
	struct effect *effect;

	if (prlimit(image->task->task.tid, RLIMIT_STACK, NULL, &limit))
		return;
	effect = effect_list_add(image->effects, EFFECT_RLIMIT);
	effect->id = RLIMIT_STACK;
	effect->address = limit.rlim_cur;
	effect->extent = limit.rlim_max;
}

static int save_state(struct image *image)
{
	struct registers registers;
	uint8_t xstate[EXTENDED_STATE_LENGTH];
	ssize_t length;

	if (task_get_registers(&image->task->task, &registers))
		return -ESRCH;
	registers.value[R_ORIG_RAX] = (uint64_t)-1;
	registers.value[R_RAX] = 0;
	image->task->last = registers;
	effect_list_add_bytes(image->effects, EFFECT_REGISTERS, &registers,
			      sizeof(registers));
	length = task_get_xstate(&image->task->task, xstate);
	if (length > 0)
		effect_list_add_bytes(image->effects, EFFECT_XSTATE, xstate,
				      (size_t)length);
	return 0;
}

static int check_is_64_bit(const struct image *image)
{
	struct registers registers;

	if (task_get_registers(&image->task->task, &registers))
		return -ESRCH;
	if (registers.value[R_CS] == 0x33)
		return 0;
	return report(-ENOEXEC, "task %d runs a 32-bit program, which reel "
		      "cannot record (docs/limits.md)",
		      image->task->task.tid);
}

static int save_image(struct image *image)
{
	int err = process_maps_read(image->task->task.tid, &image->maps);

	for (size_t i = 0; !err && i < image->maps.count; i++)
		if (!strcmp(image->maps.maps[i].name, "[vdso]"))
			err = patch_vdso(image, &image->maps.maps[i]);
	if (!err)
		err = hide_processor(image);
	if (!err)
		err = prepare(image);
	save_texts(image);
	save_stack_limit(image);
	for (size_t i = 0; !err && i < image->maps.count; i++)
		err = save_map(image, &image->maps.maps[i]);
	return err ? err : save_state(image);
}

int record_image(struct recorder *recorder, struct record_task *task,
		 struct effect_list *effects)
{
	struct image image = { recorder, task, effects };
	char path[64];
	int err = check_is_64_bit(&image);

	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/%d/pagemap", task->task.tid);
	image.pagemap_fd = process_open(path, O_RDONLY | O_CLOEXEC);
	err = read_auxv(&image);
	if (!err)
		err = save_image(&image);
	process_maps_deinit(&image.maps);
	fd_close(&image.pagemap_fd);
	return err;
}
