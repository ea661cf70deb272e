/* SPDX-License-Identifier: MIT */
/* What dump and stat must remember of the tasks while they read a trace. */
#ifndef REEL_DUMP_TASKS_H
#define REEL_DUMP_TASKS_H

#include <stddef.h>
#include <stdint.h>

#include "src/decode.h"
#include "traces/event.h"

struct dump_task {
	uint32_t serial;
	int tid, tgid;		/* 0 when no event told them */
	int in_call;		/* decoder holds a call that has not ended */
	uint64_t entered;	/* the event where it began */
	uint64_t entered_ns;	/* when */
	struct decoder decoder;
	void *data;		/* the reader's own; NULL at first */
};

/* Sorted by serial number. */
struct dump_tasks {
	struct dump_task **tasks;
	size_t count, room;
};

void dump_tasks_deinit(struct dump_tasks *tasks);

/* The task of that serial number; made when it is new. */
struct dump_task *dump_tasks_get(struct dump_tasks *tasks, uint32_t serial);

/* Learns tid and tgid of the tasks that the event tells. */
void dump_tasks_learn(struct dump_tasks *tasks, const struct event *event);

/* Brings the decoder of the event's task up to date. */
void dump_task_follow(struct dump_task *task, const struct event *event);

#endif
