/* SPDX-License-Identifier: MIT */
/* Events made of the records of buffered calls. */
#include "traces/call_batch.h"

#include <string.h>

/* Places in struct user_regs_struct. */
enum { R10 = 7, R9, R8, RAX, RCX, RDX, RSI, RDI, ORIG_RAX, RIP, RSP = 19 };

static const struct call_record *record_at(const struct call_batch *batch,
					   size_t at)
{
	return (const void *)(batch->bytes + at);
}

static void set_registers(struct event *event, const struct call_record *record)
{
	static const unsigned arguments[] = { RDI, RSI, RDX, R10, R8, R9 };
	unsigned i;

	event->registers[RIP] = event->registers[RCX] = record->call_end;
	event->registers[RSP] = record->stack;
	event->registers[RAX] = event->registers[ORIG_RAX] = record->number;
	for (i = 0; i < record->arguments; i++)
		event->registers[arguments[i]] =
			call_record_arguments(record)[i];
}

static struct effect map_effect(const struct call_piece *piece)
{
	const struct call_mapping *mapping = call_piece_mapping(piece);

	return (struct effect){
		.kind = EFFECT_MAP,
		.address = piece->address,
		.extent = mapping->extent,
		.protection = mapping->protection,
		.flags = mapping->flags,
		.bytes = (const uint8_t *)(mapping + 1),
		.length = piece->length - sizeof(*mapping),
	};
}

static void set_effects(struct event *event, const struct call_record *record)
{
	const struct call_piece *piece = call_record_pieces(record);
	struct effect *effect = event->effects;
	uint32_t standard = 0;
	unsigned i;

	for (i = 0; i < record->pieces; i++) {
		*effect++ = (struct effect){
			.kind = piece->kind == PIECE_OUTPUT ? EFFECT_WRITE :
							      EFFECT_INPUT,
			.id = piece->argument,
			.address = piece->address,
			.extent = piece->full,
			.bytes = call_piece_bytes(piece),
			.length = piece->length,
		};
		if (piece->kind == PIECE_MAP)
			effect[-1] = map_effect(piece);
		if (piece->kind == PIECE_STANDARD) {
			/* Its argument says where to; what is written is
			   argument 1 of all calls that write. */
			standard = piece->argument;
			effect[-1].id = 1;
		}
		piece = call_piece_next(piece);
	}
	if (standard && record->result > 0)
		*effect++ = (struct effect){
			.kind = EFFECT_OUTPUT,
			.id = standard,
			.extent = (uint64_t)record->result,
		};
	event->effect_count = (size_t)(effect - event->effects);
}

/*
 * What is not written is as before in the effect: the record does not have it.
 */
static void set_instruction(struct call_batch *batch, struct event *event,
			    const struct call_record *record)
{
	const uint64_t *value = call_record_arguments(record);
	uint64_t registers = *value++, next = (uint64_t)record->result;
	int left = __builtin_popcountll(registers >> 32) - 1;
	unsigned i;

	event->kind = EVENT_INSTRUCTION;
	event->detail = record->number - (int32_t)CALL_RECORD_INSTRUCTION;
	event->registers[RIP] = record->call_end;
	event->registers[RSP] = record->stack;
	for (i = 0; i < 32; i++)
		if (registers >> i & 1)
			event->registers[i] = *value++;
	memcpy(batch->after, event->registers, sizeof(batch->after));
	for (i = 0; i < 32; i++)
		if (registers >> (32 + i) & 1) {
			batch->after[i] = next;
			next = left-- > 0 ? *value++ : 0;
		}
	event->result = (int64_t)batch->after[RAX];
	event->effect_count = 1;
	event->effects[0] = (struct effect){
		.kind = EFFECT_REGISTERS,
		.flags = (uint32_t)(registers >> 32),
		.protection = (uint32_t)registers,
		.bytes = (const uint8_t *)batch->after,
		.length = sizeof(batch->after),
	};
}

void call_batch_single(struct call_batch *batch, const struct event *head,
		       const struct call_record *record)
{
	batch->bytes = (const uint8_t *)record;
	batch->length = record->size;
	batch->task = head->task;
	batch->time_ns = head->time_ns;
	batch->first = batch->next = head->number;
	batch->end = head->number + 1;
	batch->next_at = 0;
}

const char *call_batch_begin(struct call_batch *batch, const struct event *head,
			     const void *bytes, size_t length, uint64_t count)
{
	uint64_t found;
	const char *fault = call_records_check(bytes, length, &found);

	batch->first = batch->end = batch->last = 0;
	if (fault)
		return fault;
	if (found != count)
		return "another number of buffered calls than it says";
	batch->bytes = bytes;
	batch->length = length;
	batch->task = head->task;
	batch->time_ns = head->time_ns;
	batch->first = batch->next = head->number;
	batch->end = head->number + count;
	batch->next_at = 0;
	return NULL;
}

void call_batch_next(struct call_batch *batch, struct event *event_out)
{
	const struct call_record *record = record_at(batch, batch->next_at);

	*event_out = (struct event){
		.number = batch->next,
		.kind = EVENT_SYSCALL,
		.is_buffered = 1,
		.task = batch->task,
		.time_ns = batch->time_ns,
		.detail = record->number,
		.result = record->result,
		.effects = batch->effects,
	};
	if (call_record_is_instruction(record)) {
		set_instruction(batch, event_out, record);
	} else {
		set_registers(event_out, record);
		set_effects(event_out, record);
	}
	batch->last = batch->next++;
	batch->last_at = batch->next_at;
	batch->next_at += record->size;
}

void call_batch_seek(struct call_batch *batch, uint64_t number)
{
	if (number < batch->next) {
		batch->next = batch->first;
		batch->next_at = 0;
	}
	while (batch->next < number) {
		batch->next_at += record_at(batch, batch->next_at)->size;
		batch->next++;
	}
	batch->last = 0;
}
