/* SPDX-License-Identifier: MIT */
/*
 * Code that is looked at when it is first executed.
 *
 * What generates code writes it at any time and runs it without a call, and
 * what translates code (valgrind) reads that of others and never runs it, and
 * what makes a checksum of its code does so before it runs it.  So memory that
 * the program made executable, and pages of files that have instructions to
 * replace, are not so at first: an attempt to execute them faults, then those
 * instructions are replaced by traps, and the memory becomes what the program
 * wanted.  Of memory that is written and executed, pages are looked at one by
 * one: later ones may not have been written yet.  Memory that is not writable
 * is complete, and is looked at at once, unless there is much of it: who makes
 * all of it writable for each function that is compiled would wait for that.
 */
#include "src/recorder.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "src/generated_code.h"
#include "src/process_maps.h"
#include "src/record_filters.h"
#include "src/record_spaces.h"
#include "traces/report.h"

#define PAGE 4096ul
#define INSTRUCTION_MAX 15u
#define BREAKPOINT 0xcc /* int3 */
#define RUN_MAX (16 * PAGE) /* that becomes executable at once */
#define PIECE (256 * PAGE)  /* looked at at once */
#define CONTEXT 128ul	    /* bytes before it: they give sense to others */
#define BEHIND 16u	    /* and bytes behind it */

/* ---- ranges ---- */

static void add_held(struct space_data *data, const struct held_range *range)
{
	if (data->held_count == data->held_room) {
		data->held_room = data->held_room * 2 + 8;
		data->held = xrealloc(data->held, data->held_room *
				      sizeof(*data->held));
	}
	data->held[data->held_count++] = *range;
}

static struct held_range *find_held(struct space_data *data, remote_addr addr)
{
	for (size_t i = 0; i < data->held_count; i++)
		if (addr >= data->held[i].start && addr < data->held[i].end)
			return &data->held[i];
	return NULL;
}

void record_forget_held(struct space_data *data, remote_addr start,
			remote_addr end)
{
	size_t count = data->held_count, kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct held_range range = data->held[i], behind = range;

		if (range.end <= start || range.start >= end) {
			data->held[kept++] = range;
			continue;
		}
		if (range.end > end) { /* keeps what lies behind */
			behind.start = end;
			behind.offset += end - range.start;
		}
		if (range.start < start) {
			data->held[kept] = range;
			data->held[kept++].end = start;
			if (range.end > end)
				add_held(data, &behind);
		} else if (range.end > end) {
			data->held[kept++] = behind;
		}
	}
	/* What add_held() put behind the others. */
	for (size_t i = count; i < data->held_count; i++)
		data->held[kept++] = data->held[i];
	data->held_count = kept;
}

static int protect(struct record_task *task, struct effect_list *effects,
		   remote_addr start, remote_addr end, int protection)
{
	uint64_t arguments[6] = { start, end - start, (uint64_t)protection };
	struct effect *effect;
	int64_t result;

	result = record_inject(task, space_data_of(task)->syscall_address,
			       SYS_mprotect, arguments);
	if (result)
		return (int)result;
	if (!effects)
		return 0;
	effect = effect_list_add(effects, EFFECT_PROTECT);
	effect->address = start;
	effect->extent = end - start;
	effect->protection = (uint32_t)protection;
	return 0;
}

static int held_protection(const struct held_range *range)
{
	int protection = range->protection & ~PROT_EXEC;

	/* The processor lets what can be executed be read, too. */
	return protection ? protection : PROT_READ;
}

int record_hold(struct record_task *task, struct effect_list *effects,
		const struct held_range *range)
{
	struct space_data *data = space_data_of(task);

	/* The kernel would give the right at once again. */
	if (!data->syscall_address || task->reads_execute ||
	    protect(task, effects, range->start, range->end,
		    held_protection(range)))
		return -EPERM;
	add_held(data, range);
	return 0;
}

/* The pages of these sites that follow each other. */
static remote_addr pages_end(const struct record_file *file, size_t *at,
			     uint64_t end)
{
	uint64_t pages = file->sites[*at].offset;

	for (; *at < file->site_count && file->sites[*at].offset < end; ++*at) {
		const struct instruction_site *site = &file->sites[*at];

		if (site->offset > pages)
			break;
		pages = (site->offset + site->instruction.length + PAGE - 1) &
			~(PAGE - 1);
	}
	return pages < end ? pages : end;
}

void record_hold_sites(struct record_task *task, struct effect_list *effects,
		       const struct held_range *all)
{
	const struct record_file *file = all->file;
	uint64_t end = all->offset + (all->end - all->start);
	size_t at = 0;

	while (at < file->site_count && file->sites[at].offset < all->offset)
		at++;
	while (at < file->site_count && file->sites[at].offset < end) {
		struct held_range range = *all;

		range.offset = file->sites[at].offset & ~(PAGE - 1);
		range.start = all->start + (range.offset - all->offset);
		range.end = all->start +
			(pages_end(file, &at, end) - all->offset);
		if (record_hold(task, effects, &range))
			record_patch_code(task, effects, range.start,
					  range.end - range.start, file,
					  range.offset);
	}
}

void record_release_held(struct record_task *task)
{
	struct space_data *data = space_data_of(task);

	for (size_t i = 0; i < data->held_count; i++)
		protect(task, NULL, data->held[i].start, data->held[i].end,
			data->held[i].protection);
	data->held_count = 0;
}

/* ---- traps ---- */

/* At most a piece, with some bytes before it if they can be read. */
static int scan_piece(struct record_task *task, struct effect_list *effects,
		      remote_addr start, remote_addr end)
{
	struct memory *memory = &space_of(task)->memory;
	AUTO(heap_free) uint8_t *bytes = xmalloc(CONTEXT + PIECE + BEHIND);
	AUTO(heap_free) struct instruction_site *sites = NULL;
	remote_addr from = start - CONTEXT;
	size_t length = end - start + BEHIND, count = 0, got;
	int err;

	got = memory->read(memory, from, bytes, CONTEXT + length);
	if (got < CONTEXT) {
		from = start;
		got = memory->read(memory, from, bytes, length);
	}
	err = generated_code_scan(bytes, got, &sites, &count);
	for (size_t i = 0; i < count && !err; i++)
		if (from + sites[i].offset >= start &&
		    from + sites[i].offset < end)
			record_patch_site(task, effects,
					  from + sites[i].offset,
					  &sites[i].instruction);
	return err;
}

/* Traps that the program has written over since are none any more. */
static void drop_overwritten(struct record_task *task, remote_addr start,
			     remote_addr end)
{
	struct space_data *data = space_data_of(task);
	size_t kept = 0;

	for (size_t i = 0; i < data->site_count; i++) {
		const struct patched_site *site = &data->sites[i];
		uint8_t byte = BREAKPOINT;

		if (site->addr >= start && site->addr < end)
			address_space_read(space_of(task), site->addr, &byte,
					   1);
		if (byte == BREAKPOINT)
			data->sites[kept++] = *site;
	}
	data->site_count = kept;
}

int record_scan_generated(struct record_task *task,
			  struct effect_list *effects, remote_addr start,
			  remote_addr end)
{
	int err = 0;

	drop_overwritten(task, start, end);
	for (; start < end && !err; start += PIECE)
		err = scan_piece(task, effects, start,
				 end - start < PIECE ? end : start + PIECE);
	return err;
}

/* ---- seccomp's strict mode ---- */

int record_wants_strict(const struct record_task *task)
{
	const uint64_t *values = task->entry.value;

	if (!space_data_of(task)->held_count)
		return 0;
	if (values[R_ORIG_RAX] == SYS_prctl)
		return values[R_RDI] == PR_SET_SECCOMP &&
		       values[R_RSI] == SECCOMP_MODE_STRICT;
	return values[R_ORIG_RAX] == SYS_seccomp &&
	       values[R_RDI] == SECCOMP_SET_MODE_STRICT;
}

static int release_all(struct recorder *recorder, struct record_task *task)
{
	struct space_data *data = space_data_of(task);
	struct event event = { .kind = EVENT_NOTE };
	struct effect_list effects = { 0 };
	int err = 0;

	for (size_t i = 0; i < data->held_count && !err; i++) {
		const struct held_range *range = &data->held[i];

		err = protect(task, &effects, range->start, range->end,
			      range->protection);
		if (range->file && !err)
			record_patch_code(task, &effects, range->start,
					  range->end - range->start,
					  range->file, range->offset);
	}
	data->held_count = 0;
	if (!err)
		err = recorder_append(recorder, task, &event, &effects);
	effect_list_deinit(&effects);
	return err;
}

int record_release_first(struct recorder *recorder, struct record_task *task)
{
	int err = record_leave_call(task);

	if (!err)
		err = release_all(recorder, task);
	if (err) /* killed: its death is reported later */
		return err == -ESRCH ? 0 : err;
	return record_call_anew(recorder, task, 0);
}

/* ---- moving ---- */

int record_join_held(struct recorder *recorder, struct record_task *task)
{
	struct space_data *data = space_data_of(task);
	remote_addr start = task->call.arguments[0];
	remote_addr end = start + task->call.arguments[1];
	struct event event = { .kind = EVENT_NOTE };
	struct effect_list effects = { 0 };
	int err = 0;

	for (size_t i = 0; i < data->held_count && !data->is_joined; i++) {
		const struct held_range *range = &data->held[i];

		if (range->start < end && range->end > start && !err)
			err = protect(task, &effects, range->start, range->end,
				      range->protection);
	}
	if (!err && effects.count) {
		data->is_joined = 1;
		if (task->phase == CALL_ENTERED)
			err = record_announce_call(recorder, task);
		if (!err)
			err = recorder_append(recorder, task, &event,
					      &effects);
	}
	start = effects.count;
	effect_list_deinit(&effects);
	return !err && start;
}

void record_part_held(struct record_task *task)
{
	struct space_data *data = space_data_of(task);

	if (!data->is_joined)
		return;
	data->is_joined = 0;
	for (size_t i = 0; i < data->held_count; i++)
		protect(task, &task->effects, data->held[i].start,
			data->held[i].end, held_protection(&data->held[i]));
}

/* ---- the first execution ---- */

/* How far code that is there now goes on. */
static remote_addr end_of_run(const struct record_task *task,
			      const struct held_range *range, remote_addr start)
{
	struct memory *memory = &space_of(task)->memory;
	remote_addr end = start + PAGE;
	uint8_t page[PAGE];

	while (end < range->end && end - start < RUN_MAX &&
	       memory->read(memory, end, page, PAGE) == PAGE &&
	       (page[0] || memcmp(page, page + 1, PAGE - 1)))
		end += PAGE;
	return end;
}

static int release_run(struct record_task *task, struct effect_list *effects,
		       struct held_range range, remote_addr page)
{
	struct space_data *data = space_data_of(task);
	remote_addr start = page, end;
	int err;

	if (range.file) {
		start = range.start;
		end = range.end;
	} else {
		end = end_of_run(task, &range, start);
	}
	err = protect(task, effects, start, end, range.protection);
	if (err)
		return err == -ESRCH ? err :
			report(err, "task %d: let code at %#lx be executed",
			       task->task.tid, start);
	record_forget_held(data, start, end);
	if (!range.file)
		return record_scan_generated(task, effects, start, end);
	record_patch_code(task, effects, start, end - start, range.file,
			  range.offset);
	return 0;
}

/* The memory that the task fails to execute because it is held, or NULL. */
static const struct held_range *held_at(const struct record_task *task,
					const siginfo_t *info,
					const struct registers *registers)
{
	remote_addr addr = (remote_addr)info->si_addr & ~(PAGE - 1);
	remote_addr rip = registers->value[R_RIP];

	if (info->si_signo != SIGSEGV || info->si_code != SEGV_ACCERR ||
	    addr < (rip & ~(PAGE - 1)) || addr > rip + INSTRUCTION_MAX)
		return NULL;
	return find_held(space_data_of(task), addr);
}

int record_is_first_execution(const struct record_task *task,
			      const siginfo_t *info,
			      const struct registers *registers)
{
	return held_at(task, info, registers) != NULL;
}

int record_first_execution(struct recorder *recorder, struct record_task *task,
			   const siginfo_t *info,
			   const struct registers *registers)
{
	struct event event = {
		.kind = EVENT_INSTRUCTION,
		.detail = INSTRUCTION_NONE,
	};
	remote_addr addr = (remote_addr)info->si_addr & ~(PAGE - 1);
	const struct held_range *range = held_at(task, info, registers);
	struct effect_list effects = { 0 };
	int err;

	if (!range)
		return 0;
	task->last = *registers;
	task->last.value[R_ORIG_RAX] = (uint64_t)-1;
	memcpy(event.registers, task->last.value, sizeof(event.registers));
	err = release_run(task, &effects, *range, addr);
	if (!err)
		err = recorder_append(recorder, task, &event, &effects);
	effect_list_deinit(&effects);
	if (err)
		return err == -ESRCH ? 1 : err; /* its end will be reported */
	recorder_make_ready(recorder, task);
	return 1;
}
