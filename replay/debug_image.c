/* SPDX-License-Identifier: MIT */
/*
 * Which program a process runs from an event on, and its auxiliary vector as
 * the kernel put it on the stack: what a debugger asks for first.
 */
#include <stdlib.h>
#include <string.h>

#include "replay/timeline.h"
#include "traces/report.h"

#define STACK_MAX (8u << 20) /* of arguments and environment */
#define AUXV_MAX 4096u
#define ARGUMENTS_MAX 65536u

const struct debug_image *timeline_image(const struct timeline *timeline,
					 pid_t process)
{
	const struct debug_image *found = NULL;

	for (size_t i = 0; i < timeline->image_count; i++)
		if (timeline->images[i].process == process &&
		    timeline->images[i].event < timeline->now.event)
			found = &timeline->images[i];
	return found;
}

uint64_t timeline_program(const void *context, pid_t process)
{
	const struct debug_image *image = timeline_image(context, process);

	return image ? image->program : 0;
}

static struct debug_image *add(struct timeline *timeline, uint64_t event,
			       pid_t process)
{
	struct debug_image *image;

	timeline->images = xrealloc(timeline->images,
				    (timeline->image_count + 1) *
				    sizeof(*image));
	image = &timeline->images[timeline->image_count++];
	*image = (struct debug_image){
		.event = event,
		.program = event,
		.process = process,
	};
	return image;
}

/* Behind argc, arguments, environment, each ended by a zero (x86-64 psABI). */
static remote_addr find_auxv(struct memory *memory, remote_addr stack)
{
	remote_addr at = stack;
	uint64_t word;

	for (int zeros = 0; zeros < 2; at += 8) {
		if (at - stack > STACK_MAX ||
		    !memory_read(memory, at, &word, sizeof(word)))
			return 0;
		if (!word && at != stack)
			zeros++;
	}
	return at;
}

static void read_auxv(struct debug_image *image, struct memory *memory,
		      remote_addr stack)
{
	remote_addr at = find_auxv(memory, stack);
	uint64_t pair[2] = { 1, 0 };
	uint8_t bytes[AUXV_MAX];
	size_t length = 0;

	while (at && pair[0] && length + sizeof(pair) <= sizeof(bytes) &&
	       memory_read(memory, at + length, pair, sizeof(pair))) {
		memcpy(bytes + length, pair, sizeof(pair));
		length += sizeof(pair);
	}
	image->auxv = xmemdup(bytes, length);
	image->auxv_length = length;
}

/* What the program was called as: argc strings, each with its NUL. */
static void read_arguments(struct debug_image *image, struct memory *memory,
			   remote_addr stack)
{
	char *bytes = xcalloc(1, ARGUMENTS_MAX);
	size_t used = 0, length = 1;
	uint64_t count = 0, at = 0;

	if (!memory_read(memory, stack, &count, sizeof(count)))
		count = 0;
	for (uint64_t i = 0; i < count && length &&
	     used < ARGUMENTS_MAX - 1; i++) {
		length = 0;
		if (memory_read(memory, stack + 8 + i * 8, &at, sizeof(at)))
			length = memory_string_length(memory, at,
						      ARGUMENTS_MAX - 1 -
						      used);
		length = memory->read(memory, at, bytes + used, length);
		used += length;
	}
	image->arguments = xmemdup(bytes, used + 1);
	image->arguments_length = used;
	free(bytes);
}

static void add_exec(struct timeline *timeline, const struct event *event)
{
	struct replay_task *task = replay_find(timeline->replayer,
					       event->task);
	struct debug_image *image;

	if (!task || replay_get_registers(timeline->replayer, task))
		return;
	image = add(timeline, event->number, task->recorded_tgid);
	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *effect = &event->effects[i];

		if (effect->kind == EFFECT_TEXT && effect->id == TEXT_EXE &&
		    !image->path)
			image->path = xasprintf("%.*s", (int)effect->length,
						(const char *)effect->bytes);
	}
	if (!image->path)
		image->path = xstrdup("");
	image->is_exec = 1;
	read_arguments(image, &task->task.space->memory,
		       task->registers.value[R_RSP]);
	read_auxv(image, &task->task.space->memory,
		  task->registers.value[R_RSP]);
}

static void add_fork(struct timeline *timeline, const struct event *event)
{
	const struct effect *made = event_find_effect(event, EFFECT_TASK);
	const struct replay_task *parent = replay_find(timeline->replayer,
						       event->task);
	const struct debug_image *old;
	struct debug_image *image, copy;

	old = parent ? timeline_image(timeline, parent->recorded_tgid) : NULL;
	if (!made || !old || (pid_t)made->offset == parent->recorded_tgid)
		return;
	copy = *old;
	image = add(timeline, event->number, (pid_t)made->offset);
	image->program = copy.program;
	image->path = xstrdup(copy.path);
	image->arguments = xmemdup(copy.arguments,
				   copy.arguments_length + 1);
	image->arguments_length = copy.arguments_length;
	image->auxv = xmemdup(copy.auxv, copy.auxv_length);
	image->auxv_length = copy.auxv_length;
}

/* A pass that goes over known events finds nothing new. */
void timeline_add_image(struct timeline *timeline, const struct event *event)
{
	size_t count = timeline->image_count;

	if (count && timeline->images[count - 1].event >= event->number)
		return;
	if (event->kind == EVENT_EXEC)
		add_exec(timeline, event);
	else if (event->kind == EVENT_CLONE)
		add_fork(timeline, event);
}

void timeline_free_images(struct timeline *timeline)
{
	for (size_t i = 0; i < timeline->image_count; i++) {
		free(timeline->images[i].path);
		free(timeline->images[i].arguments);
		free(timeline->images[i].auxv);
	}
	free(timeline->images);
}
