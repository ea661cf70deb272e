/* SPDX-License-Identifier: MIT */
/*
 * Jumps of a library, made again: without randomization it is at the same place
 * in most processes, and what becomes a jump there is the same to the last
 * byte.  To find each and its trampoline, by some reads and writes for each,
 * took more of what a short program costs than anything else.  So they are kept
 * as they were made, compared with what stands there by one call, and written
 * page by page.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "src/call_sites.h"
#include "traces/report.h"

#define SPAN_LENGTH 4096u

struct made_jump {
	struct call_patch patch;
	remote_addr area;
	/* All that is replaced or compared is in here. */
	remote_addr low, high;
	uint8_t call[CODE_REPLACED_MAX]; /* the instruction, where it stays */
};

struct made_jumps {
	remote_addr start, end; /* the mapping */
	uint64_t offset;
	size_t known; /* of the file, when they were made */
	size_t count; /* ascending by low */
	struct made_jump jumps[KNOWN_AT_ONCE];
	struct made_jumps *next; /* elsewhere */
};

#define PLACES 16 /* of a library that are kept */

/* Code of some jumps, as it is and as it is to be. */
struct span {
	remote_addr start;
	size_t length, first, count; /* of jumps */
	size_t changed_from, changed_to;
	uint8_t bytes[SPAN_LENGTH];
};

/* ---- keeping ---- */

static size_t count_known(const struct record_file *file)
{
	size_t known = 0;

	for (size_t i = 0; i < file->jump_count && i < KNOWN_AT_ONCE; i++)
		known += file->jumps[i].way != 0;
	return known;
}

static void widen(struct made_jump *jump, remote_addr start, size_t length)
{
	if (start < jump->low)
		jump->low = start;
	if (start + length > jump->high)
		jump->high = start + length;
}

static remote_addr call_start(const struct call_patch *patch)
{
	return patch->call_end - patch->call_length;
}

static void measure(struct made_jump *jump)
{
	const struct call_patch *patch = &jump->patch;

	jump->low = jump->high = patch->start;
	widen(jump, patch->start, patch->length);
	widen(jump, patch->start, sizeof(patch->jump));
	widen(jump, call_start(patch), patch->call_length);
	if (patch->hop_at)
		widen(jump, patch->hop_at, sizeof(patch->hop));
}

static int compare_low(const void *a, const void *b)
{
	const struct made_jump *one = a, *other = b;

	return (one->low > other->low) - (one->low < other->low);
}

static remote_addr area_of(const struct call_sites *sites,
			   const struct call_patch *patch)
{
	for (size_t i = 0; i < sites->area_count; i++) {
		remote_addr start = sites->areas[i]->area.start;

		if (patch->trampoline - start < CALL_AREA_LENGTH)
			return start;
	}
	return 0;
}

static int keep(const struct record_task *task, const struct call_sites *sites,
		const struct call_patch *patch, struct made_jump *jump_out)
{
	*jump_out = (struct made_jump){ .patch = *patch };
	jump_out->area = area_of(sites, patch);
	measure(jump_out);
	return jump_out->area &&
	       jump_out->high - jump_out->low <= SPAN_LENGTH &&
	       patch->call_length <= sizeof(jump_out->call) &&
	       !address_space_read(space_of(task), call_start(patch),
				   jump_out->call, patch->call_length);
}

void record_jumps_free(struct record_file *file)
{
	while (file->made_jumps) {
		struct made_jumps *made = file->made_jumps;

		file->made_jumps = made->next;
		free(made);
	}
}

/* What was made here, or is to be; the first of all from then on. */
static struct made_jumps *find_place(struct record_file *file,
				     const struct seen_code *code)
{
	struct made_jumps **link = &file->made_jumps, *made;

	while (*link && ((*link)->start != code->start ||
			 (*link)->end != code->end ||
			 (*link)->offset != code->offset))
		link = &(*link)->next;
	made = *link;
	if (!made)
		return NULL;
	*link = made->next;
	made->next = file->made_jumps;
	file->made_jumps = made;
	return made;
}

/* A new one, or the last of too many. */
static struct made_jumps *take_place(struct record_file *file,
				     const struct seen_code *code)
{
	struct made_jumps **link = &file->made_jumps, *made;

	for (unsigned i = 0; i < PLACES - 1 && *link; i++)
		link = &(*link)->next;
	made = *link;
	*link = NULL;
	if (!made)
		made = xcalloc(1, sizeof(*made));
	made->start = code->start;
	made->end = code->end;
	made->offset = code->offset;
	made->next = file->made_jumps;
	file->made_jumps = made;
	return made;
}

void record_jumps_keep(const struct record_task *task,
		       const struct call_sites *sites,
		       const struct seen_code *code, size_t first)
{
	struct made_jumps *made = find_place(code->file, code);

	if (!made)
		made = take_place(code->file, code);
	made->known = count_known(code->file);
	made->count = 0;
	for (size_t i = first; i < sites->count && made->count < KNOWN_AT_ONCE;
	     i++)
		made->count += keep(task, sites, &sites->patches[i],
				    &made->jumps[made->count]);
	qsort(made->jumps, made->count, sizeof(*made->jumps), compare_low);
}

/* ---- making them ---- */

static size_t make_spans(const struct made_jumps *made, struct span *spans)
{
	struct span *span = NULL;
	size_t count = 0;

	for (size_t i = 0; i < made->count; i++) {
		const struct made_jump *jump = &made->jumps[i];

		if (!span || jump->high - span->start > SPAN_LENGTH) {
			span = &spans[count++];
			span->start = jump->low;
			span->first = i;
			span->length = span->count = 0;
			span->changed_from = SPAN_LENGTH;
			span->changed_to = 0;
		}
		span->count++;
		if (jump->high - span->start > span->length)
			span->length = jump->high - span->start;
	}
	return count;
}

/* All or nothing. */
static int read_spans(const struct record_task *task, struct span *spans,
		      size_t count)
{
	struct iovec here[KNOWN_AT_ONCE], there[KNOWN_AT_ONCE];
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		here[i] = (struct iovec){ spans[i].bytes, spans[i].length };
		there[i] = (struct iovec){ (void *)spans[i].start,
					   spans[i].length };
		length += spans[i].length;
	}
	return process_vm_readv(task->task.tid, here, count, there, count,
				0) == (ssize_t)length;
}

static uint8_t *at(struct span *span, remote_addr addr)
{
	return span->bytes + (addr - span->start);
}

/* Nothing was done to this code, by the program or by others. */
static int is_same(struct span *span, const struct made_jump *jump)
{
	const struct call_patch *patch = &jump->patch;

	if (memcmp(at(span, patch->start), patch->original, patch->length))
		return 0;
	if (patch->hop_at && memcmp(at(span, patch->hop_at),
				    patch->hop_original,
				    sizeof(patch->hop_original)))
		return 0;
	return !patch->is_before ||
	       !memcmp(at(span, call_start(patch)), jump->call,
		       patch->call_length);
}

static void put(struct record_task *task, struct span *span, remote_addr addr,
		const uint8_t *bytes, size_t length)
{
	size_t from = addr - span->start;

	memcpy(span->bytes + from, bytes, length);
	if (from < span->changed_from)
		span->changed_from = from;
	if (from + length > span->changed_to)
		span->changed_to = from + length;
	effect_list_add_bytes(&task->effects, EFFECT_WRITE, bytes, length)
		->address = addr;
}

static void make(struct recorder *recorder, struct record_task *task,
		 struct call_sites *sites, struct span *span,
		 const struct made_jump *jump)
{
	const struct call_patch *patch = &jump->patch;
	struct seen_site *seen = call_sites_see(sites, patch->call_end);
	struct area *area;

	if (!is_same(span, jump) || seen->failure ||
	    call_sites_have(sites, patch->call_end) ||
	    call_sites_overlap(sites, patch) ||
	    call_sites_restart(recorder, task, patch->call_end))
		return;
	area = call_sites_area_at(task, sites, jump->area);
	if (!area || !call_patch_take(patch, &area->area))
		return;
	call_sites_add(task, sites, area, patch);
	put(task, span, patch->start, patch->jump, sizeof(patch->jump));
	if (patch->hop_at)
		put(task, span, patch->hop_at, patch->hop, sizeof(patch->hop));
	call_sites_count(recorder, seen);
}

/* The trampolines of the patches from this one on, in the area. */
static void write_trampolines(struct record_task *task,
			      const struct call_sites *sites,
			      const struct area *area, size_t first)
{
	size_t from = CALL_AREA_LENGTH, to = 0;

	for (size_t i = first; i < sites->count; i++) {
		const struct call_patch *patch = &sites->patches[i];
		size_t begin = patch->trampoline - area->area.start;

		if (begin >= CALL_AREA_LENGTH)
			continue;
		if (begin < from)
			from = begin;
		if (begin + patch->code_length > to)
			to = begin + patch->code_length;
	}
	if (from < to)
		call_sites_write(task, area->area.start + from,
				 area->bytes + from, to - from);
}

int record_jumps_again(struct recorder *recorder, struct record_task *task,
		       struct call_sites *sites, const struct seen_code *code)
{
	const struct made_jumps *made = find_place(code->file, code);
	AUTO(heap_free) struct span *spans = NULL;
	size_t count, before = sites->count;

	if (!made || !made->count || made->known != count_known(code->file))
		return 0;
	spans = xmalloc(made->count * sizeof(*spans));
	count = make_spans(made, spans);
	if (!read_spans(task, spans, count))
		return 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < spans[i].count; j++)
			make(recorder, task, sites, &spans[i],
			     &made->jumps[spans[i].first + j]);
	for (size_t i = 0; i < sites->area_count; i++)
		write_trampolines(task, sites, sites->areas[i], before);
	for (size_t i = 0; i < count; i++) {
		struct span *span = &spans[i];

		if (span->changed_from < span->changed_to)
			address_space_write(space_of(task), span->start +
					    span->changed_from,
					    span->bytes + span->changed_from,
					    span->changed_to -
					    span->changed_from);
	}
	return 1;
}
