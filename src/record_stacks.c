/* SPDX-License-Identifier: MIT */
/*
 * Where stacks end.  What lies below is dead, and digests of memory leave it
 * out: XSAVEC in the dynamic linker leaves bits there that depend on task
 * switches (memory_digest.h).  That goes for the stacks of all threads, of
 * threads that are gone, whose stacks are kept for the next ones, and for those
 * that a forked child has of threads that it has not.
 */
#include <signal.h>

#include "src/agent_layout.h"
#include "src/record_agent.h"
#include "src/recorder.h"

#define SIGNAL_STACK_ROOM 65536u /* of the dead one, next to its top */
#define REUSED_ROOM 65536u /* a new thread starts so far above, at most */

/* Of one that does not run, as far as it is known. */
static remote_addr pointer_of(const struct record_task *task)
{
	const struct agent_area *area = space_data_of(task)->agent;
	struct registers registers = task->entry;
	remote_addr pointer;

	if (task->phase == CALL_NONE &&
	    task_get_registers(&task->task, &registers))
		registers = task->last;
	pointer = registers.value[R_RSP];
	if (area && area->shared && pointer - AGENT_START <
					    AGENT_END - AGENT_START)
		pointer = area->shared->saved_stack;
	return pointer;
}

static int has_stack(const struct record_task *other,
		     const struct record_task *task)
{
	return other != task && other->state != TASK_NEW &&
	       other->state != TASK_DEAD && space_of(other) == space_of(task);
}

static void leave(struct space_data *data, remote_addr pointer)
{
	data->left_stacks[data->left_count++ % LEFT_STACKS] = pointer;
}

static int is_on_signal_stack(const struct record_task *task,
			      remote_addr pointer)
{
	return task->signal_stack &&
	       pointer - task->signal_stack < task->signal_stack_length;
}

static remote_addr signal_stack_top(const struct record_task *task)
{
	return task->signal_stack + task->signal_stack_length - 1;
}

/* Both stacks of a task whose memory goes on without it. */
static void leave_both(struct space_data *data, const struct record_task *task)
{
	remote_addr pointer = pointer_of(task);

	leave(data, pointer);
	if (task->is_signal_stack_used && !is_on_signal_stack(task, pointer))
		leave(data, signal_stack_top(task));
}

void record_stacks_leave(const struct record_task *task)
{
	leave_both(space_data_of(task), task);
}

void record_stacks_copied(const struct recorder *recorder,
			  const struct record_task *parent,
			  struct record_task *child)
{
	for (const struct record_task *other = recorder->all; other;
	     other = other->next_all)
		if (has_stack(other, parent))
			leave_both(space_data_of(child), other);
}

void record_stacks_signal(struct record_task *task, remote_addr pointer)
{
	if (is_on_signal_stack(task, pointer))
		task->is_signal_stack_used = 1;
}

/*
 * It may be part of a heap, and its memory be used for other things from now
 * on: no digest could leave it out.  So replay gets the dead bytes, too.
 */
static void save_dead_bytes(struct record_task *task)
{
	remote_addr end = task->signal_stack + task->signal_stack_length;
	uint64_t length = task->signal_stack_length;
	uint8_t bytes[SIGNAL_STACK_ROOM];

	if (length > sizeof(bytes))
		length = sizeof(bytes);
	if (!address_space_read(space_of(task), end - length, bytes, length))
		effect_list_add_bytes(&task->effects, EFFECT_WRITE, bytes,
				      length)->address = end - length;
}

void record_stacks_set(struct record_task *task)
{
	stack_t stack;

	if (address_space_read(space_of(task), task->call.arguments[0], &stack,
			       sizeof(stack)))
		return;
	if (task->is_signal_stack_used)
		save_dead_bytes(task);
	task->is_signal_stack_used = 0;
	task->signal_stack = stack.ss_flags & SS_DISABLE ?
		0 : (remote_addr)stack.ss_sp;
	task->signal_stack_length = stack.ss_size;
}

void record_stacks_taken(struct record_task *task, remote_addr pointer)
{
	struct space_data *data = space_data_of(task);

	for (size_t i = 0; i < LEFT_STACKS; i++)
		if (pointer - data->left_stacks[i] < REUSED_ROOM)
			data->left_stacks[i] = 0;
}

/* One for signals that is not in use is dead up to its top. */
static remote_addr unused_stack(const struct record_task *task,
				remote_addr pointer)
{
	if (!task->signal_stack || is_on_signal_stack(task, pointer))
		return 0;
	return signal_stack_top(task);
}

size_t record_find_stacks(const struct recorder *recorder,
			  const struct record_task *task, remote_addr pointer,
			  remote_addr stacks[MEMORY_DIGEST_STACKS])
{
	const struct space_data *data = space_data_of(task);
	size_t count = 0;

	stacks[count++] = pointer;
	if (unused_stack(task, pointer))
		stacks[count++] = unused_stack(task, pointer);
	for (size_t i = 0; i < LEFT_STACKS; i++)
		if (data->left_stacks[i])
			stacks[count++] = data->left_stacks[i];
	for (const struct record_task *other = recorder->all;
	     other && count + 2 <= MEMORY_DIGEST_STACKS;
	     other = other->next_all) {
		if (!has_stack(other, task))
			continue;
		pointer = pointer_of(other);
		stacks[count++] = pointer;
		if (unused_stack(other, pointer))
			stacks[count++] = unused_stack(other, pointer);
	}
	return count;
}
