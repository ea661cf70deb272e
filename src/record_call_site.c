/* SPDX-License-Identifier: MIT */
/*
 * Syscall instructions that become jumps to the agent, while recording.
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

#include "src/agent_table.h"
#include "src/call_patch.h"
#include "src/call_sites.h"
#include "src/process_maps.h"
#include "src/record_filters.h"
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

/* ---- which ---- */

static int is_buffered(int number)
{
	return number >= 0 && (size_t)number < sizeof(agent_index) &&
	       agent_index[number];
}

/* Code that stays what it is: not the program's to write, nor another's. */
static int is_patchable(const struct process_maps *maps, remote_addr call_end)
{
	const struct process_map *map = process_maps_find(maps, call_end - 1);

	return map && !map->is_shared && (map->protection & PROT_EXEC) &&
	       !(map->protection & PROT_WRITE) &&
	       !(map->start >= SESSION_PAGE && map->end <= AGENT_END);
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
	code->length = code->real->read(code->real, code->start, code->bytes,
					sizeof(code->bytes));
	if (code->length >= NEARBY)
		return;
	code->start = addr - addr % 4096;
	code->length = code->real->read(code->real, code->start, code->bytes,
					sizeof(code->bytes));
}

/* ---- replacing ---- */

static void put_in_place(struct record_task *task, struct call_sites *sites,
			 struct area *area, const struct call_patch *patch)
{
	call_sites_add(task, sites, area, patch);
	call_sites_write(task, patch->trampoline, patch->code,
			 patch->code_length);
	call_sites_write(task, patch->start, patch->jump, sizeof(patch->jump));
	if (patch->hop_at)
		call_sites_write(task, patch->hop_at, patch->hop,
				 sizeof(patch->hop));
}

static enum call_patch_failure carry_out(struct record_task *task,
					 struct memory *memory,
					 struct call_sites *sites,
					 struct call_patch *patch)
{
	enum call_patch_failure failure;
	struct area *area;

	if (call_sites_overlap(sites, patch))
		return CALL_PATCH_NOT_MOVING;
	failure = call_sites_place(task, memory, sites, patch, &area);
	if (!failure)
		put_in_place(task, sites, area, patch);
	return failure;
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
			  struct call_sites *sites, remote_addr addr,
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
	seen = call_sites_see(sites, end);
	if (call_sites_have(sites, end) || seen->failure ||
	    call_sites_restart(recorder, task, end) ||
	    call_patch_plan_again(&code.memory, end, found, way, &patch) ||
	    !save_original(task, &patch) ||
	    carry_out(task, &code.memory, sites, &patch))
		return;
	call_sites_count(recorder, seen);
}

/*
 * The first instruction of the mapping that is met: what will be met as often
 * as elsewhere is replaced at once.  Not before: what has not been executed may
 * be mapped to be read.  Of the many calls of libc a program makes few: beyond
 * the first ones, to meet each takes less time than to replace them all.
 */
static void replace_all_known(struct recorder *recorder,
			      struct record_task *task,
			      struct call_sites *sites,
			      const struct seen_code *code)
{
	const struct record_file *file = code->file;
	size_t before = sites->count;

	if (record_jumps_again(recorder, task, sites, code))
		return;
	for (size_t i = 0; i < file->jump_count && i < KNOWN_AT_ONCE; i++) {
		uint64_t at = file->jumps[i].offset - code->offset;

		if (file->jumps[i].way &&
		    file->jumps[i].offset >= code->offset &&
		    at < code->end - code->start)
			replace_known(recorder, task, sites, code->start + at,
				      file->jumps[i].way);
	}
	record_jumps_keep(task, sites, code, before);
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
	if (process_maps_read_range(task->task.tid, addr, addr + 1, &maps))
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
			replace_all_known(recorder, task, sites, code);
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
	failure = carry_out(task, &code.memory, sites, &patch);
	if (!failure)
		learn(seen_code, call_end - none.length, way);
	return failure;
}

/* In this process, or in those that have the same library. */
static int is_often(const struct seen_code *code, remote_addr addr,
		    unsigned count)
{
	if (count >= CALLS_BEFORE)
		return 1;
	return code && code->is_library &&
	       (known_way(code, addr) ||
		record_jumps_count(code->file, offset_in(code, addr)) >=
			CALLS_BEFORE);
}

/* Code of a known file was so when it was looked at, and is still. */
static int may_become_jump(const struct record_task *task,
			   const struct seen_code *code, remote_addr call_end)
{
	struct process_maps maps;
	int may;

	if (code && code->file)
		return 1;
	may = !process_maps_read_range(task->task.tid, call_end - 1, call_end,
				       &maps) &&
	      is_patchable(&maps, call_end);
	process_maps_deinit(&maps);
	return may;
}

/* The task's sites, where code at addr may become a jump; or NULL. */
static struct call_sites *sites_for(struct record_task *task, remote_addr addr)
{
	struct space_data *data = space_data_of(task);
	struct call_sites *sites;

	if (!data->agent || !data->agent->shared || data->is_unpatchable ||
	    is_traced(task) || record_filters_stop_calls(task))
		return NULL;
	sites = call_sites_own(data);
	return call_sites_is_in_areas(sites, addr) ? NULL : sites;
}

void record_call_site(struct recorder *recorder, struct record_task *task)
{
	remote_addr call_end = task->entry.value[R_RIP];
	const struct seen_code *code;
	struct call_sites *sites;
	struct seen_site *seen;

	sites = is_buffered(task->call.number) ? sites_for(task, call_end) :
						 NULL;
	if (!sites || call_sites_have(sites, call_end))
		return;
	code = look_at_code(recorder, task, sites, call_end - 2);
	if (call_sites_have(sites, call_end))
		return;
	seen = call_sites_see(sites, call_end);
	if (seen->failure ||
	    !is_often(code, call_end - 2, ++seen->count) ||
	    call_sites_restart(recorder, task, call_end))
		return;
	seen->failure = may_become_jump(task, code, call_end) ?
		replace(task, sites, code, call_end) : CALL_PATCH_NO_CALL;
	call_sites_count(recorder, seen);
}

/* ---- instructions ---- */

static enum call_patch_failure
replace_instruction(struct record_task *task, struct call_sites *sites,
		    const struct seen_code *seen_code, remote_addr addr,
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
	failure = carry_out(task, &code.memory, sites, &patch);
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
	struct seen_site *seen;
	remote_addr end = addr + instruction->length;

	sites = task == recorder->current ? sites_for(task, addr) : NULL;
	if (!sites)
		return;
	code = look_at_code(recorder, task, sites, addr);
	if (call_sites_have(sites, end))
		return;
	seen = call_sites_see(sites, end);
	if (seen->failure ||
	    ++seen->count != (code && code->is_library ? 1 : TRAPS_BEFORE))
		return;
	seen->failure = may_become_jump(task, code, addr + 1) ?
		replace_instruction(task, sites, code, addr, instruction) :
		CALL_PATCH_NO_CALL;
	call_sites_count(recorder, seen);
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
