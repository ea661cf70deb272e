/* SPDX-License-Identifier: MIT */
/*
 * What each task is called (comm), for a debugger: by exec, by its parent, by
 * prctl(PR_SET_NAME), and by who writes to its file in /proc, as
 * pthread_setname_np(3) does for other threads.  No replayed task has it, since
 * these calls are not made.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "replay/inspect.h"
#include "replay/timeline.h"

#define PATH_ROOM 64u

static void set_name(struct replay_task *task, const void *bytes,
		     size_t length)
{
	if (length > sizeof(task->name) - 1)
		length = sizeof(task->name) - 1;
	memset(task->name, 0, sizeof(task->name));
	memcpy(task->name, bytes, length);
}

static void set_name_from(struct replay_task *task, struct replay_task *from,
			  remote_addr address, size_t length)
{
	char bytes[sizeof(task->name)] = { 0 };

	if (length > sizeof(bytes) - 1)
		length = sizeof(bytes) - 1;
	inspect_memory(from)->read(inspect_memory(from), address, bytes,
				   length);
	set_name(task, bytes, strlen(bytes));
}

/* Whose name is in the file, for the task that opens it; or 0. */
static pid_t task_of_path(const struct replay_task *task, const char *path)
{
	int thread = 0, process = 0, length = 0;

	if (!strcmp(path, "/proc/self/comm"))
		return task->recorded_tgid;
	if (!strcmp(path, "/proc/thread-self/comm"))
		return task->recorded_tid;
	if ((sscanf(path, "/proc/self/task/%d/comm%n", &thread, &length) == 1 ||
	     sscanf(path, "/proc/%d/task/%d/comm%n", &process, &thread,
		    &length) == 2 ||
	     sscanf(path, "/proc/%d/comm%n", &thread, &length) == 1) &&
	    length && !path[length])
		return thread;
	return 0;
}

static void follow_open(struct replay_task *task, remote_addr address, int fd)
{
	char path[PATH_ROOM] = { 0 };

	inspect_memory(task)->read(inspect_memory(task), address, path,
				   sizeof(path) - 1);
	task->name_of = task_of_path(task, path);
	task->name_fd = fd;
}

static void follow_write(struct timeline *timeline, struct replay_task *task,
			 const struct event *event)
{
	struct replay_task *other = timeline_task(timeline, task->name_of);

	if (!task->name_of || (int)event->registers[R_RDI] != task->name_fd)
		return;
	if (other && other->recorded_tid == task->name_of)
		set_name_from(other, task, event->registers[R_RSI],
			      (size_t)event->result);
}

static void follow_call(struct timeline *timeline, struct replay_task *task,
			const struct event *event)
{
	const uint64_t *arguments = event->registers;

	if (event->result < 0 || event_find_effect(event, EFFECT_SKIPPED))
		return;
	switch (event->detail) {
	case SYS_prctl:
		if (arguments[R_RDI] == PR_SET_NAME)
			set_name_from(task, task, arguments[R_RSI],
				      sizeof(task->name));
		break;
	case SYS_open:
		follow_open(task, arguments[R_RDI], (int)event->result);
		break;
	case SYS_openat:
		follow_open(task, arguments[R_RSI], (int)event->result);
		break;
	case SYS_write:
		follow_write(timeline, task, event);
		break;
	case SYS_close:
		if ((int)arguments[R_RDI] == task->name_fd)
			task->name_of = 0;
		break;
	default:
		break;
	}
}

static void follow_exec(struct replay_task *task, const struct event *event)
{
	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *effect = &event->effects[i];

		if (effect->kind == EFFECT_TEXT && effect->id == TEXT_COMM)
			set_name(task, effect->bytes, effect->length);
	}
	task->name_of = 0;
}

void timeline_follow_names(struct timeline *timeline,
			   const struct event *event)
{
	struct replay_task *task = replay_find(timeline->replayer,
					       event->task);
	const struct effect *made = event_find_effect(event, EFFECT_TASK);
	struct replay_task *child = made && event->kind == EVENT_CLONE ?
		replay_find(timeline->replayer, made->id) : NULL;

	if (!task)
		return;
	if (child)
		set_name(child, task->name, strlen(task->name));
	else if (event->kind == EVENT_EXEC)
		follow_exec(task, event);
	else if (event->kind == EVENT_SYSCALL)
		follow_call(timeline, task, event);
}
