/* SPDX-License-Identifier: MIT */
/*
 * What becomes of jumps to the agent (record_call_site.c): who comes to them by
 * another way, and what is there again when code goes, moves or is written.
 */
#include "src/record_agent.h"

#include <string.h>

#include "src/call_patch.h"
#include "src/call_sites.h"

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

	if (!sites || !call_sites_is_in_areas(sites, *rip))
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
	sites = call_sites_own(space_data_of(task));
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

void record_sites_discarded(struct record_task *task, remote_addr start,
			    remote_addr end)
{
	struct call_sites *sites = space_data_of(task)->call_sites;
	size_t kept = 0;

	if (!sites || !is_concerned(sites, start, end))
		return;
	sites = call_sites_own(space_data_of(task));
	for (size_t i = 0; i < sites->count; i++) {
		const struct call_patch *patch = &sites->patches[i];

		if (!call_patch_touches(patch, start, end) ||
		    is_in_place(task, patch)) {
			sites->patches[kept++] = *patch;
			continue;
		}
		put_back(task, &task->effects, patch, 0, start, 0);
		put_back(task, &task->effects, patch, end, SPACE_END, 0);
	}
	sites->count = kept;
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

		if (!is_area_in(area, start, end) ||
		    !call_sites_map_area(task, at))
			continue;
		call_sites_area_effect(task, at);
		call_sites_write(task, at, area->bytes, sizeof(area->bytes));
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
		call_sites_area_effect(task, area->area.start);
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
	sites = call_sites_own(space_data_of(task));
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
		call_sites_see(sites, patch->call_end)->failure =
			CALL_PATCH_NOT_MOVING;
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
		sites = call_sites_own(data);
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

/* ---- a program that steps itself ---- */

/*
 * Where the program would be, in *rip, if that is elsewhere: at a trampoline's
 * beginning, or in the middle of a hop to it, nothing has happened yet.
 */
static int leave_jump(const struct record_task *task, remote_addr *rip)
{
	const struct call_sites *sites = space_data_of(task)->call_sites;

	for (size_t i = 0; i < sites->count; i++) {
		const struct call_patch *patch = &sites->patches[i];

		if (patch->hop_at ? *rip != patch->start :
				    *rip != patch->trampoline)
			continue;
		*rip = patch->hop_at ? patch->hop_at : patch->start;
		return 1;
	}
	return record_site_original(task, rip);
}

int record_sites_step(struct recorder *recorder, struct record_task *task,
		      const siginfo_t *info, struct registers *registers,
		      int *err_out)
{
	const struct call_sites *sites = space_data_of(task)->call_sites;
	struct event event = {
		.kind = EVENT_INSTRUCTION,
		.detail = INSTRUCTION_NONE,
	};
	struct effect_list effects = { 0 };
	struct registers after;
	int is_ours;

	if (!siginfo_may_be_step(info) ||
	    !(registers->value[R_EFLAGS] & EFLAGS_TRAP) || !sites ||
	    !sites->count)
		return 0;
	registers->value[R_ORIG_RAX] = (uint64_t)-1;
	after = *registers;
	is_ours = leave_jump(task, &after.value[R_RIP]);
	memcpy(event.registers, registers->value, sizeof(event.registers));
	record_sites_undo(task, &effects);
	if (is_ours)
		effect_list_add_bytes(&effects, EFFECT_REGISTERS, &after,
				      sizeof(after));
	task->last = after;
	*err_out = recorder_append(recorder, task, &event, &effects);
	effect_list_deinit(&effects);
	task->is_fault_placed = !is_ours;
	if (!is_ours)
		return *err_out != 0;
	if (!*err_out && !task_set_registers(&task->task, &after))
		*err_out = record_go_on(recorder, task, 0);
	return 1;
}
