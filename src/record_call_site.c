/* SPDX-License-Identifier: MIT */
/*
 * Syscall instructions that became jumps to the agent, while recording.
 *
 * An instruction that the program uses again and again is replaced at the end
 * of a call, when all threads of the address space stand still.  What is
 * written (trampolines, jumps, detours) are effects of that call, so replay has
 * the same code at the same places from there on.
 */
#include "src/record_agent.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "src/agent_table.h"
#include "src/call_patch.h"
#include "src/process_maps.h"
#include "src/record_ptrace.h"
#include "src/session_page.h"
#include "traces/report.h"

#include "src/agent_rows.h"

_Static_assert(CALL_PATCH_FAILURES <=
	       sizeof(((struct recorder *)0)->agent_failures) / 8,
	       "each failure is counted");

#define CALLS_BEFORE 4u /* with a stop, before the instruction is replaced */
/* Traps of an instruction: a plan costs as much, if it is not remembered. */
#define TRAPS_BEFORE 32u
#define SEEN_SITES 512u
#define SEEN_CODE 16u
#define GIB 0x40000000ul
#define NEAR (GIB / 4)	 /* not right beside what may grow */
#define FAR (GIB + GIB / 2)
#define LOW_END 0x80000000ul
#define LOW_AREA 0x78000000ul
#define LOWEST 0x10000ul

struct seen_site {
	remote_addr call_end;
	unsigned count;
	enum call_patch_failure failure;
};

/* A mapping whose code was executed. */
struct seen_code {
	remote_addr start, end;
	uint64_t offset;
	struct record_file *file; /* NULL: none whose code is known */
	int is_library; /* and not the program, which may copy its own code */
};

struct area {
	struct call_area area;
	uint8_t bytes[CALL_AREA_LENGTH]; /* to be written again */
};

struct call_sites {
	unsigned users; /* address spaces: it is copied when one changes */
	struct seen_site seen[SEEN_SITES];
	struct seen_code code[SEEN_CODE];
	unsigned next_code; /* to be forgotten */
	struct call_patch *patches;
	size_t count, room;
	struct area **areas;
	size_t area_count;
};

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

/* Those of this address space alone. */
static struct call_sites *own_sites(struct space_data *data)
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

/* ---- which ---- */

static int is_buffered(int number)
{
	return number >= 0 && (size_t)number < sizeof(agent_index) &&
	       agent_index[number];
}

/* The entry for this instruction; another one may lose its place. */
static struct seen_site *see(struct call_sites *sites, remote_addr call_end)
{
	struct seen_site *seen =
		&sites->seen[(call_end * 0x9e3779b97f4a7c15ull) >> 55];

	if (seen->call_end != call_end)
		*seen = (struct seen_site){ .call_end = call_end };
	return seen;
}

static int is_in_areas(const struct call_sites *sites, remote_addr addr)
{
	for (size_t i = 0; i < sites->area_count; i++)
		if (addr - sites->areas[i]->area.start < CALL_AREA_LENGTH)
			return 1;
	return 0;
}

/* Code that stays what it is: not the program's to write, nor another's. */
static int is_patchable(const struct process_maps *maps, remote_addr call_end)
{
	const struct process_map *map = process_maps_find(maps, call_end - 1);

	return map && !map->is_shared && (map->protection & PROT_EXEC) &&
	       !(map->protection & PROT_WRITE) &&
	       !(map->start >= SESSION_PAGE && map->end <= AGENT_END);
}

static int overlaps(const struct call_sites *sites,
		    const struct call_patch *patch)
{
	for (size_t i = 0; i < sites->count; i++)
		if (call_patch_overlaps(&sites->patches[i], patch))
			return 1;
	return 0;
}

/* The kernel is about to run the instruction again, in another's name. */
static int is_being_restarted(const struct recorder *recorder,
			      const struct record_task *by,
			      remote_addr call_end)
{
	const struct record_task *task = recorder->all;

	while (task && !(task->is_interrupted &&
			 space_of(task) == space_of(by) &&
			 task->entry.value[R_RIP] == call_end))
		task = task->next_all;
	return task != NULL;
}

static int is_replaced(const struct call_sites *sites, remote_addr call_end)
{
	for (size_t i = 0; i < sites->count; i++)
		if (sites->patches[i].call_end == call_end)
			return 1;
	return 0;
}

/* ---- room for trampolines ---- */

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

static int map_area(struct record_task *task, remote_addr start)
{
	uint64_t arguments[6] = { start, CALL_AREA_LENGTH,
				  PROT_READ | PROT_EXEC,
				  MAP_PRIVATE | MAP_ANONYMOUS |
				  MAP_FIXED_NOREPLACE, (uint64_t)-1 };

	return record_inject(task, space_data_of(task)->syscall_address,
			     SYS_mmap, arguments) == (int64_t)start;
}

static void area_effect(struct record_task *task, remote_addr start)
{
	struct effect *effect = effect_list_add(&task->effects, EFFECT_MAP);

	effect->address = start;
	effect->extent = CALL_AREA_LENGTH;
	effect->protection = PROT_READ | PROT_EXEC;
	effect->flags = MAP_PRIVATE | MAP_ANONYMOUS;
}

static struct area *new_area(struct record_task *task,
			     struct call_sites *sites,
			     const struct process_maps *maps,
			     const struct call_patch *patch)
{
	remote_addr start = find_room(maps, patch);
	struct area *area;

	if (!start || !map_area(task, start))
		return NULL;
	area_effect(task, start);
	area = xcalloc(1, sizeof(*area));
	area->area.start = start;
	sites->areas = xrealloc(sites->areas, (sites->area_count + 1) *
				sizeof(*sites->areas));
	sites->areas[sites->area_count++] = area;
	return area;
}

static enum call_patch_failure place(struct record_task *task,
				     struct memory *memory,
				     struct call_sites *sites,
				     const struct process_maps *maps,
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
	area = *area_out = new_area(task, sites, maps, patch);
	return area ? call_patch_place(memory, patch, &area->area) : failure;
}

/* ---- code as it is seen for a plan ---- */

#define NEARBY 1024u

/* Many small pieces of it are read: near the place, from a copy. */
struct nearby_code {
	struct memory memory; /* first */
	struct memory *real;
	remote_addr start;
	size_t length;
	uint8_t bytes[2 * NEARBY];
};

static size_t read_nearby(struct memory *memory, remote_addr addr, void *bytes,
			  size_t length)
{
	struct nearby_code *code = (struct nearby_code *)memory;

	if (addr < code->start || addr - code->start > code->length ||
	    length > code->length - (addr - code->start))
		return code->real->read(code->real, addr, bytes, length);
	memcpy(bytes, code->bytes + (addr - code->start), length);
	return length;
}

static void look_nearby(struct nearby_code *code, struct record_task *task,
			remote_addr addr)
{
	code->memory.read = read_nearby;
	code->real = &space_of(task)->memory;
	code->start = addr - NEARBY;
	if (!memory_read(code->real, code->start, code->bytes, NEARBY))
		code->start = addr - addr % 4096;
	code->length = code->real->read(code->real, code->start, code->bytes,
					sizeof(code->bytes));
}

/* ---- replacing ---- */

static int write_code(struct record_task *task, remote_addr addr,
		      const void *bytes, size_t length)
{
	effect_list_add_bytes(&task->effects, EFFECT_WRITE, bytes, length)
		->address = addr;
	return address_space_write(space_of(task), addr, bytes, length);
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

static void put_in_place(struct record_task *task, struct call_sites *sites,
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
	write_code(task, patch->trampoline, patch->code, patch->code_length);
	write_code(task, patch->start, patch->jump, sizeof(patch->jump));
	if (patch->hop_at)
		write_code(task, patch->hop_at, patch->hop,
			   sizeof(patch->hop));
	detour_effects(task, patch);
}

static enum call_patch_failure carry_out(struct record_task *task,
					 struct memory *memory,
					 struct call_sites *sites,
					 const struct process_maps *maps,
					 struct call_patch *patch)
{
	enum call_patch_failure failure;
	struct area *area;

	if (overlaps(sites, patch))
		return CALL_PATCH_NOT_MOVING;
	failure = place(task, memory, sites, maps, patch, &area);
	if (!failure)
		put_in_place(task, sites, area, patch);
	return failure;
}

static void count(struct recorder *recorder, const struct seen_site *seen)
{
	if (seen->failure)
		recorder->agent_failures[seen->failure]++;
	else
		recorder->agent_sites++;
}

/* The instruction is there, and not the trap for it. */
static int show_instruction(struct nearby_code *code, remote_addr addr,
			    const struct instruction *instruction)
{
	uint8_t original[16], *at = code->bytes + (addr - code->start);

	if (addr + instruction->length > code->start + code->length)
		return 0;
	if (instruction_of_trap(at, instruction->length, original).kind)
		memcpy(at, original, instruction->length);
	return 1;
}

/* What is to be there again, traps and all. */
static int save_original(struct record_task *task, struct call_patch *patch)
{
	struct memory *real = &space_of(task)->memory;

	return memory_read(real, patch->start, patch->original,
			   patch->length) &&
	       (!patch->hop_at || memory_read(real, patch->hop_at,
					      patch->hop_original,
					      sizeof(patch->hop_original)));
}

/* ---- code of files, where it is known what can be replaced ---- */

/* The syscall instruction, or another one, that is there or trapped there. */
static int find_instruction(struct nearby_code *code, remote_addr addr,
			    struct instruction *found_out)
{
	const uint8_t *at = code->bytes + (addr - code->start);
	size_t length = code->start + code->length - addr;
	uint8_t original[16];

	if (addr < code->start || addr - code->start + 16 > code->length)
		return 0;
	*found_out = (struct instruction){ .length = 2 };
	if (at[0] == 0x0f && at[1] == 0x05)
		return 1;
	*found_out = instruction_of_trap(at, length, original);
	if (!found_out->kind)
		*found_out = instruction_decode(at, length);
	return found_out->kind && show_instruction(code, addr, found_out);
}

static void replace_known(struct recorder *recorder, struct record_task *task,
			  struct call_sites *sites,
			  const struct process_maps *maps, remote_addr addr,
			  uint64_t way)
{
	struct instruction found;
	struct nearby_code code;
	struct call_patch patch;
	struct seen_site *seen;
	remote_addr end;

	look_nearby(&code, task, addr);
	if (!find_instruction(&code, addr, &found))
		return;
	end = addr + found.length;
	seen = see(sites, end);
	if (is_replaced(sites, end) || seen->failure ||
	    is_being_restarted(recorder, task, end) ||
	    call_patch_plan_again(&code.memory, end, found, way, &patch) ||
	    !save_original(task, &patch) ||
	    carry_out(task, &code.memory, sites, maps, &patch))
		return;
	count(recorder, seen);
}

/*
 * The first instruction of the mapping that is met: what will be met as often
 * as elsewhere is replaced at once.  Not before: what has not been executed may
 * be mapped to be read.
 */
static void replace_all_known(struct recorder *recorder,
			      struct record_task *task,
			      struct call_sites *sites,
			      const struct process_maps *maps,
			      const struct seen_code *code)
{
	const struct record_file *file = code->file;

	for (size_t i = 0; i < file->jump_count; i++) {
		uint64_t at = file->jumps[i].offset - code->offset;

		if (file->jumps[i].way &&
		    file->jumps[i].offset >= code->offset &&
		    at < code->end - code->start)
			replace_known(recorder, task, sites, maps,
				      code->start + at, file->jumps[i].way);
	}
}

/* The mapping that the instruction is in; NULL where there is none. */
static const struct seen_code *look_at_code(struct recorder *recorder,
					    struct record_task *task,
					    struct call_sites *sites,
					    remote_addr addr)
{
	const struct process_map *map;
	struct process_maps maps;
	struct seen_code *code;

	for (size_t i = 0; i < SEEN_CODE; i++)
		if (addr >= sites->code[i].start && addr < sites->code[i].end)
			return &sites->code[i];
	if (process_maps_read(task->task.tid, &maps))
		return NULL;
	code = &sites->code[sites->next_code++ % SEEN_CODE];
	*code = (struct seen_code){ 0 };
	map = process_maps_find(&maps, addr);
	if (map) {
		*code = (struct seen_code){ map->start, map->end, map->offset };
		if (is_patchable(&maps, addr + 1))
			code->file = record_jumps_file(recorder, map);
		code->is_library = code->file &&
				   !(code->file->use & FILE_EXECUTED);
		if (code->is_library)
			replace_all_known(recorder, task, sites, &maps, code);
	}
	process_maps_deinit(&maps);
	return code;
}

static uint64_t offset_in(const struct seen_code *code, remote_addr addr)
{
	return addr - code->start + code->offset;
}

/* 0 where there is none. */
static uint64_t known_way(const struct seen_code *code, remote_addr addr)
{
	return code && code->file ?
		record_jumps_way(code->file, offset_in(code, addr)) : 0;
}

static void learn(const struct seen_code *code, remote_addr addr, uint64_t way)
{
	if (code && code->file)
		record_jumps_learn(code->file, offset_in(code, addr), way);
}

/* ---- calls ---- */

static enum call_patch_failure replace(struct record_task *task,
				       struct call_sites *sites,
				       const struct seen_code *seen_code,
				       const struct process_maps *maps,
				       remote_addr call_end)
{
	const struct instruction none = { .length = 2 };
	uint64_t way = known_way(seen_code, call_end - none.length);
	enum call_patch_failure failure;
	struct nearby_code code;
	struct call_patch patch;

	look_nearby(&code, task, call_end);
	if (!way || call_patch_plan_again(&code.memory, call_end, none, way,
					  &patch)) {
		failure = call_patch_plan(&code.memory, call_end,
					  (uint64_t)task->call.number, &patch);
		if (failure)
			return failure;
	}
	way = call_patch_way(&patch);
	failure = carry_out(task, &code.memory, sites, maps, &patch);
	if (!failure)
		learn(seen_code, call_end - none.length, way);
	return failure;
}

/* In this process, or in those that have the same library. */
static int is_often(const struct seen_code *code, remote_addr addr,
		    unsigned count)
{
	unsigned all = code && code->is_library ?
		record_jumps_count(code->file, offset_in(code, addr)) : 0;

	return count >= CALLS_BEFORE || all >= CALLS_BEFORE;
}

/* The task's sites, where code at addr may become a jump; or NULL. */
static struct call_sites *sites_for(struct record_task *task, remote_addr addr)
{
	struct space_data *data = space_data_of(task);
	struct call_sites *sites;

	if (!data->agent || !data->agent->shared || data->is_unpatchable ||
	    is_traced(task) || record_filters_stop_calls(task))
		return NULL;
	sites = own_sites(data);
	return is_in_areas(sites, addr) ? NULL : sites;
}

void record_call_site(struct recorder *recorder, struct record_task *task)
{
	remote_addr call_end = task->entry.value[R_RIP];
	const struct seen_code *code;
	struct call_sites *sites;
	struct process_maps maps;
	struct seen_site *seen;

	sites = is_buffered(task->call.number) ? sites_for(task, call_end) :
						 NULL;
	if (!sites || is_replaced(sites, call_end))
		return;
	code = look_at_code(recorder, task, sites, call_end - 2);
	if (is_replaced(sites, call_end))
		return;
	seen = see(sites, call_end);
	if (seen->failure ||
	    !is_often(code, call_end - 2, ++seen->count) ||
	    is_being_restarted(recorder, task, call_end) ||
	    process_maps_read(task->task.tid, &maps))
		return;
	seen->failure = is_patchable(&maps, call_end) ?
		replace(task, sites, code, &maps, call_end) :
		CALL_PATCH_NO_CALL;
	count(recorder, seen);
	process_maps_deinit(&maps);
}

/* ---- instructions ---- */

static enum call_patch_failure
replace_instruction(struct record_task *task, struct call_sites *sites,
		    const struct seen_code *seen_code,
		    const struct process_maps *maps, remote_addr addr,
		    const struct instruction *instruction)
{
	remote_addr end = addr + instruction->length;
	enum call_patch_failure failure;
	struct nearby_code code;
	struct call_patch patch;
	uint64_t way;

	look_nearby(&code, task, addr);
	if (!show_instruction(&code, addr, instruction))
		return CALL_PATCH_NO_CALL;
	failure = call_patch_plan_instruction(&code.memory, end, *instruction,
					      &patch);
	if (failure)
		return failure;
	way = call_patch_way(&patch);
	if (!save_original(task, &patch))
		return CALL_PATCH_NO_CALL;
	failure = carry_out(task, &code.memory, sites, maps, &patch);
	if (!failure)
		learn(seen_code, addr, way);
	return failure;
}

void record_instruction_site(struct recorder *recorder,
			     struct record_task *task, remote_addr addr,
			     const struct instruction *instruction)
{
	const struct seen_code *code;
	struct call_sites *sites;
	struct process_maps maps;
	struct seen_site *seen;
	remote_addr end = addr + instruction->length;

	sites = task == recorder->current ? sites_for(task, addr) : NULL;
	if (!sites)
		return;
	code = look_at_code(recorder, task, sites, addr);
	if (is_replaced(sites, end))
		return;
	seen = see(sites, end);
	if (seen->failure ||
	    ++seen->count != (code && code->is_library ? 1 : TRAPS_BEFORE) ||
	    process_maps_read(task->task.tid, &maps))
		return;
	seen->failure = is_patchable(&maps, addr + 1) ?
		replace_instruction(task, sites, code, &maps, addr,
				    instruction) : CALL_PATCH_NO_CALL;
	count(recorder, seen);
	process_maps_deinit(&maps);
}

/* ---- what is in the way of it ---- */

/* Bytes that are written to the program's code, and what was there. */
struct part {
	remote_addr at;
	const uint8_t *bytes, *original;
	size_t length;
};

/* The jump, and the hop that leads to it if it is elsewhere. */
static unsigned parts_of(const struct call_patch *patch, struct part parts[2])
{
	parts[0] = (struct part){ patch->start, patch->jump, patch->original,
				  sizeof(patch->jump) };
	parts[1] = (struct part){ patch->hop_at, patch->hop,
				  patch->hop_original, sizeof(patch->hop) };
	return patch->hop_at ? 2 : 1;
}

static int is_there(const struct record_task *task, remote_addr addr,
		    const uint8_t *bytes, size_t length)
{
	uint8_t now[CODE_JUMP_LENGTH];

	return !address_space_read(space_of(task), addr, now, length) &&
	       !memcmp(now, bytes, length);
}

/* It is there still, and not other code in the same place. */
static int is_in_place(const struct record_task *task,
		       const struct call_patch *patch)
{
	struct part parts[2];
	unsigned count = parts_of(patch, parts);

	for (unsigned i = 0; i < count; i++)
		if (!is_there(task, parts[i].at, parts[i].bytes,
			      parts[i].length))
			return 0;
	return 1;
}

remote_addr record_site_detour(const struct record_task *task, remote_addr rip,
			       int signal)
{
	const struct call_sites *sites = space_data_of(task)->call_sites;
	remote_addr to;

	for (size_t i = 0; sites && i < sites->count; i++) {
		to = call_patch_detour(&sites->patches[i], rip, signal);
		if (to && is_in_place(task, &sites->patches[i]))
			return to;
	}
	return 0;
}

int record_site_restart(const struct record_task *task, remote_addr *rip)
{
	const struct call_sites *sites = space_data_of(task)->call_sites;

	for (size_t i = 0; sites && i < sites->count; i++) {
		const struct call_patch *patch = &sites->patches[i];

		if (patch->call_end != *rip || patch->is_before ||
		    !is_in_place(task, patch))
			continue;
		*rip = patch->continuation;
		return 1;
	}
	return 0;
}

int record_site_original(const struct record_task *task, remote_addr *rip)
{
	const struct call_sites *sites = space_data_of(task)->call_sites;
	remote_addr original;

	if (!sites || !is_in_areas(sites, *rip))
		return 0;
	for (size_t i = 0; i < sites->count; i++) {
		const struct call_patch *patch = &sites->patches[i];

		if (*rip - patch->trampoline >= patch->code_length)
			continue;
		original = call_patch_original(patch, *rip);
		if (!original)
			return 0;
		*rip = original;
		return 1;
	}
	return 0;
}

/* ---- putting back what was there ---- */

static void put_back_part(struct record_task *task, struct effect_list *effects,
			  const struct part *part, remote_addr start,
			  remote_addr end, uint64_t distance)
{
	size_t skipped, length;

	if (start < part->at)
		start = part->at;
	if (end > part->at + part->length)
		end = part->at + part->length;
	if (start >= end)
		return;
	skipped = (size_t)(start - part->at);
	length = (size_t)(end - start);
	if (!is_there(task, start + distance, part->bytes + skipped, length))
		return;
	effect_list_add_bytes(effects, EFFECT_WRITE, part->original + skipped,
			      length)->address = start + distance;
	address_space_write(space_of(task), start + distance,
			    part->original + skipped, length);
}

/*
 * What the patch replaced in [start, end), which is now at such a distance; no
 * more of it than is there.
 */
static void put_back(struct record_task *task, struct effect_list *effects,
		     const struct call_patch *patch, remote_addr start,
		     remote_addr end, uint64_t distance)
{
	struct part parts[2];
	unsigned count = parts_of(patch, parts);

	for (unsigned i = 0; i < count; i++)
		put_back_part(task, effects, &parts[i], start, end, distance);
}

#define SPACE_END UINT64_MAX

static void put_all_back(struct record_task *task, struct effect_list *effects,
			 const struct call_patch *patch)
{
	put_back(task, effects, patch, 0, SPACE_END, 0);
}

static int is_code_in(const struct seen_code *code, remote_addr start,
		      remote_addr end)
{
	return code->start < end && code->end > start;
}

/* It may be other than the file's. */
static void forget_file(struct seen_code *code)
{
	code->file = NULL;
	code->is_library = 0;
}

/* Some code in [start, end) is replaced, or was seen. */
static int is_concerned(const struct call_sites *sites, remote_addr start,
			remote_addr end)
{
	for (size_t i = 0; i < sites->count; i++)
		if (call_patch_touches(&sites->patches[i], start, end))
			return 1;
	for (size_t i = 0; i < SEEN_SITES; i++)
		if (sites->seen[i].call_end - start <= end - start)
			return 1;
	for (size_t i = 0; i < SEEN_CODE; i++)
		if (is_code_in(&sites->code[i], start, end))
			return 1;
	return 0;
}

void record_sites_forget(struct record_task *task, struct effect_list *effects,
			 remote_addr start, remote_addr end)
{
	struct call_sites *sites = space_data_of(task)->call_sites;
	size_t kept = 0;

	if (!sites || !is_concerned(sites, start, end))
		return;
	sites = own_sites(space_data_of(task));
	for (size_t i = 0; i < sites->count; i++) {
		const struct call_patch *patch = &sites->patches[i];

		if (!call_patch_touches(patch, start, end)) {
			sites->patches[kept++] = *patch;
			continue;
		}
		/* The rest of it leads to what is gone. */
		put_back(task, effects, patch, 0, start, 0);
		put_back(task, effects, patch, end, SPACE_END, 0);
	}
	sites->count = kept;
	for (size_t i = 0; i < SEEN_SITES; i++)
		if (sites->seen[i].call_end - start <= end - start)
			sites->seen[i] = (struct seen_site){ 0 };
	for (size_t i = 0; i < SEEN_CODE; i++)
		if (is_code_in(&sites->code[i], start, end))
			sites->code[i] = (struct seen_code){ 0 };
}

static int is_area_in(const struct area *area, remote_addr start,
		      remote_addr end)
{
	return area->area.start < end &&
		area->area.start + CALL_AREA_LENGTH > start;
}

void record_sites_unmapped(struct record_task *task, remote_addr start,
			   remote_addr end)
{
	struct call_sites *sites;

	record_sites_forget(task, &task->effects, start, end);
	sites = space_data_of(task)->call_sites;
	if (!sites || task->goes_around)
		return;
	for (size_t i = 0; i < sites->area_count; i++) {
		const struct area *area = sites->areas[i];
		remote_addr at = area->area.start;

		if (!is_area_in(area, start, end) || !map_area(task, at))
			continue;
		area_effect(task, at);
		write_code(task, at, area->bytes, sizeof(area->bytes));
	}
}

remote_addr record_sites_area(const struct record_task *task,
			      remote_addr start, remote_addr end)
{
	const struct call_sites *sites = space_data_of(task)->call_sites;
	remote_addr first = 0;

	for (size_t i = 0; sites && i < sites->area_count; i++) {
		remote_addr at = sites->areas[i]->area.start;

		if (is_area_in(sites->areas[i], start, end) &&
		    (!first || at < first))
			first = at;
	}
	return first;
}

void record_sites_spared(struct record_task *task, remote_addr start,
			 remote_addr end)
{
	const struct call_sites *sites = space_data_of(task)->call_sites;

	for (size_t i = 0; sites && i < sites->area_count; i++) {
		const struct area *area = sites->areas[i];

		if (!is_area_in(area, start, end))
			continue;
		area_effect(task, area->area.start);
		effect_list_add_bytes(&task->effects, EFFECT_WRITE,
				      area->bytes, sizeof(area->bytes))
			->address = area->area.start;
	}
}

/*
 * The program is about to write to its code: it finds its own there, and later
 * its calls stop.
 */
void record_sites_writable(struct record_task *task, remote_addr start,
			   remote_addr end)
{
	struct call_sites *sites = space_data_of(task)->call_sites;
	size_t kept = 0;

	if (!sites || !is_concerned(sites, start, end))
		return;
	sites = own_sites(space_data_of(task));
	for (size_t i = 0; i < SEEN_CODE; i++)
		if (is_code_in(&sites->code[i], start, end))
			forget_file(&sites->code[i]);
	for (size_t i = 0; i < sites->count; i++) {
		const struct call_patch *patch = &sites->patches[i];

		if (!call_patch_touches(patch, start, end)) {
			sites->patches[kept++] = *patch;
			continue;
		}
		put_all_back(task, &task->effects, patch);
		see(sites, patch->call_end)->failure = CALL_PATCH_NOT_MOVING;
	}
	sites->count = kept;
}

/* A jump leads elsewhere from a new place: what it replaced is there again. */
void record_sites_moved(struct record_task *task, remote_addr from,
			uint64_t length, remote_addr to)
{
	const struct call_sites *sites = space_data_of(task)->call_sites;

	for (size_t i = 0; sites && i < sites->count; i++)
		put_back(task, &task->effects, &sites->patches[i], from,
			 from + length, to - from);
	record_sites_forget(task, &task->effects, from, from + length);
}

void record_sites_undo(struct record_task *task, struct effect_list *effects)
{
	struct space_data *data = space_data_of(task);
	struct call_sites *sites = data->call_sites;

	data->is_unpatchable = 1;
	for (size_t i = 0; sites && i < sites->count; i++)
		put_all_back(task, effects, &sites->patches[i]);
	if (sites) {
		sites = own_sites(data);
		sites->count = 0;
	}
}

int record_sites_show(struct recorder *recorder, struct record_task *task)
{
	struct event event = { .kind = EVENT_NOTE };
	struct effect_list effects = { 0 };
	int err = 0;

	record_sites_undo(task, &effects);
	if (effects.count)
		err = recorder_append(recorder, task, &event, &effects);
	effect_list_deinit(&effects);
	return err;
}

void record_sites_describe(const struct recorder *recorder,
			   struct trace_info *info)
{
	char *reasons = NULL, *longer;

	info->has_agent = recorder->agent_rules != NULL;
	info->agent_calls = recorder->agent_calls;
	info->agent_sites = recorder->agent_sites;
	for (int i = 1; i < CALL_PATCH_FAILURES; i++) {
		uint64_t count = recorder->agent_failures[i];

		if (!count)
			continue;
		info->agent_failures += count;
		longer = xasprintf("%s%s%llu: %s", reasons ? reasons : "",
				   reasons ? "; " : "",
				   (unsigned long long)count,
				   call_patch_failure_text(i));
		free(reasons);
		reasons = longer;
	}
	info->agent_reasons = reasons;
}
