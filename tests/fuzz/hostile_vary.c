/* SPDX-License-Identifier: MIT */
/* Variations of a recorded trace: odd numbers here and there. */
#include "tests/fuzz/hostile_forge.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/session_page.h"
#include "traces/call_record.h"
#include "traces/reader.h"
#include "traces/report.h"

static uint64_t odd_number(void)
{
	static const uint64_t odd[] = {
		0, 1, 7, 8, 4095, 4096, INT32_MAX, UINT32_MAX, SESSION_PAGE,
		SESSION_PAGE + 1, SESSION_PAGE - 1, SESSION_DATA,
		0x7ffffffff000, 0x800000000000, INT64_MAX, UINT64_MAX,
		UINT64_MAX - 4095, (uint64_t)-14, (uint64_t)-516,
		(uint64_t)1 << 62, 0xffffffffff600000, 0x10000,
	};
	uint64_t value = odd[(size_t)rand() % (sizeof(odd) / sizeof(*odd))];

	if (rand() % 4 == 0)
		value += (uint64_t)(rand() % 32) - 16;
	if (rand() % 16 == 0)
		value = (uint64_t)rand() << 33 ^ (uint64_t)rand();
	return value;
}

static void vary_number(uint64_t *number)
{
	switch (rand() % 3) {
	case 0:
		*number = odd_number();
		break;
	case 1:
		*number ^= (uint64_t)1 << rand() % 64;
		break;
	default:
		*number += (uint64_t)(rand() % 9) - 4;
	}
}

static void vary_number32(uint32_t *number)
{
	uint64_t wide = *number;

	vary_number(&wide);
	*number = (uint32_t)wide;
}

static void vary_effect(struct effect *effect)
{
	switch (rand() % 8) {
	case 0:
		vary_number(&effect->address);
		break;
	case 1:
		vary_number(&effect->extent);
		break;
	case 2:
		vary_number(&effect->offset);
		break;
	case 3:
		vary_number32(&effect->id);
		break;
	case 4:
		vary_number32(rand() % 2 ? &effect->flags :
					   &effect->protection);
		break;
	case 5:
		effect->kind = 1 + (enum effect_kind)rand() %
					   (EFFECT_KIND_END - 1);
		break;
	case 6:
		effect->length = effect->length ?
			(size_t)rand() % effect->length : 0;
		break;
	default:
		if (effect->length) {
			uint8_t *bytes = (uint8_t *)(uintptr_t)effect->bytes;

			bytes[(size_t)rand() % effect->length] =
				(uint8_t)rand();
		}
	}
}

static void vary_event(struct event *event)
{
	if (event->effect_count && rand() % 3) {
		vary_effect(&event->effects[(size_t)rand() %
					    event->effect_count]);
		return;
	}
	switch (rand() % 8) {
	case 0:
		event->kind = 1 + (enum event_kind)rand() %
					  (EVENT_KIND_END - 1);
		break;
	case 1:
		vary_number32(&event->task);
		break;
	case 2:
		event->detail = (int32_t)odd_number();
		break;
	case 3:
		vary_number32(&event->signal);
		break;
	case 4:
		event->result = (int64_t)odd_number();
		break;
	case 5:
		event->effect_count = event->effect_count ?
			(size_t)rand() % event->effect_count : 0;
		break;
	default:
		vary_number(&event->registers[rand() % EVENT_REGISTERS]);
	}
}

/* The effects' bytes belong to the reader; variations need their own. */
static void copy_effects(struct event *event, struct effect_list *list)
{
	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *from = &event->effects[i];
		struct effect *to = effect_list_add_bytes(list, from->kind,
							  from->bytes,
							  from->length);
		const void *bytes = to->bytes;

		*to = *from;
		to->bytes = bytes;
	}
	event->effects = list->effects;
}

/* Changes numbers of a record, or leaves out the last records. */
static void vary_calls(uint8_t *bytes, size_t *length, uint64_t *count)
{
	struct call_record *record = (void *)bytes;
	uint64_t *numbers = (uint64_t *)(void *)bytes, left;

	if (rand() % 3) {
		numbers[(size_t)rand() % (*length / 8)] = odd_number();
		return;
	}
	*count = 1 + (uint64_t)rand() % *count;
	for (left = *count; left; left--)
		record = (void *)((uint8_t *)record + record->size);
	*length = (size_t)((uint8_t *)record - bytes);
}

/* The buffered call just read and those after it. */
static int copy_calls(struct trace_reader *reader, struct trace_writer *writer,
		      const struct event *event, uint64_t odds)
{
	uint64_t first, count, call, found;
	AUTO(heap_free) uint8_t *copy = NULL;
	const void *bytes;
	size_t length;
	int err;

	err = trace_reader_next_calls(reader, &bytes, &length, &first, &count);
	if (err)
		return err;
	copy = xmemdup(bytes, length);
	for (call = 0; call < count; call++)
		if ((uint64_t)rand() % odds == 0 &&
		    !call_records_check(copy, length, &found))
			vary_calls(copy, &length, &found);
	/* Wrong ones are for the reader to find. */
	if (!call_records_check(copy, length, &found))
		count = found;
	return trace_writer_append_calls(writer, event->task, event->time_ns,
					 copy, length, count);
}

static int copy_varied(struct trace_reader *reader,
		       struct trace_writer *writer)
{
	uint64_t count = trace_reader_event_count(reader);
	uint64_t odds = 1 + count / (1 + (uint64_t)rand() % 8);
	struct effect_list list = { 0 };
	struct event event;
	int err;

	while ((err = trace_reader_next(reader, &event)) == 0) {
		if (event.is_buffered) {
			err = copy_calls(reader, writer, &event, odds);
			if (err)
				break;
			continue;
		}
		copy_effects(&event, &list);
		if ((uint64_t)rand() % odds == 0) {
			vary_event(&event);
			if (event_fault(&event)) {
				effect_list_clear(&list);
				continue;
			}
		}
		err = trace_writer_append(writer, &event);
		if (err)
			break;
		if (rand() % (int)(odds * 4) == 0) /* twice */
			trace_writer_append(writer, &event);
		effect_list_clear(&list);
	}
	effect_list_deinit(&list);
	return err == TRACE_END ? 0 : err;
}

/* Without the snapshots, which whoever runs this copies. */
int hostile_vary(const char *from, const char *to, unsigned seed)
{
	struct trace_reader *reader;
	struct trace_writer *writer;
	struct trace_info info;
	int err;

	srand(seed);
	err = trace_reader_open(from, &reader);
	if (err)
		return err;
	info = *trace_reader_info(reader);
	err = trace_writer_create(to, &info, &writer);
	if (!err)
		err = copy_varied(reader, writer);
	if (!err) {
		info.event_count = trace_writer_event_count(writer);
		err = trace_writer_finish(writer, &info);
	}
	trace_writer_destroy(writer);
	trace_reader_close(reader);
	return err;
}
