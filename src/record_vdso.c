/* SPDX-License-Identifier: MIT */
/*
 * The vDSO's functions become system calls, which are recorded.  The program
 * may drop its pages, upon which the kernel gives its own again, move them, or
 * unmap them and map them anew: what is found there is replaced each time.
 * All processes have the same image (arch/x86/entry/vdso/vma.c).
 */
#include "src/record_vdso.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "src/process_maps.h"
#include "src/record_spaces.h"
#include "src/recorder.h"
#include "src/vdso.h"
#include "traces/report.h"

#define PAGE 4096ul
#define VDSO_LIMIT (1ul << 20)

struct vdso_copy {
	size_t length;
	uint8_t *kernels, *ours; /* the image, and with our calls in it */
	struct vdso_patch patches[VDSO_PATCHES];
	int patch_count;
};

void record_vdso_free(struct vdso_copy *copy)
{
	if (!copy)
		return;
	free(copy->kernels);
	free(copy->ours);
	free(copy);
}

static int make_copy(struct vdso_copy *copy, uint8_t *bytes, size_t length)
{
	copy->length = length;
	copy->kernels = bytes;
	copy->ours = xmemdup(bytes, length);
	copy->patch_count = vdso_patches(bytes, length, copy->patches);
	if (copy->patch_count < 0)
		return report(copy->patch_count, "replace the vDSO's functions "
			      "by system calls");
	for (int i = 0; i < copy->patch_count; i++)
		memcpy(copy->ours + copy->patches[i].offset,
		       copy->patches[i].bytes, copy->patches[i].length);
	return 0;
}

/* The copy of what is mapped there, as the kernel has it. */
static int copy_of(struct recorder *recorder, struct record_task *task,
		   const struct process_map *map)
{
	struct vdso_copy *copy = recorder->vdso;
	size_t length = map->end - map->start;
	uint8_t *bytes;

	if (length > VDSO_LIMIT)
		return report(-EINVAL, "vDSO of %zu bytes", length);
	bytes = xmalloc(length);
	if (address_space_read(space_of(task), map->start, bytes, length)) {
		free(bytes);
		return -ESRCH;
	}
	if (copy && copy->length == length &&
	    !memcmp(copy->kernels, bytes, length)) {
		free(bytes);
		return 0;
	}
	record_vdso_free(copy);
	recorder->vdso = xcalloc(1, sizeof(*copy));
	return make_copy(recorder->vdso, bytes, length);
}

int record_vdso_replace(struct recorder *recorder, struct record_task *task,
			const struct process_map *map)
{
	struct space_data *data = space_data_of(task);
	const struct vdso_copy *copy;
	int err = copy_of(recorder, task, map);

	if (err)
		return err;
	copy = recorder->vdso;
	data->vdso_start = map->start;
	data->vdso_end = map->end;
	data->vdso_call_count = 0;
	for (int i = 0; i < copy->patch_count; i++) {
		const struct vdso_patch *patch = &copy->patches[i];

		if (address_space_write(space_of(task), map->start +
					patch->offset, patch->bytes,
					patch->length))
			return report(-EFAULT, "write into the vDSO");
		if (patch->call_end)
			data->vdso_calls[data->vdso_call_count++] =
				map->start + patch->offset + patch->call_end;
	}
	return 0;
}

remote_addr record_vdso_call_instruction(const struct recorder *recorder,
					 const struct record_task *task)
{
	const struct vdso_copy *copy = recorder->vdso;

	for (size_t at = 0; copy && at + 1 < copy->length; at++)
		if (copy->ours[at] == 0x0f && copy->ours[at + 1] == 0x05)
			return space_data_of(task)->vdso_start + at;
	return 0;
}

/*
 * Which page of the image it is, its content tells: it may have been moved
 * alone.  What the program wrote there itself is no page of the kernel's.
 */
static void replace_page(const struct vdso_copy *copy,
			 struct record_task *task, remote_addr addr)
{
	uint8_t page[PAGE];

	if (address_space_read(space_of(task), addr, page, PAGE))
		return;
	for (size_t at = 0; at + PAGE <= copy->length; at += PAGE) {
		if (memcmp(page, copy->kernels + at, PAGE))
			continue;
		memcpy(page, copy->ours + at, PAGE);
		address_space_write(space_of(task), addr, page, PAGE);
		break;
	}
	effect_list_add_bytes(&task->effects, EFFECT_WRITE, page, PAGE)
		->address = addr;
}

void record_vdso_discarded(const struct recorder *recorder,
			   struct record_task *task, remote_addr start,
			   remote_addr end)
{
	const struct space_data *data = space_data_of(task);
	struct process_maps maps;

	if (!recorder->vdso || start >= data->vdso_end ||
	    end <= data->vdso_start ||
	    process_maps_read_range(task->task.tid, start, end, &maps))
		return;
	for (size_t i = 0; i < maps.count; i++) {
		const struct process_map *map = &maps.maps[i];

		if (strcmp(map->name, "[vdso]"))
			continue;
		for (remote_addr at = map->start; at < map->end; at += PAGE)
			if (at >= start && at < end)
				replace_page(recorder->vdso, task, at);
	}
	process_maps_deinit(&maps);
}

void record_vdso_moved(struct record_task *task, remote_addr start,
		       remote_addr end, uint64_t distance)
{
	struct space_data *data = space_data_of(task);

	if (start >= data->vdso_end || end <= data->vdso_start)
		return;
	for (unsigned i = 0; i < data->vdso_call_count; i++)
		if (data->vdso_calls[i] > start && data->vdso_calls[i] <= end)
			data->vdso_calls[i] += distance;
	/* Where only a part of it goes, all that is between counts. */
	if (start > data->vdso_start || end < data->vdso_end) {
		if (start + distance < data->vdso_start)
			data->vdso_start = start + distance;
		if (end + distance > data->vdso_end)
			data->vdso_end = end + distance;
		return;
	}
	data->vdso_start += distance;
	data->vdso_end += distance;
}

/* In place of the clocks there is nothing to read on the replay. */
static void map_clocks(struct record_task *task,
		       const struct process_map *map)
{
	record_map_effect(task, &task->effects, map->start,
			  map->end - map->start, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0, map->name);
}

int record_vdso_mapped(struct recorder *recorder, struct record_task *task)
{
	struct process_maps maps;
	int err;

	if (process_maps_read(task->task.tid, &maps))
		return 0;
	err = 0;
	for (size_t i = 0; !err && i < maps.count; i++) {
		const struct process_map *map = &maps.maps[i];

		if (record_vdso_is_clocks(map))
			map_clocks(task, map);
		if (strcmp(map->name, "[vdso]"))
			continue;
		err = record_vdso_replace(recorder, task, map);
		record_map_effect(task, &task->effects, map->start,
				  map->end - map->start, map->protection,
				  MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0,
				  map->name);
		record_vdso_discarded(recorder, task, map->start, map->end);
	}
	process_maps_deinit(&maps);
	return err;
}
