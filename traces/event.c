/* SPDX-License-Identifier: MIT */
/* Names and bounds of events, and the effects of one under construction. */
#include "traces/event.h"

#include <stdlib.h>
#include <string.h>

#include "traces/report.h"

#define BLOCK_SIZE (64 * 1024)
/* Blocks larger than this are given back when the list is cleared. */
#define BLOCK_KEPT (1024 * 1024)
#define SIGINFO_SIZE 128
#define TEXT_LIMIT (1024 * 1024)
#define XSTATE_LIMIT (64 * 1024)
#define FILE_OFFSET_LIMIT ((uint64_t)INT64_MAX)

static const char *const event_names[EVENT_KIND_END] = {
	[EVENT_SYSCALL] = "syscall",
	[EVENT_SYSCALL_ENTER] = "syscall_enter",
	[EVENT_SYSCALL_EXIT] = "syscall_exit",
	[EVENT_CLONE] = "clone",
	[EVENT_EXEC] = "exec",
	[EVENT_SIGNAL] = "signal",
	[EVENT_INSTRUCTION] = "instruction",
	[EVENT_EXIT] = "exit",
	[EVENT_DIGEST] = "digest",
	[EVENT_NOTE] = "note",
	[EVENT_POINT] = "point",
	[EVENT_TRACER] = "tracer",
};

static const char *const effect_names[EFFECT_KIND_END] = {
	[EFFECT_WRITE] = "write",
	[EFFECT_INPUT] = "input",
	[EFFECT_REGISTERS] = "registers",
	[EFFECT_XSTATE] = "xstate",
	[EFFECT_MAP] = "map",
	[EFFECT_UNMAP] = "unmap",
	[EFFECT_FILE] = "file",
	[EFFECT_FILE_WRITE] = "file_write",
	[EFFECT_FILE_SIZE] = "file_size",
	[EFFECT_FILE_PUNCH] = "file_punch",
	[EFFECT_TASK] = "task",
	[EFFECT_CHILD_WRITE] = "child_write",
	[EFFECT_SIGINFO] = "siginfo",
	[EFFECT_OUTPUT] = "output",
	[EFFECT_DIGEST] = "digest",
	[EFFECT_TEXT] = "text",
	[EFFECT_FD] = "fd",
	[EFFECT_RLIMIT] = "rlimit",
	[EFFECT_SKIPPED] = "skipped",
	[EFFECT_DEBUG_REGISTER] = "debug_register",
	[EFFECT_PROTECT] = "protect",
	[EFFECT_DETOUR] = "detour",
};

const char *event_kind_name(enum event_kind kind)
{
	return (unsigned)kind < EVENT_KIND_END ? event_names[kind] : NULL;
}

const char *effect_kind_name(enum effect_kind kind)
{
	return (unsigned)kind < EFFECT_KIND_END ? effect_names[kind] : NULL;
}

/* True when [start, start + length) ends after limit or wraps around. */
static int range_exceeds(uint64_t start, uint64_t length, uint64_t limit)
{
	return start > limit || length > limit - start;
}

static const char *file_effect_fault(const struct effect *effect)
{
	if (effect->id == 0)
		return "an effect on file 0";
	switch (effect->kind) {
	case EFFECT_FILE:
		if (effect->length < sizeof(struct event_file) ||
		    effect->length > sizeof(struct event_file) + TEXT_LIMIT)
			return "a file description of impossible length";
		return effect->extent > FILE_OFFSET_LIMIT
			       ? "a file of impossible size"
			       : NULL;
	case EFFECT_FILE_WRITE:
		return range_exceeds(effect->offset, effect->length,
				     FILE_OFFSET_LIMIT)
			       ? "a file write out of range"
			       : NULL;
	default:
		return range_exceeds(effect->offset, effect->extent,
				     FILE_OFFSET_LIMIT)
			       ? "a file range out of range"
			       : NULL;
	}
}

static const char *effect_fault(const struct effect *effect)
{
	if (effect->length > EVENT_BYTES_LIMIT)
		return "an effect with too many bytes";
	switch (effect->kind) {
	case EFFECT_WRITE:
	case EFFECT_CHILD_WRITE:
	case EFFECT_INPUT:
		return range_exceeds(effect->address, effect->length,
				     UINT64_MAX)
			       ? "bytes beyond the address space"
			       : NULL;
	case EFFECT_REGISTERS:
	case EFFECT_TASK:
		return effect->length != EVENT_REGISTERS * 8
			       ? "registers of wrong length"
			       : NULL;
	case EFFECT_XSTATE:
		return effect->length > XSTATE_LIMIT
			       ? "extended registers of wrong length"
			       : NULL;
	case EFFECT_MAP:
	case EFFECT_UNMAP:
	case EFFECT_PROTECT:
		if (range_exceeds(effect->address, effect->extent, UINT64_MAX))
			return "a mapping beyond the address space";
		return effect->length > TEXT_LIMIT ? "a mapping's name too long"
						   : NULL;
	case EFFECT_FILE:
	case EFFECT_FILE_WRITE:
	case EFFECT_FILE_SIZE:
	case EFFECT_FILE_PUNCH:
		return file_effect_fault(effect);
	case EFFECT_SIGINFO:
		return effect->length != SIGINFO_SIZE
			       ? "a siginfo of wrong length"
			       : NULL;
	case EFFECT_TEXT:
	case EFFECT_FD:
		return effect->length > TEXT_LIMIT ? "a text too long" : NULL;
	case EFFECT_DETOUR:
		return effect->length != 5 || effect->extent > 4 ?
			"a detour that is none" : NULL;
	case EFFECT_DEBUG_REGISTER:
		return effect->id > 7 ? "a debug register that is none" : NULL;
	case EFFECT_OUTPUT:
	case EFFECT_DIGEST:
	case EFFECT_RLIMIT:
	case EFFECT_SKIPPED:
		return NULL;
	default:
		return "an effect of unknown kind";
	}
}

const struct effect *event_find_effect(const struct event *event,
				       enum effect_kind kind)
{
	for (size_t i = 0; i < event->effect_count; i++)
		if (event->effects[i].kind == kind)
			return &event->effects[i];
	return NULL;
}

const char *event_fault(const struct event *event)
{
	const char *fault = NULL;
	size_t i;

	if (!event_kind_name(event->kind))
		return "an event of unknown kind";
	/* A note may be about the recording as a whole. */
	if (event->task == 0 && event->kind != EVENT_NOTE)
		return "an event of task 0";
	if (event->kind == EVENT_SIGNAL &&
	    (event->signal < 1 || event->signal > 64 || event->detail < 0 ||
	     event->detail > SIGNAL_AFTER_STEP || event->result < 0 ||
	     event->result > SIGNAL_TRACED))
		return "a signal out of range";
	for (i = 0; i < event->effect_count && !fault; i++)
		fault = effect_fault(&event->effects[i]);
	return fault;
}

struct effect_block {
	struct effect_block *next;
	size_t room, used;
	_Alignas(16) uint8_t bytes[];
};

struct effect *effect_list_add(struct effect_list *list, enum effect_kind kind)
{
	struct effect *effect;

	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 16;
		list->effects = xrealloc(list->effects,
					 list->room * sizeof(*list->effects));
	}
	effect = &list->effects[list->count++];
	memset(effect, 0, sizeof(*effect));
	effect->kind = kind;
	return effect;
}

/* Room for length bytes that stays where it is until the list is cleared. */
static void *reserve_bytes(struct effect_list *list, size_t length)
{
	size_t wanted = (length + 15) & ~(size_t)15;
	struct effect_block *block = list->blocks;
	void *bytes;

	bug_unless(wanted >= length, "effect of %zu bytes", length);
	if (!block || block->room - block->used < wanted) {
		size_t room = wanted > BLOCK_SIZE ? wanted : BLOCK_SIZE;

		block = xmalloc(sizeof(*block) + room);
		block->room = room;
		block->used = 0;
		block->next = list->blocks;
		list->blocks = block;
	}
	bytes = block->bytes + block->used;
	block->used += wanted;
	return bytes;
}

struct effect *effect_list_add_bytes(struct effect_list *list,
				     enum effect_kind kind, const void *bytes,
				     size_t length)
{
	struct effect *effect = effect_list_add(list, kind);
	void *copy = reserve_bytes(list, length);

	if (bytes && length)
		memcpy(copy, bytes, length);
	effect->bytes = copy;
	effect->length = length;
	return effect;
}

void effect_list_clear(struct effect_list *list)
{
	struct effect_block *block, *next, *kept = NULL;

	for (block = list->blocks; block; block = next) {
		next = block->next;
		if (!kept && block->room <= BLOCK_KEPT) {
			kept = block;
			kept->used = 0;
		} else {
			free(block);
		}
	}
	if (kept)
		kept->next = NULL;
	list->blocks = kept;
	list->count = 0;
}

void effect_list_deinit(struct effect_list *list)
{
	effect_list_clear(list);
	free(list->blocks);
	free(list->effects);
	memset(list, 0, sizeof(*list));
}
