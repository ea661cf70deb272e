/* SPDX-License-Identifier: MIT */
#include "src/call_sites.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "src/agent_layout.h"
#include "traces/report.h"

#define GIB 0x40000000ul
#define NEAR (GIB / 4)	 /* not right beside what may grow */
#define FAR (GIB + GIB / 2)
#define LOW_END 0x80000000ul
#define LOW_AREA 0x78000000ul
#define LOWEST 0x10000ul

/* ---- shared by fork, until one changes ---- */

void record_sites_release(struct call_sites *sites)
{
	if (!sites || --sites->users)
		return;
	for (size_t i = 0; i < sites->area_count; i++)
		free(sites->areas[i]);
	free(sites->areas);
	free(sites->patches);
	free(sites);
}

struct call_sites *record_sites_share(struct call_sites *sites)
{
	if (sites)
		sites->users++;
	return sites;
}

static struct call_sites *copy_sites(const struct call_sites *from)
{
	struct call_sites *sites = xmemdup(from, sizeof(*from));

	sites->users = 1;
	sites->patches = xmemdup(from->patches,
				 from->room * sizeof(*from->patches));
	sites->areas = xmemdup(from->areas,
			       from->area_count * sizeof(*from->areas));
	for (size_t i = 0; i < from->area_count; i++)
		sites->areas[i] = xmemdup(from->areas[i],
					  sizeof(*from->areas[i]));
	return sites;
}

struct call_sites *call_sites_own(struct space_data *data)
{
	struct call_sites *sites = data->call_sites;

	if (!sites) {
		sites = xcalloc(1, sizeof(*sites));
		sites->users = 1;
	} else if (sites->users > 1) {
		sites->users--;
		sites = copy_sites(sites);
	}
	data->call_sites = sites;
	return sites;
}

struct seen_site *call_sites_see(struct call_sites *sites, remote_addr call_end)
{
	struct seen_site *seen =
		&sites->seen[(call_end * 0x9e3779b97f4a7c15ull) >> 55];

	if (seen->call_end != call_end)
		*seen = (struct seen_site){ .call_end = call_end };
	return seen;
}

/* ---- what was replaced ---- */

int call_sites_overlap(const struct call_sites *sites,
		       const struct call_patch *patch)
{
	for (size_t i = 0; i < sites->count; i++)
		if (call_patch_overlaps(&sites->patches[i], patch))
			return 1;
	return 0;
}

int call_sites_have(const struct call_sites *sites, remote_addr call_end)
{
	for (size_t i = 0; i < sites->count; i++)
		if (sites->patches[i].call_end == call_end)
			return 1;
	return 0;
}

int call_sites_restart(const struct recorder *recorder,
		       const struct record_task *by, remote_addr call_end)
{
	const struct record_task *task = recorder->all;

	while (task && !(task->is_interrupted &&
			 space_of(task) == space_of(by) &&
			 task->entry.value[R_RIP] == call_end))
		task = task->next_all;
	return task != NULL;
}

static void detour_effects(struct record_task *task,
			   const struct call_patch *patch)
{
	for (unsigned i = 0; i < patch->piece_count; i++) {
		struct effect *effect;

		if (!patch->pieces[i].signal)
			continue;
		effect = effect_list_add_bytes(&task->effects, EFFECT_DETOUR,
					       patch->jump,
					       sizeof(patch->jump));
		effect->address = patch->pieces[i].from;
		effect->offset = patch->pieces[i].to;
		effect->extent = patch->pieces[i].from - patch->start;
		effect->id = (uint32_t)patch->pieces[i].signal;
	}
}

void call_sites_add(struct record_task *task, struct call_sites *sites,
		    struct area *area, const struct call_patch *patch)
{
	if (sites->count == sites->room) {
		sites->room = sites->room ? 2 * sites->room : 16;
		sites->patches = xrealloc(sites->patches, sites->room *
					  sizeof(*sites->patches));
	}
	sites->patches[sites->count++] = *patch;
	memcpy(area->bytes + (patch->trampoline - area->area.start),
	       patch->code, patch->code_length);
	detour_effects(task, patch);
}

void call_sites_count(struct recorder *recorder, const struct seen_site *seen)
{
	if (seen->failure)
		recorder->agent_failures[seen->failure]++;
	else
		recorder->agent_sites++;
}

/* ---- room for trampolines ---- */

int call_sites_is_in_areas(const struct call_sites *sites, remote_addr addr)
{
	for (size_t i = 0; i < sites->area_count; i++)
		if (addr - sites->areas[i]->area.start < CALL_AREA_LENGTH)
			return 1;
	return 0;
}

/* In the part of the hole [from, to) that is in [low, high). */
static remote_addr find_between(const struct call_patch *patch,
				remote_addr from, remote_addr to,
				remote_addr low, remote_addr high)
{
	if (from < low)
		from = low;
	if (to > high)
		to = high;
	if (from >= to || to - from < CALL_AREA_LENGTH)
		return 0;
	return call_area_find(patch, from, to);
}

static remote_addr find_hole(const struct process_maps *maps,
			     const struct call_patch *patch, remote_addr low,
			     remote_addr high)
{
	remote_addr end = LOWEST, found = 0;

	for (size_t i = 0; i < maps->count && !found; i++) {
		found = find_between(patch, end, maps->maps[i].start, low,
				     high);
		end = maps->maps[i].end;
	}
	return found;
}

/* Where nothing is likely to grow: not right beside the code, nor the heap. */
static remote_addr find_room(const struct process_maps *maps,
			     const struct call_patch *patch)
{
	remote_addr at = patch->start, found = 0;

	if (at < LOW_END - GIB)
		found = find_hole(maps, patch, LOW_AREA, LOW_END);
	if (!found && at > FAR)
		found = find_hole(maps, patch, at - FAR, at - NEAR);
	if (!found)
		found = find_hole(maps, patch, at + NEAR, at + FAR);
	return found;
}

int call_sites_map_area(struct record_task *task, remote_addr start)
{
	uint64_t arguments[6] = { start, CALL_AREA_LENGTH,
				  PROT_READ | PROT_EXEC,
				  MAP_PRIVATE | MAP_ANONYMOUS |
				  MAP_FIXED_NOREPLACE, (uint64_t)-1 };

	return record_inject(task, space_data_of(task)->syscall_address,
			     SYS_mmap, arguments) == (int64_t)start;
}

void call_sites_area_effect(struct record_task *task, remote_addr start)
{
	struct effect *effect;

	effect = effect_list_add_bytes(&task->effects, EFFECT_MAP,
				       AGENT_MAPPING_NAME,
				       strlen(AGENT_MAPPING_NAME));
	effect->address = start;
	effect->extent = CALL_AREA_LENGTH;
	effect->protection = PROT_READ | PROT_EXEC;
	effect->flags = MAP_PRIVATE | MAP_ANONYMOUS;
}

struct area *call_sites_area_at(struct record_task *task,
				struct call_sites *sites, remote_addr start)
{
	struct area *area;

	for (size_t i = 0; i < sites->area_count; i++)
		if (sites->areas[i]->area.start == start)
			return sites->areas[i];
	if (!start || !call_sites_map_area(task, start))
		return NULL;
	call_sites_area_effect(task, start);
	area = xcalloc(1, sizeof(*area));
	area->area.start = start;
	sites->areas = xrealloc(sites->areas, (sites->area_count + 1) *
				sizeof(*sites->areas));
	sites->areas[sites->area_count++] = area;
	return area;
}

static struct area *new_area(struct record_task *task,
			     struct call_sites *sites,
			     const struct call_patch *patch)
{
	struct process_maps maps;
	remote_addr start;

	start = process_maps_read(task->task.tid, &maps) ?
		0 : find_room(&maps, patch);
	process_maps_deinit(&maps);
	return call_sites_area_at(task, sites, start);
}

enum call_patch_failure call_sites_place(struct record_task *task,
					 struct memory *memory,
					 struct call_sites *sites,
					 struct call_patch *patch,
					 struct area **area_out)
{
	enum call_patch_failure failure = CALL_PATCH_NO_PLACE;
	struct area *area;

	for (size_t i = 0; i < sites->area_count; i++) {
		area = *area_out = sites->areas[i];
		failure = call_patch_place(memory, patch, &area->area);
		if (failure != CALL_PATCH_NO_PLACE)
			return failure;
	}
	area = *area_out = new_area(task, sites, patch);
	return area ? call_patch_place(memory, patch, &area->area) : failure;
}

int call_sites_write(struct record_task *task, remote_addr addr,
		     const void *bytes, size_t length)
{
	effect_list_add_bytes(&task->effects, EFFECT_WRITE, bytes, length)
		->address = addr;
	return address_space_write(space_of(task), addr, bytes, length);
}
