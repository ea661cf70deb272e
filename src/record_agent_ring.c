/* SPDX-License-Identifier: MIT */
/*
 * The ring where agents put their records, which become events.  It has two
 * parts: while the writer's thread copies one, the agent goes on in the other.
 */
#include "src/record_agent.h"

#include <errno.h>
#include <string.h>

#include "traces/call_record.h"
#include "traces/report.h"

/* Bytes of records that the writer's thread copies; fewer are copied here. */
#define HAND_OVER_LEAST 0x10000

static int is_free(const struct agent_area *area, unsigned part)
{
	return __atomic_load_n(&area->is_free[part], __ATOMIC_ACQUIRE);
}

void record_agent_begin_part(struct agent_area *area, unsigned part)
{
	area->part = part;
	area->taken = (uint64_t)part * AGENT_RING_LENGTH;
	area->shared->position = area->taken;
	area->shared->limit = area->taken + AGENT_RING_LENGTH;
}

void record_agent_go_on_in_ring(struct agent_area *area)
{
	if (area->taken != area->shared->position)
		return;
	record_agent_begin_part(area, is_free(area, area->part) ?
				area->part : (area->part + 1) % AGENT_RINGS);
}

static int spoiled(const struct record_task *task, const char *fault)
{
	return report(-EBADMSG, "task %d: the program wrote into the memory "
		      "where reel records calls (%s)", task->task.tid, fault);
}

int record_agent_check_stack(const struct record_task *task)
{
	uint32_t below = AGENT_STACK_TOP -
		space_data_of(task)->agent->shared->stack;

	return below % AGENT_STACK_LENGTH ||
	       below / AGENT_STACK_LENGTH >= AGENT_STACKS ?
	       spoiled(task, "where its stack is") : 0;
}

/*
 * Many are copied by the writer's thread, as long as the agent can go on in the
 * other part of the ring: *count is checked there.
 */
static int drain(struct recorder *recorder, struct record_task *task,
		 struct agent_area *area, size_t length, uint64_t *count)
{
	const uint8_t *bytes = (const uint8_t *)area->shared +
		(AGENT_RING - AGENT_SHARED) + area->taken;
	uint64_t time_ns = now_ns() - recorder->start_ns;
	uint32_t serial = task->task.serial;
	unsigned other = (area->part + 1) % AGENT_RINGS;
	const char *fault;

	if (length >= HAND_OVER_LEAST && is_free(area, area->part) &&
	    is_free(area, other))
		return trace_writer_hand_over_calls(
			recorder->writer, serial, time_ns, bytes, length,
			*count, &area->is_free[area->part]);
	fault = call_records_check(bytes, length, count);
	return fault ? spoiled(task, fault) :
		trace_writer_append_calls(recorder->writer, serial, time_ns,
					  bytes, length, *count);
}

int record_agent_drain(struct recorder *recorder, struct record_task *task)
{
	struct space_data *data = task->task.space ? space_data_of(task) : NULL;
	struct agent_area *area = data ? data->agent : NULL;
	uint64_t position, count;
	int err;

	if (!area || !area->shared)
		return 0;
	position = area->shared->position;
	if (position == area->taken)
		return 0;
	count = (uint32_t)(area->shared->count - area->counted);
	if (position < area->taken ||
	    position > (area->part + 1ul) * AGENT_RING_LENGTH ||
	    !count || count > AGENT_RING_LENGTH / sizeof(struct call_record))
		return spoiled(task, "where they end");
	task->last = (struct registers){ { 0 } };
	task->at_boundary = 0;
	err = drain(recorder, task, area, position - area->taken, &count);
	area->taken = position;
	area->counted += (uint32_t)count;
	recorder->agent_calls += count;
	if (err)
		recorder->failure = err;
	return err;
}

/*
 * The record of the call that a task stops at, if the agent made it and it was
 * EFAULT.  Another thread that stops there has another stack pointer.
 */
static const struct call_record *faulted_call(const struct record_task *task)
{
	const uint64_t *value = task->entry.value;
	const uint64_t of_task[CALL_RECORD_ARGUMENTS] = {
		value[R_RDI], value[R_RSI], value[R_RDX], value[R_R10],
		value[R_R8], value[R_R9],
	};
	const struct agent_area *area = space_data_of(task)->agent;
	const struct call_record *record;
	uint64_t end, count;

	if (!area || !area->shared || !area->shared->has_faulted)
		return NULL;
	end = (area->part + 1ul) * AGENT_RING_LENGTH;
	record = (const void *)((const uint8_t *)area->shared +
				(AGENT_RING - AGENT_SHARED) + area->taken);
	if (area->shared->position != area->taken ||
	    end - area->taken < sizeof(*record) ||
	    end - area->taken < record->size ||
	    call_records_check(record, record->size, &count) ||
	    record->number != value[R_ORIG_RAX] ||
	    record->stack != value[R_RSP] ||
	    memcmp(call_record_arguments(record), of_task,
		   sizeof(uint64_t) * record->arguments) != 0)
		return NULL;
	return record;
}

int record_agent_has_faulted(const struct record_task *task)
{
	return faulted_call(task) != NULL;
}

int record_agent_take_inputs(struct record_task *task)
{
	const struct call_record *record = faulted_call(task);
	const struct call_piece *piece = call_record_pieces(record);

	for (unsigned i = 0; i < record->pieces; i++) {
		struct effect *effect;

		if (piece->kind == PIECE_INPUT) {
			effect = effect_list_add_bytes(&task->effects,
						       EFFECT_INPUT,
						       call_piece_bytes(piece),
						       piece->length);
			effect->id = piece->argument;
			effect->address = piece->address;
			effect->extent = piece->full;
		}
		piece = call_piece_next(piece);
	}
	space_data_of(task)->agent->shared->has_faulted = 0;
	return 0;
}

void record_agent_end_ring(const struct agent_area *area)
{
	for (unsigned i = 0; i < AGENT_RINGS; i++)
		if (!is_free(area, i))
			trace_writer_flush(area->recorder->writer);
}
