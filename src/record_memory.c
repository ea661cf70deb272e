/* SPDX-License-Identifier: MIT */
/*
 * Mappings while recording.  Replay needs to know what was mapped where, and
 * the content of the file behind it; the file itself will be gone.
 *
 * Instructions whose result is not determined by the program's state are
 * replaced by int3 in code as it is mapped; the traps are effects of the
 * mapping, so replay has them too.
 */
#include "src/record_agent.h"
#include "src/record_served.h"
#include "src/record_spaces.h"
#include "src/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "src/record_vdso.h"
#include "src/session_page.h"
#include "traces/report.h"

#define PAGE 4096ul
#define PAGE_UP(value) (((value) + PAGE - 1) & ~(PAGE - 1))
#define DEVICE_LIMIT (64ul << 20) /* of a device mapping that is copied */

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif


/* ---- what is known of an address space ---- */

static void space_data_free(void *owner_data)
{
	struct space_data *data = owner_data;

	record_agent_release(data->agent);
	record_sites_release(data->call_sites);
	free(data->sites);
	free(data->held);
	free(data);
}

void space_data_init(struct address_space *space,
		     const struct space_data *copied_from)
{
	struct space_data *data = xcalloc(1, sizeof(*data));

	if (copied_from) {
		*data = *copied_from;
		data->scratch_used = 0;
		data->sites = xmemdup(copied_from->sites,
				      copied_from->site_room *
				      sizeof(*data->sites));
		if (data->agent)
			data->agent->users++;
		record_sites_share(data->call_sites);
		data->held = xmemdup(copied_from->held,
				     copied_from->held_room *
				     sizeof(*data->held));
	}
	space->owner_data = data;
	space->owner_free = space_data_free;
}

const struct patched_site *space_find_site(const struct record_task *task,
					   remote_addr addr)
{
	const struct space_data *data = space_data_of(task);

	for (size_t i = 0; i < data->site_count; i++)
		if (data->sites[i].addr == addr)
			return &data->sites[i];
	return NULL;
}

void record_forget_sites(struct space_data *data, remote_addr start,
			 remote_addr end)
{
	size_t kept = 0;

	for (size_t i = 0; i < data->site_count; i++)
		if (data->sites[i].addr < start || data->sites[i].addr >= end)
			data->sites[kept++] = data->sites[i];
	data->site_count = kept;
}

static void add_site(struct space_data *data, remote_addr addr,
		     const struct instruction *instruction,
		     const uint8_t original[16])
{
	struct patched_site *site;

	if (data->site_count == data->site_room) {
		data->site_room = data->site_room ? data->site_room * 2 : 16;
		data->sites = xrealloc(data->sites, data->site_room *
				       sizeof(*data->sites));
	}
	site = &data->sites[data->site_count++];
	site->addr = addr;
	site->instruction = *instruction;
	memcpy(site->original, original, sizeof(site->original));
}

/* ---- traps in code ---- */

/* Not so where the program has put other code over the file's. */
static int is_there(const uint8_t *bytes, const struct instruction *instruction)
{
	struct instruction found =
		instruction_decode(bytes, instruction->length);

	return found.kind == instruction->kind &&
		found.length == instruction->length;
}

/* The trap stands there, in place of these bytes or since before. */
static void note_site(struct record_task *task, struct effect_list *effects,
		      remote_addr addr, const struct instruction *instruction,
		      const uint8_t *original)
{
	uint8_t trap[16] = { 0 }, known[16], bytes[16] = { 0 };
	struct effect *effect;

	if (instruction_of_trap(original, instruction->length, known).kind) {
		if (!space_find_site(task, addr)) /* it was moved here */
			add_site(space_data_of(task), addr, instruction, known);
		return;
	}
	if (!is_there(original, instruction))
		return;
	memcpy(bytes, original, instruction->length);
	instruction_make_trap(bytes, instruction->length, trap);
	effect = effect_list_add_bytes(effects, EFFECT_WRITE, trap,
				       instruction->length);
	effect->address = addr;
	add_site(space_data_of(task), addr, instruction, bytes);
}

#define PATCH_SPAN 4096u

/* The bytes around some sites, now and as they were. */
struct patch_span {
	remote_addr start;
	size_t length;
	uint8_t bytes[PATCH_SPAN], before[PATCH_SPAN];
};

/* Traps for these sites, in the bytes. */
static void fill_span(struct patch_span *span, remote_addr base,
		      const struct instruction_site *sites, size_t count)
{
	memcpy(span->bytes, span->before, span->length);
	for (size_t i = 0; i < count; i++) {
		size_t length = sites[i].instruction.length;
		size_t at = base + sites[i].offset - span->start;

		if (is_there(span->before + at, &sites[i].instruction))
			instruction_make_trap(span->before + at, length,
					      span->bytes + at);
	}
}

/* Sites that are close to each other cost one read and one write. */
static void patch_sites(struct record_task *task, struct effect_list *effects,
			remote_addr base, const struct instruction_site *sites,
			size_t count)
{
	const struct instruction_site *last = &sites[count - 1];
	struct patch_span span = {
		.start = base + sites[0].offset,
		.length = last->offset + last->instruction.length -
			  sites[0].offset,
	};

	if (address_space_read(space_of(task), span.start, span.before,
			       span.length)) {
		for (size_t i = 0; i < count && count > 1; i++)
			patch_sites(task, effects, base, &sites[i], 1);
		return;
	}
	fill_span(&span, base, sites, count);
	if (memcmp(span.bytes, span.before, span.length) &&
	    address_space_write(space_of(task), span.start, span.bytes,
				span.length))
		return; /* the instructions stay; docs/limits.md */
	for (size_t i = 0; i < count; i++)
		note_site(task, effects, base + sites[i].offset,
			  &sites[i].instruction,
			  span.before + (sites[i].offset - sites[0].offset));
}

void record_patch_site(struct record_task *task, struct effect_list *effects,
		       remote_addr addr,
		       const struct instruction *instruction)
{
	struct instruction_site site = { addr, *instruction };

	patch_sites(task, effects, 0, &site, 1);
}

/* How many of the sites are in a span with the first. */
static size_t sites_in_span(const struct instruction_site *sites, size_t count,
			    uint64_t end)
{
	size_t i = 0;

	while (i < count && sites[i].offset + sites[i].instruction.length -
			    sites[0].offset <= PATCH_SPAN &&
	       sites[i].offset + sites[i].instruction.length <= end)
		i++;
	return i;
}

void record_patch_code(struct record_task *task, struct effect_list *effects,
		       remote_addr addr, uint64_t length,
		       const struct record_file *file, uint64_t offset)
{
	const struct instruction_site *site = file->sites;
	const struct instruction_site *end = site + file->site_count;

	while (site < end && site->offset < offset)
		site++;
	while (site < end) {
		size_t count = sites_in_span(site, (size_t)(end - site),
					     offset + length);

		if (!count)
			break;
		patch_sites(task, effects, addr - offset, site, count);
		site += count;
	}
}

/* On a file system without execution it is less, which nobody will notice. */
static int real_protection(const struct record_task *task, int protection)
{
	return task->reads_execute && (protection & PROT_READ) ?
		protection | PROT_EXEC : protection;
}

void record_map_effect(struct record_task *task, struct effect_list *effects,
		       remote_addr addr, uint64_t length, int protection,
		       int flags, struct record_file *file, uint64_t offset,
		       const char *name)
{
	struct effect *effect = effect_list_add_bytes(effects, EFFECT_MAP,
						      name, strlen(name));

	effect->address = addr;
	effect->extent = length;
	/* mmap(2) overlooks what else is set (calc_vm_prot_bits). */
	effect->protection = (uint32_t)real_protection(task, protection) &
			     (PROT_READ | PROT_WRITE | PROT_EXEC);
	effect->flags = (uint32_t)flags;
	effect->id = file ? file->id : 0;
	effect->offset = offset;
	record_forget_sites(space_data_of(task), addr, addr + length);
	record_sites_forget(task, effects, addr, addr + length);
	record_forget_held(space_data_of(task), addr, addr + length);
	record_agent_forget_plain(task, addr, addr + length);
	if (flags & MAP_SHARED)
		space_data_of(task)->maps_shared = 1;
}

/* ---- mmap ---- */

static int overlaps_session_page(remote_addr addr, uint64_t length)
{
	return addr < AGENT_END && addr + length > SESSION_PAGE;
}

/* reel's own pages must stay where they are. */
static int is_ours(const struct record_task *task, remote_addr start,
		   uint64_t length)
{
	return record_sites_area(task, start, start + PAGE_UP(length)) ||
		overlaps_session_page(start, length);
}

static int keep_ours(struct recorder *recorder, struct record_task *task)
{
	return record_refuse(recorder, task, -ENOMEM,
			     "a mapping over memory that reel keeps, from "
			     "0x70000000 on or near code: answered ENOMEM");
}

int record_mmap_entry(struct recorder *recorder, struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;

	if ((arguments[3] & MAP_TYPE) == MAP_DROPPABLE)
		return record_refuse(recorder, task, -EINVAL, "mmap of memory "
				     "that the kernel may drop was answered "
				     "EINVAL");
	if (record_is_map_served(recorder, task))
		return record_refuse(recorder, task, -ENODEV, "mmap of a file "
				     "on a file system that a recorded process "
				     "serves (FUSE) was answered ENODEV "
				     "(docs/limits.md)");
	if (!(arguments[3] & MAP_FIXED) ||
	    !is_ours(task, arguments[0], arguments[1]))
		return 0;
	return keep_ours(recorder, task);
}

int record_mremap_entry(struct recorder *recorder, struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;
	int is_fixed = (arguments[3] & MREMAP_FIXED) != 0;

	if (!is_ours(task, arguments[0], arguments[1]) &&
	    !(is_fixed && is_ours(task, arguments[4], arguments[2])))
		return 0;
	return keep_ours(recorder, task);
}

/* A segment keeps the length that it was made with. */
int record_shmat_entry(struct recorder *recorder, struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;
	struct shmid_ds segment;

	if (!(arguments[2] & SHM_REMAP) ||
	    shmctl((int)arguments[0], IPC_STAT, &segment) ||
	    !is_ours(task, arguments[1], segment.shm_segsz))
		return 0;
	return keep_ours(recorder, task);
}

/* The vDSO may be unmapped; then the instruction of this call will do. */
static void replace_syscall_address(struct record_task *task,
				    remote_addr start, remote_addr end)
{
	struct space_data *data = space_data_of(task);

	if (data->syscall_address >= start && data->syscall_address < end)
		data->syscall_address = task->entry.value[R_RIP] - 2;
}

/* Our pages went with the rest: the kernel must not choose their place. */
int record_munmap_exit(struct recorder *recorder, struct record_task *task)
{
	remote_addr start = task->call.arguments[0];
	remote_addr end = start + PAGE_UP(task->call.arguments[1]);

	if (task->call.result)
		return 0;
	record_forget_held(space_data_of(task), start, end);
	record_forget_sites(space_data_of(task), start, end);
	replace_syscall_address(task, start, end);
	if (!task->goes_around &&
	    overlaps_session_page(start, task->call.arguments[1])) {
		record_reserve(task);
		record_agent_map(recorder, task);
	}
	record_sites_unmapped(task, start, end);
	return 0;
}

/*
 * What is free between our pages would be the kernel's to give away, for an
 * address that the program would like or below 2 GiB (MAP_32BIT); replay has
 * none of it to give.  Mappings of the agent go over it.
 */
static int64_t reserve_rest(struct record_task *task)
{
	uint64_t rest[6] = { SESSION_PAGE + SESSION_RESERVED,
			     SESSION_END - SESSION_PAGE - SESSION_RESERVED,
			     PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			     MAP_FIXED_NOREPLACE, (uint64_t)-1, 0 };

	return record_inject(task, space_data_of(task)->syscall_address,
			     SYS_mmap, rest);
}

int64_t record_reserve(struct record_task *task)
{
	struct space_data *data = space_data_of(task);
	uint64_t all[6] = { SESSION_PAGE, SESSION_RESERVED,
			    PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			    MAP_FIXED_NOREPLACE, (uint64_t)-1, 0 };
	uint64_t least[6] = { SESSION_PAGE, SESSION_PAGE_LENGTH, PROT_NONE,
			      all[3], (uint64_t)-1, 0 };
	int64_t result = record_inject(task, data->syscall_address, SYS_mmap,
				       all);

	data->has_scratch = result > 0;
	if (result < 0 && result != -ESRCH)
		return record_inject(task, data->syscall_address, SYS_mmap,
				     least);
	if (result > 0 && reserve_rest(task) == -ESRCH)
		return -ESRCH;
	return result;
}

/* Content that no snapshot can give: devices, memory of other drivers. */
static void copy_content(struct record_task *task,
			 struct effect_list *effects, remote_addr addr,
			 uint64_t length)
{
	if (length > DEVICE_LIMIT)
		length = DEVICE_LIMIT;
	for (uint64_t done = 0; done < length; done += PAGE) {
		uint8_t page[PAGE];

		if (address_space_read(space_of(task), addr + done, page,
				       PAGE))
			break;
		effect_list_add_bytes(effects, EFFECT_WRITE, page, PAGE)
			->address = addr + done;
	}
}

static uint32_t mapping_use(uint64_t protection, uint64_t flags)
{
	uint32_t use = FILE_MAPPED;

	if (protection & PROT_EXEC)
		use |= FILE_MAPPED_CODE;
	if ((flags & MAP_TYPE) == MAP_SHARED ||
	    (flags & MAP_TYPE) == MAP_SHARED_VALIDATE)
		use |= FILE_SHARED;
	return use;
}

/*
 * What kind of mapping replay makes; the rest is for the live kernel.  Of what
 * is private, pages that are there at once are copies of the file's (mmap(2)).
 */
static int kept_flags(uint64_t flags)
{
	int type = flags & MAP_TYPE;
	int is_copied = type == MAP_PRIVATE && !(flags & MAP_ANONYMOUS) &&
			flags & (MAP_POPULATE | MAP_LOCKED);

	if (type == MAP_SHARED_VALIDATE)
		type = MAP_SHARED;
	return type | (is_copied ? MAP_POPULATE : 0) |
	       (int)(flags & (MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_STACK |
			      MAP_NORESERVE));
}

static int map_device(struct recorder *recorder, struct record_task *task,
		      const char *name)
{
	const uint64_t *arguments = task->call.arguments;
	remote_addr addr = (remote_addr)task->call.result;
	int flags = kept_flags(arguments[3]) | MAP_ANONYMOUS;
	char *text;
	int err = 0;

	record_map_effect(task, &task->effects, addr, PAGE_UP(arguments[1]),
			  (int)arguments[2], flags, NULL, 0, name);
	/* What TCP would put into its mapping is refused by getsockopt. */
	if (!strcmp(name, "/dev/zero") || !strncmp(name, "socket:[", 8))
		return 0;
	copy_content(task, &task->effects, addr, PAGE_UP(arguments[1]));
	text = xasprintf("the mapping of %s was copied once; later changes "
			 "by the device are not in the trace", name);
	err = recorder_warn(recorder, task, text);
	free(text);
	return err;
}

static void note_shared(struct recorder *recorder, struct record_file *file,
			const char *name, int is_written)
{
	if (!file->is_watched || is_written > file->is_written_shared)
		record_watch_peers(recorder, file->device, file->inode, name,
				   is_written);
	file->is_watched = 1;
	file->is_written_shared |= is_written;
}

/* Executable memory that this mmap made; file may be NULL. */
static void hold_code(struct record_task *task, struct record_file *file)
{
	const uint64_t *arguments = task->call.arguments;
	remote_addr start = (remote_addr)task->call.result;
	struct held_range range = {
		start, start + PAGE_UP(arguments[1]), (int)arguments[2], file,
		file ? arguments[5] : 0,
	};

	if (file)
		record_hold_sites(task, &task->effects, &range);
	else
		record_hold(task, &task->effects, &range);
}

/*
 * A dynamic linker maps the parts of a library one after the other.  Nothing
 * else can have happened to the descriptor when no other event is between: its
 * file need not be asked for again.
 */
static struct record_file *mapped_before(const struct recorder *recorder,
					 const struct record_task *task,
					 uint32_t use)
{
	const struct mapped_file *mapped = &recorder->mapped;
	const struct record_file *file = mapped->file;

	if (mapped->task != task->task.serial ||
	    mapped->fd != (int)task->call.arguments[4] ||
	    mapped->events + 1 != trace_writer_event_count(recorder->writer) ||
	    task->task.space->users > 1 || task->has_own_files ||
	    space_data_of(task)->shares_files)
		return NULL;
	return file->is_changeable || file->is_changed || file->lacks_data ||
	       file->is_outdated || (use & ~file->use) ? NULL : mapped->file;
}

static void remember_mapped(struct recorder *recorder,
			    const struct record_task *task,
			    struct record_file *file, const char *name)
{
	struct mapped_file *mapped = &recorder->mapped;

	mapped->task = task->task.serial;
	mapped->fd = (int)task->call.arguments[4];
	mapped->events = trace_writer_event_count(recorder->writer);
	mapped->file = file;
	if (mapped->name == name)
		return;
	free(mapped->name);
	mapped->name = xstrdup(name);
}

static void map_known(struct recorder *recorder, struct record_task *task,
		      struct record_file *file, const char *name)
{
	const uint64_t *arguments = task->call.arguments;

	if (arguments[3] & MAP_SHARED)
		note_shared(recorder, file, name,
			    (arguments[2] & PROT_WRITE) != 0);
	record_map_effect(task, &task->effects,
			  (remote_addr)task->call.result,
			  PAGE_UP(arguments[1]), (int)arguments[2],
			  kept_flags(arguments[3]), file, arguments[5], name);
	if ((arguments[2] & PROT_EXEC) && !(kept_flags(arguments[3]) &
					    MAP_SHARED))
		hold_code(task, file);
	remember_mapped(recorder, task, file, name);
}

static int map_descriptor(struct recorder *recorder, struct record_task *task,
			  uint32_t use)
{
	int number = (int)task->call.arguments[4];
	AUTO(fd_close) int fd = task_descriptor(task, number);
	struct record_file *file;
	struct stat status;
	char name[4096];
	int err;

	if (fd < 0 || fstat(fd, &status))
		return report(fd < 0 ? fd : -errno, "task %d: look at mapped "
			      "descriptor %d", task->task.tid, number);
	task_descriptor_text(task, number, name, sizeof(name));
	if (!S_ISREG(status.st_mode))
		return map_device(recorder, task, name);
	err = record_file_of(recorder, &task->effects, fd, &status, name, use,
			     &file);
	if (!err && file->lacks_data)
		err = record_file_data(recorder, task, file, fd, 0,
				       (uint64_t)status.st_size);
	if (err)
		return err;
	file->lacks_data = 0;
	map_known(recorder, task, file, name);
	return 0;
}

static int map_file(struct recorder *recorder, struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;
	uint32_t use = mapping_use(arguments[2], arguments[3]);
	struct record_file *file = mapped_before(recorder, task, use);

	if (!file)
		return map_descriptor(recorder, task, use);
	map_known(recorder, task, file, recorder->mapped.name);
	return 0;
}

int record_mmap_exit(struct recorder *recorder, struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;
	uint64_t length = PAGE_UP(arguments[1]);

	if (task->call.result < 0 && task->call.result > -4096)
		return 0;
	replace_syscall_address(task, (remote_addr)task->call.result,
				(remote_addr)task->call.result + length);
	if (!(arguments[3] & MAP_ANONYMOUS))
		return map_file(recorder, task);
	if (arguments[3] & MAP_HUGETLB) {
		uint64_t huge = 1ull << (arguments[3] >> MAP_HUGE_SHIFT & 63 ?
					 arguments[3] >> MAP_HUGE_SHIFT & 63 :
					 21);

		length = (length + huge - 1) & ~(huge - 1);
	}
	record_map_effect(task, &task->effects,
			  (remote_addr)task->call.result, length,
			  (int)arguments[2], kept_flags(arguments[3]), NULL, 0,
			  "");
	if ((arguments[2] & PROT_EXEC) && !(arguments[3] & MAP_HUGETLB) &&
	    !(kept_flags(arguments[3]) & (MAP_SHARED | MAP_GROWSDOWN)))
		hold_code(task, NULL);
	return 0;
}

/* ---- brk ---- */

/* What is known of code there, too, goes with the end of the heap. */
static void shrink(struct record_task *task, remote_addr start,
		   remote_addr end)
{
	struct effect *effect = effect_list_add(&task->effects, EFFECT_UNMAP);

	effect->address = start;
	effect->extent = end - start;
	record_forget_held(space_data_of(task), start, end);
	record_forget_sites(space_data_of(task), start, end);
}

int record_brk_exit(struct recorder *recorder, struct record_task *task)
{
	struct space_data *data = space_data_of(task);
	remote_addr now = (remote_addr)task->call.result;
	remote_addr old_end;

	(void)recorder;
	record_agent_learn_break(task);
	old_end = PAGE_UP(data->break_end);
	if (data->break_end && PAGE_UP(now) > old_end)
		record_map_effect(task, &task->effects, old_end,
				  PAGE_UP(now) - old_end,
				  PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0,
				  "[heap]");
	else if (data->break_end && PAGE_UP(now) < old_end)
		shrink(task, PAGE_UP(now), old_end);
	data->break_end = now;
	record_agent_set_break(task, now);
	return 0;
}

/* ---- System V shared memory ---- */

/* The segment attached at first: its maps follow each other in the segment. */
static uint64_t segment_length(const struct process_maps *maps,
			       const struct process_map *first)
{
	remote_addr end = first->start;

	for (const struct process_map *map = first;
	     map < maps->maps + maps->count && map->start == end &&
	     map->inode == first->inode && map->device == first->device &&
	     map->offset == map->start - first->start + first->offset;
	     map++)
		end = map->end;
	return end - first->start;
}

static struct record_file *segment_file(struct recorder *recorder,
					struct record_task *task,
					const struct process_map *map,
					uint64_t length)
{
	struct record_file *file =
		record_file_find(recorder, map->device, map->inode);
	uint8_t *bytes;
	size_t got;

	if (file)
		return file;
	bytes = xcalloc(1, length);
	got = space_of(task)->memory.read(&space_of(task)->memory, map->start,
					  bytes, length);
	(void)got; /* beyond it the segment is zero */
	file = record_file_from_bytes(recorder, &task->effects, map->device,
				      map->inode, bytes, length, map->name,
				      FILE_MAPPED | FILE_SHARED);
	free(bytes);
	return file;
}

int record_shmat_exit(struct recorder *recorder, struct record_task *task)
{
	const struct process_map *map;
	struct record_file *file;
	struct process_maps maps;
	uint64_t length;
	int err;

	if (task->call.result < 0 && task->call.result > -4096)
		return 0;
	err = process_maps_read(task->task.tid, &maps);
	if (err)
		return err == -ESRCH || err == -ENOENT ? 0 : err;
	map = process_maps_find(&maps, (remote_addr)task->call.result);
	if (map) {
		length = segment_length(&maps, map);
		file = segment_file(recorder, task, map, length);
		if (file)
			note_shared(recorder, file, map->name,
				    (map->protection & PROT_WRITE) != 0);
		if (!file)
			err = -EIO;
		else
			record_map_effect(task, &task->effects, map->start,
					  length, map->protection, MAP_SHARED,
					  file, 0, map->name);
	}
	process_maps_deinit(&maps);
	return err;
}

void record_shmdt_entry(struct record_task *task)
{
	const struct process_map *map;
	struct process_maps maps;

	task->shmdt_length = 0;
	if (process_maps_read(task->task.tid, &maps))
		return;
	map = process_maps_find(&maps, task->call.arguments[0]);
	if (map && map->start == task->call.arguments[0])
		task->shmdt_length = segment_length(&maps, map);
	process_maps_deinit(&maps);
}

int record_shmdt_exit(struct record_task *task)
{
	struct effect *effect;

	if (task->call.result || !task->shmdt_length)
		return 0;
	effect = effect_list_add(&task->effects, EFFECT_UNMAP);
	effect->address = task->call.arguments[0];
	effect->extent = task->shmdt_length;
	return 0;
}

/* ---- mprotect ---- */

/* Code of a file has its traps set now. */
static void protect_file(struct recorder *recorder, struct record_task *task,
			 const struct process_map *map)
{
	struct record_file *file;

	file = recorder->file_buckets[map->inode % FILE_BUCKETS];
	while (file && (file->inode != map->inode || !file->site_count))
		file = file->next_in_bucket;
	if (!file)
		return;
	record_forget_held(space_data_of(task), map->start, map->end);
	record_forget_sites(space_data_of(task), map->start, map->end);
	record_patch_code(task, &task->effects, map->start,
			  map->end - map->start, file, map->offset);
}

/* Stacks are the kernel's, and grow. */
static int may_hold_code(const struct process_map *map)
{
	return map->name[0] != '[' || !strncmp(map->name, "[heap]", 6) ||
	       !strncmp(map->name, "[anon:", 6);
}

/* Longer ranges would be read whole each time that they change protection. */
#define LOOKED_AT_AT_ONCE (256 * PAGE)

static int protect_memory(struct record_task *task,
			  const struct process_map *map, remote_addr start,
			  remote_addr end)
{
	struct held_range range = {
		.start = map->start > start ? map->start : start,
		.end = map->end < end ? map->end : end,
		.protection = map->protection,
	};

	if (map->protection & PROT_WRITE) {
		record_hold(task, &task->effects, &range);
		return 0;
	}
	if (range.end - range.start > LOOKED_AT_AT_ONCE &&
	    !record_hold(task, &task->effects, &range))
		return 0;
	return record_scan_generated(task, &task->effects, range.start,
				     range.end);
}

/* Replay makes the call again, without the personality. */
static void tell_protection(struct record_task *task,
			    const struct process_map *map, remote_addr start,
			    remote_addr end)
{
	struct effect *effect = effect_list_add(&task->effects, EFFECT_PROTECT);

	if (start < map->start)
		start = map->start;
	if (end > map->end)
		end = map->end;
	effect->address = start;
	effect->extent = end - start;
	effect->protection = (uint32_t)map->protection;
}

int record_protect_exit(struct recorder *recorder, struct record_task *task)
{
	remote_addr start = task->call.arguments[0];
	remote_addr end = start + PAGE_UP(task->call.arguments[1]);
	struct process_maps maps;
	int err = 0;

	record_forget_held(space_data_of(task), start, end);
	if (task->call.arguments[2] & PROT_WRITE)
		record_sites_writable(task, start, end);
	if (!(real_protection(task, (int)task->call.arguments[2]) &
	      PROT_EXEC) ||
	    process_maps_read_range(task->task.tid, start, end, &maps))
		return 0;
	for (size_t i = 0; i < maps.count && !err; i++) {
		const struct process_map *map = &maps.maps[i];

		if (map->end <= start || map->start >= end ||
		    record_sites_area(task, map->start, map->end))
			continue;
		if (task->reads_execute)
			tell_protection(task, map, start, end);
		if (map->is_shared)
			continue;
		if (map->inode)
			protect_file(recorder, task, map);
		else if (may_hold_code(map))
			err = protect_memory(task, map, start, end);
	}
	process_maps_deinit(&maps);
	return err;
}

/* ---- mremap ---- */

static void grow_held(struct space_data *data, remote_addr end,
		      remote_addr new_end)
{
	for (size_t i = 0; i < data->held_count; i++)
		if (data->held[i].end == end)
			data->held[i].end = new_end;
}

/* What is known of the memory moves with it, and its protection grows. */
static void move_known(struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;
	struct space_data *data = space_data_of(task);
	remote_addr to = (remote_addr)task->call.result;
	remote_addr from = arguments[0], end = from + PAGE_UP(arguments[1]);
	remote_addr new_end = to + PAGE_UP(arguments[2]);
	uint64_t distance = to - from;
	uint64_t kept = new_end - to < end - from ? new_end - to : end - from;

	record_agent_forget_plain(task, from, end);
	record_agent_forget_plain(task, to, new_end);
	if (to != from) {
		record_forget_held(data, to, new_end);
		record_forget_sites(data, to, new_end);
		record_sites_forget(task, &task->effects, to, new_end);
		record_sites_moved(task, from, kept, to);
	}
	if (kept < end - from)
		record_sites_forget(task, &task->effects, from + kept, end);
	record_vdso_moved(task, from, end, distance);
	if (data->syscall_address >= from && data->syscall_address < end)
		data->syscall_address += distance;
	for (size_t i = 0; i < data->site_count; i++)
		if (data->sites[i].addr >= from && data->sites[i].addr < end)
			data->sites[i].addr += distance;
	for (size_t i = 0; i < data->held_count; i++) {
		struct held_range *range = &data->held[i];

		if (range->start < from || range->end > end)
			continue;
		range->start += distance;
		range->end += distance;
	}
	if (arguments[3] & MREMAP_DONTUNMAP)
		record_discard_left(task, from, end, distance);
	if (new_end >= end + distance) {
		grow_held(data, end + distance, new_end);
		return;
	}
	record_forget_held(data, new_end, end + distance);
	record_forget_sites(data, new_end, end + distance);
}

int record_mremap_exit(struct record_task *task)
{
	if (task->call.result >= 0 || task->call.result < -4095)
		move_known(task);
	record_part_held(task);
	return 0;
}
