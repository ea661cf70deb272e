/* SPDX-License-Identifier: MIT */
#include "src/process_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traces/report.h"

/* A serial number above this does not come from a recorder. */
#define TASK_LIMIT (1u << 26)

static size_t process_of(const struct process_tree *tree, uint32_t task)
{
	return task < tree->task_room ? tree->process_of_task[task] :
					NO_PROCESS;
}

static int assign_task(struct process_tree *tree, uint32_t task, size_t process)
{
	size_t room = tree->task_room;

	if (task >= TASK_LIMIT)
		return report(-EBADMSG, "the trace has a task %u", task);
	if (task >= room) {
		while (room <= task)
			room = room ? 2 * room : 16;
		tree->process_of_task = xrealloc(tree->process_of_task,
			room * sizeof(*tree->process_of_task));
		for (size_t i = tree->task_room; i < room; i++)
			tree->process_of_task[i] = NO_PROCESS;
		tree->task_room = room;
	}
	tree->process_of_task[task] = process;
	return 0;
}

/* Makes node the youngest child of its parent. */
static void link_child(struct process_tree *tree, size_t child)
{
	struct process_node *node = &tree->nodes[child];
	struct process_node *parent = &tree->nodes[node->parent];

	node->depth = parent->depth + 1;
	if (parent->last_child == NO_PROCESS)
		parent->first_child = child;
	else
		tree->nodes[parent->last_child].next_sibling = child;
	parent->last_child = child;
}

static size_t add_process(struct process_tree *tree, size_t parent,
			  const struct effect *effect)
{
	struct process_node *node;

	tree->nodes = xrealloc(tree->nodes, (tree->count + 1) *
			       sizeof(*tree->nodes));
	node = &tree->nodes[tree->count];
	*node = (struct process_node){
		.task = effect->id,
		.pid = (int)effect->offset,
		.parent = parent,
		.first_child = NO_PROCESS,
		.last_child = NO_PROCESS,
		.next_sibling = NO_PROCESS,
	};
	if (parent != NO_PROCESS)
		link_child(tree, tree->count);
	if (parent != NO_PROCESS && tree->nodes[parent].comm)
		node->comm = xstrdup(tree->nodes[parent].comm);
	return tree->count++;
}

/* A task was made: the thread of a process we know, or a new process. */
static int add_task(struct process_tree *tree, const struct event *event,
		    const struct effect *effect)
{
	size_t maker = process_of(tree, event->task);
	size_t process = maker;

	if (process_of(tree, effect->id) != NO_PROCESS)
		return 0;
	if (maker == NO_PROCESS || effect->address == effect->offset ||
	    (uint64_t)tree->nodes[maker].pid != effect->offset)
		process = add_process(tree, maker, effect);
	tree->nodes[process].threads++;
	return assign_task(tree, effect->id, process);
}

static void set_text(char **text, const struct effect *effect)
{
	free(*text);
	*text = xmalloc(effect->length + 1);
	memcpy(*text, effect->bytes, effect->length);
	(*text)[effect->length] = '\0';
}

static int add_effect(struct process_tree *tree, const struct event *event,
		      const struct effect *effect)
{
	size_t process;

	if (effect->kind == EFFECT_TASK)
		return add_task(tree, event, effect);
	process = process_of(tree, event->task);
	if (effect->kind != EFFECT_TEXT || process == NO_PROCESS)
		return 0;
	if (effect->id == TEXT_COMM)
		set_text(&tree->nodes[process].comm, effect);
	else if (effect->id == TEXT_EXE)
		set_text(&tree->nodes[process].exe, effect);
	return 0;
}

static int add_event(struct process_tree *tree, const struct event *event)
{
	size_t process;
	int err;

	if (event->kind < EVENT_KIND_END)
		tree->event_counts[event->kind]++;
	for (size_t i = 0; i < event->effect_count; i++) {
		err = add_effect(tree, event, &event->effects[i]);
		if (err)
			return err;
	}
	process = process_of(tree, event->task);
	if (process == NO_PROCESS)
		return 0;
	tree->nodes[process].events++;
	/* The last thread's end is the process's. */
	if (event->kind == EVENT_EXIT) {
		tree->nodes[process].has_exited = 1;
		tree->nodes[process].exit_status = event->detail;
	}
	return 0;
}

int process_tree_read(struct trace_reader *reader,
		      struct process_tree *tree_out)
{
	struct event event;
	int err;

	memset(tree_out, 0, sizeof(*tree_out));
	if (!trace_reader_event_count(reader))
		return 0; /* there is no event 1 to go to */
	err = trace_reader_seek(reader, 1);
	while (!err && !(err = trace_reader_next(reader, &event)))
		err = add_event(tree_out, &event);
	if (err == TRACE_END)
		return 0;
	process_tree_deinit(tree_out);
	return err;
}

void process_tree_deinit(struct process_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		free(tree->nodes[i].comm);
		free(tree->nodes[i].exe);
	}
	free(tree->nodes);
	free(tree->process_of_task);
	memset(tree, 0, sizeof(*tree));
}
