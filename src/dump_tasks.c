/* SPDX-License-Identifier: MIT */
#include "src/dump_tasks.h"

#include <stdlib.h>
#include <string.h>

#include "traces/report.h"

void dump_tasks_deinit(struct dump_tasks *tasks)
{
	for (size_t i = 0; i < tasks->count; i++) {
		decoder_deinit(&tasks->tasks[i]->decoder);
		free(tasks->tasks[i]);
	}
	free(tasks->tasks);
	*tasks = (struct dump_tasks){0};
}

/* Where the task stands, or would stand. */
static size_t find_place(const struct dump_tasks *tasks, uint32_t serial)
{
	size_t low = 0, high = tasks->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tasks->tasks[middle]->serial < serial)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct dump_task *dump_tasks_get(struct dump_tasks *tasks, uint32_t serial)
{
	size_t place = find_place(tasks, serial);
	struct dump_task *task;

	if (place < tasks->count && tasks->tasks[place]->serial == serial)
		return tasks->tasks[place];
	if (tasks->count == tasks->room) {
		tasks->room = tasks->room ? 2 * tasks->room : 16;
		tasks->tasks = xrealloc(tasks->tasks, tasks->room *
					sizeof(*tasks->tasks));
	}
	task = xcalloc(1, sizeof(*task));
	task->serial = serial;
	decoder_init(&task->decoder);
	memmove(tasks->tasks + place + 1, tasks->tasks + place,
		(tasks->count - place) * sizeof(*tasks->tasks));
	tasks->tasks[place] = task;
	tasks->count++;
	return task;
}

void dump_tasks_learn(struct dump_tasks *tasks, const struct event *event)
{
	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *effect = &event->effects[i];
		struct dump_task *task;

		if (effect->kind != EFFECT_TASK)
			continue;
		task = dump_tasks_get(tasks, effect->id);
		task->tid = (int)effect->address;
		task->tgid = (int)effect->offset;
	}
}

void dump_task_follow(struct dump_task *task, const struct event *event)
{
	switch (event->kind) {
	case EVENT_SYSCALL:
		decoder_enter(&task->decoder, event);
		decoder_exit(&task->decoder, event);
		task->in_call = 0;
		break;
	case EVENT_SYSCALL_ENTER:
		decoder_enter(&task->decoder, event);
		decoder_keep(&task->decoder);
		task->in_call = 1;
		task->entered = event->number;
		task->entered_ns = event->time_ns;
		break;
	case EVENT_CLONE:
		if (task->in_call)
			decoder_add_writes(&task->decoder, event);
		break;
	case EVENT_SYSCALL_EXIT:
	case EVENT_EXEC:
		if (task->in_call)
			decoder_exit(&task->decoder, event);
		break;
	default:
		break;
	}
}
