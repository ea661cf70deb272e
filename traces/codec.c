/* SPDX-License-Identifier: MIT */
/* The coding of events: traces/format.md, "The events stream". */
#include "traces/codec.h"

#include <errno.h>
#include <stdlib.h>

#include "traces/call_record.h"

/* Bits of an event's first byte above its kind. */
#define HAS_DETAIL 0x10
#define HAS_SIGNAL 0x20
#define HAS_RESULT 0x40
#define HAS_EFFECTS 0x80
#define KIND_MASK 0x0f

/* In place of a kind, without such bits: buffered calls in a row. */
#define KIND_CALLS 0x0f

_Static_assert(EVENT_KIND_END <= KIND_CALLS, "kinds have four bits");

/* Bits of an effect's second byte. */
#define HAS_ID 0x01
#define HAS_ADDRESS 0x02
#define HAS_EXTENT 0x04
#define HAS_OFFSET 0x08
#define HAS_PROTECTION 0x10
#define HAS_FLAGS 0x20
#define HAS_BYTES 0x40
#define HAS_BULK 0x80

/* Register mask: bit 0 says that all are zero, then a bit per register. */
#define NO_REGISTERS 1

/* Address code: a register that holds it, or this and a difference. */
#define ADDRESS_DIFFERENCE EVENT_REGISTERS

#define EVENT_BOUND 512
#define EFFECT_BOUND 160

/*
 * Registers that a system call instruction determines: rcx is rip, r11 is
 * eflags, rax and orig_rax are the number.  They are coded as differences.
 */
enum { R11 = 6, RAX = 10, RCX = 11, ORIG_RAX = 15, RIP = 16, EFLAGS = 18 };

struct codec_task {
	uint32_t task;
	uint32_t generation; /* the entry is free when not the codec's */
	uint64_t registers[EVENT_REGISTERS];
};

void codec_deinit(struct codec *codec)
{
	free(codec->tasks);
	memset(codec, 0, sizeof(*codec));
}

static void codec_start(struct codec *codec)
{
	codec->address = 0;
	codec->task_count = 0;
	if (!codec->tasks) {
		codec->task_room = 16;
		codec->tasks = xcalloc(codec->task_room, sizeof(*codec->tasks));
	}
	/* A frame full of tasks must not cost its memory for ever. */
	if (codec->task_room > 1024 || codec->generation == UINT32_MAX) {
		free(codec->tasks);
		codec->task_room = 16;
		codec->tasks = xcalloc(codec->task_room, sizeof(*codec->tasks));
		codec->generation = 0;
	}
	codec->generation++;
}

void codec_write_start(struct codec *codec, uint64_t number, uint64_t time_ns,
		       uint64_t memory_position, struct buffer *out)
{
	uint8_t *to = buffer_reserve(out, 3 * VARINT_MAX_BYTES);

	codec_start(codec);
	codec->number = number;
	codec->time_ns = time_ns;
	codec->memory_position = memory_position;
	to = put_varint(to, number);
	to = put_varint(to, time_ns);
	to = put_varint(to, memory_position);
	out->length = (size_t)(to - out->bytes);
}

void codec_read_start(struct codec *codec, struct cursor *cursor)
{
	codec_start(codec);
	codec->number = get_varint(cursor);
	codec->time_ns = get_varint(cursor);
	codec->memory_position = get_varint(cursor);
}

static struct codec_task *task_slot(const struct codec *codec, uint32_t task)
{
	size_t mask = codec->task_room - 1;
	size_t i = task & mask;

	while (codec->tasks[i].generation == codec->generation &&
	       codec->tasks[i].task != task)
		i = (i + 1) & mask;
	return &codec->tasks[i];
}

static void grow_tasks(struct codec *codec)
{
	struct codec_task *old = codec->tasks;
	size_t i, old_room = codec->task_room;

	codec->task_room *= 2;
	codec->tasks = xcalloc(codec->task_room, sizeof(*codec->tasks));
	for (i = 0; i < old_room; i++)
		if (old[i].generation == codec->generation)
			*task_slot(codec, old[i].task) = old[i];
	free(old);
}

/* The task's registers at its last event of the frame that had any, or 0. */
static uint64_t *task_registers(struct codec *codec, uint32_t task)
{
	struct codec_task *slot = task_slot(codec, task);

	if (slot->generation == codec->generation)
		return slot->registers;
	if (codec->task_count * 2 >= codec->task_room) {
		grow_tasks(codec);
		slot = task_slot(codec, task);
	}
	codec->task_count++;
	memset(slot, 0, sizeof(*slot));
	slot->task = task;
	slot->generation = codec->generation;
	return slot->registers;
}

static int is_entry(const struct event *event)
{
	return event->kind == EVENT_SYSCALL ||
	       event->kind == EVENT_SYSCALL_ENTER;
}

/* What the registers would be if nothing but the known had changed. */
static uint64_t expected_register(const struct event *event,
				  const uint64_t *known, unsigned i)
{
	if (!is_entry(event))
		return known[i];
	switch (i) {
	case RAX:
	case ORIG_RAX:
		return (uint64_t)(int64_t)event->detail;
	case RCX:
		return event->registers[RIP];
	case R11:
		return event->registers[EFLAGS];
	default:
		return known[i];
	}
}

static uint8_t *write_registers(uint8_t *to, const struct event *event,
				uint64_t *known)
{
	uint64_t changes[EVENT_REGISTERS];
	uint64_t any = 0;
	uint32_t mask = 0;
	unsigned i, count = 0;

	for (i = 0; i < EVENT_REGISTERS; i++)
		any |= event->registers[i];
	if (!any)
		return put_varint(to, NO_REGISTERS);
	for (i = 0; i < EVENT_REGISTERS; i++) {
		uint64_t expected = expected_register(event, known, i);

		if (event->registers[i] == expected)
			continue;
		mask |= (uint32_t)2 << i;
		changes[count++] = event->registers[i] - expected;
	}
	to = put_varint(to, mask);
	for (i = 0; i < count; i++)
		to = put_varint(to, zigzag(changes[i]));
	memcpy(known, event->registers, sizeof(event->registers));
	return to;
}

static void read_registers(struct cursor *cursor, struct event *event,
			   uint64_t *known)
{
	uint32_t mask = get_varint32(cursor);
	uint64_t changes[EVENT_REGISTERS];
	unsigned i;

	if (mask == NO_REGISTERS) {
		memset(event->registers, 0, sizeof(event->registers));
		return;
	}
	if (mask & NO_REGISTERS || mask >> (EVENT_REGISTERS + 1)) {
		cursor->damaged = 1;
		return;
	}
	memset(changes, 0, sizeof(changes));
	for (i = 0; i < EVENT_REGISTERS; i++)
		if (mask & (uint32_t)2 << i)
			changes[i] = unzigzag(get_varint(cursor));
	for (i = 0; i < EVENT_REGISTERS; i++)
		event->registers[i] = known[i] + changes[i];
	/* rip and eflags are there now, so what follows them can be. */
	if (is_entry(event)) {
		static const unsigned determined[] = { RAX, ORIG_RAX, RCX,
						       R11 };

		for (i = 0; i < 4; i++)
			event->registers[determined[i]] =
				expected_register(event, known, determined[i]) +
				changes[determined[i]];
	}
	memcpy(known, event->registers, sizeof(event->registers));
}

/* Arguments of calls are in registers, so most addresses are there, too. */
static uint8_t *write_address(uint8_t *to, struct codec *codec,
			      uint64_t address, const uint64_t *known)
{
	unsigned i;

	for (i = 0; i < EVENT_REGISTERS && known[i] != address; i++)
		;
	*to++ = (uint8_t)i;
	if (i == ADDRESS_DIFFERENCE)
		to = put_varint(to, zigzag(address - codec->address));
	codec->address = address;
	return to;
}

static uint64_t read_address(struct cursor *cursor, struct codec *codec,
			     const uint64_t *known)
{
	uint8_t code = get_byte(cursor);

	if (code < EVENT_REGISTERS)
		codec->address = known[code];
	else if (code == ADDRESS_DIFFERENCE)
		codec->address += unzigzag(get_varint(cursor));
	else
		cursor->damaged = 1;
	return codec->address;
}

static uint8_t *write_effect(uint8_t *to, struct codec *codec,
			     const struct effect *effect, const uint64_t *known)
{
	int bulk = codec_effect_is_bulk(effect);

	*to++ = (uint8_t)effect->kind;
	*to++ = (uint8_t)((effect->id ? HAS_ID : 0) |
			  (effect->address ? HAS_ADDRESS : 0) |
			  (effect->extent ? HAS_EXTENT : 0) |
			  (effect->offset ? HAS_OFFSET : 0) |
			  (effect->protection ? HAS_PROTECTION : 0) |
			  (effect->flags ? HAS_FLAGS : 0) |
			  (bulk ? HAS_BULK : 0) |
			  (effect->length && !bulk ? HAS_BYTES : 0));
	if (effect->id)
		to = put_varint(to, effect->id);
	if (effect->address)
		to = write_address(to, codec, effect->address, known);
	if (effect->extent)
		to = put_varint(to, effect->extent);
	if (effect->offset)
		to = put_varint(to, effect->offset);
	if (effect->protection)
		to = put_varint(to, effect->protection);
	if (effect->flags)
		to = put_varint(to, effect->flags);
	if (!effect->length)
		return to;
	to = put_varint(to, effect->length);
	if (bulk) {
		codec->memory_position += codec_bulk_size(effect);
		return to;
	}
	memcpy(to, effect->bytes, effect->length);
	return to + effect->length;
}

static void read_bytes(struct cursor *cursor, struct codec *codec,
		       struct effect *effect, uint8_t fields)
{
	uint64_t length = get_varint(cursor);

	effect->length = length;
	if (fields & HAS_BULK) {
		if (fields & HAS_BYTES || length < CODEC_BULK_LENGTH ||
		    length > EVENT_BYTES_LIMIT)
			cursor->damaged = 1;
		codec->memory_position += codec_bulk_size(effect);
		return;
	}
	if (length >= CODEC_BULK_LENGTH ||
	    length > (size_t)(cursor->end - cursor->next)) {
		cursor->damaged = 1;
		return;
	}
	effect->bytes = cursor->next;
	cursor->next += length;
}

static void read_effect(struct cursor *cursor, struct codec *codec,
			struct effect *effect, const uint64_t *known)
{
	uint8_t fields;

	memset(effect, 0, sizeof(*effect));
	effect->kind = get_byte(cursor);
	fields = get_byte(cursor);
	if (fields & HAS_ID)
		effect->id = get_varint32(cursor);
	if (fields & HAS_ADDRESS)
		effect->address = read_address(cursor, codec, known);
	if (fields & HAS_EXTENT)
		effect->extent = get_varint(cursor);
	if (fields & HAS_OFFSET)
		effect->offset = get_varint(cursor);
	if (fields & HAS_PROTECTION)
		effect->protection = get_varint32(cursor);
	if (fields & HAS_FLAGS)
		effect->flags = get_varint32(cursor);
	if (fields & (HAS_BYTES | HAS_BULK))
		read_bytes(cursor, codec, effect, fields);
}

size_t codec_bound(const struct event *event)
{
	return EVENT_BOUND + event->effect_count * EFFECT_BOUND;
}

void codec_write(struct codec *codec, const struct event *event,
		 struct buffer *out)
{
	uint8_t *to = buffer_reserve(out, codec_bound(event));
	uint64_t *known = task_registers(codec, event->task);
	size_t i;

	*to++ = (uint8_t)((unsigned)event->kind |
			  (event->detail ? HAS_DETAIL : 0) |
			  (event->signal ? HAS_SIGNAL : 0) |
			  (event->result ? HAS_RESULT : 0) |
			  (event->effect_count ? HAS_EFFECTS : 0));
	to = put_varint(to, event->task);
	to = put_varint(to, zigzag(event->time_ns - codec->time_ns));
	codec->time_ns = event->time_ns;
	if (event->detail)
		to = put_varint(to, zigzag((uint64_t)(int64_t)event->detail));
	if (event->signal)
		to = put_varint(to, event->signal);
	if (event->result)
		to = put_varint(to, zigzag((uint64_t)event->result));
	to = write_registers(to, event, known);
	if (event->effect_count)
		to = put_varint(to, event->effect_count);
	for (i = 0; i < event->effect_count; i++)
		to = write_effect(to, codec, &event->effects[i], known);
	out->length = (size_t)(to - out->bytes);
	codec->number++;
}

void codec_write_calls(struct codec *codec, uint32_t task, uint64_t time_ns,
		       size_t length, uint64_t count, struct buffer *out)
{
	uint8_t *to = buffer_reserve(out, CODEC_CALLS_BOUND);

	*to++ = KIND_CALLS;
	to = put_varint(to, task);
	to = put_varint(to, zigzag(time_ns - codec->time_ns));
	to = put_varint(to, count);
	to = put_varint(to, length);
	out->length = (size_t)(to - out->bytes);
	codec->time_ns = time_ns;
	codec->memory_position += length;
	codec->number += count;
}

static int read_calls(struct codec *codec, struct cursor *cursor,
		      struct event *event)
{
	uint64_t count = get_varint(cursor), length = get_varint(cursor);

	if (cursor->damaged || length > CALL_RECORDS_LIMIT || length % 8 ||
	    !count || count > length / sizeof(struct call_record))
		return -EBADMSG;
	event->kind = EVENT_SYSCALL;
	event->is_buffered = 1;
	memset(event->registers, 0, sizeof(event->registers));
	codec->call_count = count;
	codec->call_length = length;
	codec->number += count;
	codec->memory_position += length;
	return 0;
}

static int read_effects(struct codec *codec, struct cursor *cursor,
			struct event *event, const uint64_t *known,
			struct codec_effects *effects)
{
	uint64_t bulk_start = codec->memory_position;
	uint64_t i, count = get_varint(cursor);

	/* Each takes two bytes at least: no room before there are effects. */
	if (count > (uint64_t)(cursor->end - cursor->next) / 2)
		return -EBADMSG;
	if (count > effects->room) {
		effects->room = count;
		effects->effects = xrealloc(effects->effects,
					    count * sizeof(struct effect));
	}
	for (i = 0; i < count && !cursor->damaged; i++) {
		read_effect(cursor, codec, &effects->effects[i], known);
		if (codec->memory_position - bulk_start >
		    CODEC_EVENT_BULK_LIMIT)
			return -EBADMSG;
	}
	event->effects = effects->effects;
	event->effect_count = count;
	return 0;
}

/* The fields of an event between its time and its registers. */
static void read_numbers(struct cursor *cursor, struct event *event,
			 uint8_t first)
{
	uint64_t detail;

	detail = first & HAS_DETAIL ? unzigzag(get_varint(cursor)) : 0;
	event->detail = (int32_t)detail;
	if ((int64_t)detail != event->detail)
		cursor->damaged = 1;
	event->signal = first & HAS_SIGNAL ? get_varint32(cursor) : 0;
	event->result =
		first & HAS_RESULT ? (int64_t)unzigzag(get_varint(cursor)) : 0;
}

int codec_read(struct codec *codec, struct cursor *cursor, struct event *event,
	       struct codec_effects *effects)
{
	uint8_t first = get_byte(cursor);
	uint64_t *known;
	int err = 0;

	event->number = codec->number;
	event->kind = first & KIND_MASK;
	event->is_buffered = 0;
	event->task = get_varint32(cursor);
	codec->time_ns += unzigzag(get_varint(cursor));
	event->time_ns = codec->time_ns;
	read_numbers(cursor, event, first);
	event->effects = effects->effects;
	event->effect_count = 0;
	codec->call_count = codec->call_length = 0;
	if (first == KIND_CALLS)
		return read_calls(codec, cursor, event);
	if (cursor->damaged)
		return -EBADMSG;
	known = task_registers(codec, event->task);
	read_registers(cursor, event, known);
	if (first & HAS_EFFECTS)
		err = read_effects(codec, cursor, event, known, effects);
	codec->number++;
	return err || cursor->damaged ? -EBADMSG : 0;
}
