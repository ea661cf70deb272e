/* SPDX-License-Identifier: MIT */
#include "src/descriptors.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "traces/report.h"

/* ---- open files ---- */

struct passed_files {
	struct open_file **files;
	size_t count;
	struct passed_files *next;
};

struct open_file *open_file_create(const char *kind, uint64_t event)
{
	struct open_file *file = xcalloc(1, sizeof(*file));

	file->users = 1;
	file->kind = kind;
	file->event = event;
	return file;
}

struct open_file *open_file_share(struct open_file *file)
{
	file->users++;
	return file;
}

static void free_passed(struct passed_files *passed)
{
	for (size_t i = 0; i < passed->count; i++)
		open_file_release(passed->files[i]);
	free(passed->files);
	free(passed);
}

void open_file_release(struct open_file *file)
{
	if (--file->users)
		return;
	if (file->peer)
		file->peer->peer = NULL;
	while (file->passed) {
		struct passed_files *passed = file->passed;

		file->passed = passed->next;
		free_passed(passed);
	}
	free(file->what);
	free(file->peer_address);
	free(file);
}

void open_file_pass(struct open_file *socket, struct open_file **files,
		    size_t count)
{
	struct passed_files **last = &socket->passed;
	struct passed_files *passed = xcalloc(1, sizeof(*passed));

	passed->files = xmemdup(files, count * sizeof(*files));
	passed->count = count;
	while (*last)
		last = &(*last)->next;
	*last = passed;
}

size_t open_file_receive(struct open_file *socket, struct open_file **files,
			 size_t room)
{
	struct passed_files *passed = socket->passed;
	size_t count;

	if (!passed)
		return 0;
	count = passed->count < room ? passed->count : room;
	for (size_t i = 0; i < count; i++)
		files[i] = open_file_share(passed->files[i]);
	socket->passed = passed->next;
	free_passed(passed);
	return count;
}

/* ---- tables ---- */

/* Where the number stands, or would stand. */
static size_t find_place(const struct descriptor_table *table, int number)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->descriptors[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct descriptor *descriptor_find(const struct descriptor_table *table,
				   int number)
{
	size_t place = find_place(table, number);

	return place < table->count &&
	       table->descriptors[place].number == number ?
		       &table->descriptors[place] : NULL;
}

void descriptor_set(struct descriptor_table *table, int number,
		    struct open_file *file, enum exec_fate fate)
{
	size_t place = find_place(table, number);
	struct descriptor *found = descriptor_find(table, number);

	if (found) {
		open_file_release(found->file);
	} else {
		if (table->count == table->room) {
			table->room = table->room * 2 + 16;
			table->descriptors =
				xrealloc(table->descriptors, table->room *
					 sizeof(*table->descriptors));
		}
		found = &table->descriptors[place];
		memmove(found + 1, found,
			(table->count - place) * sizeof(*found));
		table->count++;
	}
	*found = (struct descriptor){ number, fate, file };
}

void descriptor_close_range(struct descriptor_table *table, unsigned first,
			    unsigned last)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++) {
		struct descriptor *descriptor = &table->descriptors[i];
		unsigned number = (unsigned)descriptor->number;

		if (number >= first && number <= last)
			open_file_release(descriptor->file);
		else
			table->descriptors[kept++] = *descriptor;
	}
	table->count = kept;
}

void descriptor_close(struct descriptor_table *table, int number)
{
	if (descriptor_find(table, number))
		descriptor_close_range(table, (unsigned)number,
				       (unsigned)number);
}

static struct descriptor_table *table_create(void)
{
	struct descriptor_table *table = xcalloc(1, sizeof(*table));

	table->users = 1;
	return table;
}

static void table_release(struct descriptor_table *table)
{
	if (!table || --table->users)
		return;
	descriptor_close_range(table, 0, ~0u);
	free(table->descriptors);
	free(table);
}

static struct descriptor_table *copy_table(const struct descriptor_table *from)
{
	struct descriptor_table *table = table_create();

	for (size_t i = 0; i < from->count; i++) {
		const struct descriptor *descriptor = &from->descriptors[i];

		descriptor_set(table, descriptor->number,
			       open_file_share(descriptor->file),
			       descriptor->fate);
	}
	return table;
}

/* ---- tasks ---- */

void descriptors_unshare(struct dump_task *task)
{
	struct descriptor_table *shared = task->data;

	if (shared->users == 1)
		return;
	task->data = copy_table(shared);
	table_release(shared);
}

/* Of the first process we know that it has these, and from outside. */
static struct descriptor_table *first_table(void)
{
	struct descriptor_table *table = table_create();

	for (int number = 0; number < 3; number++)
		descriptor_set(table, number, open_file_create("?", 0),
			       STAYS_OPEN);
	return table;
}

static void follow_clone(struct descriptors *descriptors,
			 const struct event *event)
{
	const struct effect *made = event_find_effect(event, EFFECT_TASK);
	struct descriptor_table *parent;
	struct dump_task *child;

	if (!made)
		return;
	parent = dump_tasks_get(&descriptors->tasks, event->task)->data;
	child = dump_tasks_get(&descriptors->tasks, made->id);
	if (child->data)
		return; /* the trace is wrong: it lives already */
	if (!parent) {
		child->data = first_table();
	} else if (made->extent & CLONE_FILES) {
		parent->users++;
		child->data = parent;
	} else {
		child->data = copy_table(parent);
	}
}

static void close_on_exec(struct descriptor_table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++) {
		struct descriptor *descriptor = &table->descriptors[i];

		if (descriptor->fate == CLOSES_ON_EXEC)
			open_file_release(descriptor->file);
		else
			table->descriptors[kept++] = *descriptor;
	}
	table->count = kept;
}

static int is_good(int64_t result)
{
	return result >= 0 || result < -4095;
}

void descriptors_follow(struct descriptors *descriptors,
			const struct event *event)
{
	struct dump_task *task;

	dump_tasks_learn(&descriptors->tasks, event);
	task = dump_tasks_get(&descriptors->tasks, event->task);
	dump_task_follow(task, event);
	switch (event->kind) {
	case EVENT_CLONE:
		follow_clone(descriptors, event);
		break;
	case EVENT_SYSCALL:
	case EVENT_SYSCALL_EXIT:
		if (task->data && task->decoder.exited &&
		    is_good(event->result) &&
		    !event_find_effect(event, EFFECT_SKIPPED))
			descriptors_call(descriptors, task, event);
		task->in_call = 0;
		break;
	case EVENT_EXEC:
		if (task->data) {
			descriptors_unshare(task);
			descriptors_exec(descriptors, task, event);
			close_on_exec(task->data);
		}
		break;
	case EVENT_EXIT:
		table_release(task->data);
		task->data = NULL;
		break;
	default:
		break;
	}
}

struct dump_task *descriptors_find_pid(const struct descriptors *descriptors,
				       int pid)
{
	struct dump_task *found = NULL;

	for (size_t i = 0; i < descriptors->tasks.count; i++) {
		struct dump_task *task = descriptors->tasks.tasks[i];

		if (!task->data)
			continue;
		if (task->tid == pid)
			return task;
		if (task->tgid == pid)
			found = task;
	}
	return found;
}

struct dump_task *
descriptors_find_serial(const struct descriptors *descriptors, uint32_t serial)
{
	for (size_t i = 0; i < descriptors->tasks.count; i++) {
		struct dump_task *task = descriptors->tasks.tasks[i];

		if (task->serial == serial)
			return task->data ? task : NULL;
	}
	return NULL;
}

struct memfd *memfd_create_known(struct descriptors *descriptors,
				 const char *name, uint64_t event)
{
	struct memfd *memfd = xcalloc(1, sizeof(*memfd));

	memfd->name = xstrdup(name);
	memfd->event = event;
	memfd->next = descriptors->memfds;
	descriptors->memfds = memfd;
	return memfd;
}

void descriptors_init(struct descriptors *descriptors)
{
	*descriptors = (struct descriptors){ 0 };
}

void descriptors_deinit(struct descriptors *descriptors)
{
	for (size_t i = 0; i < descriptors->tasks.count; i++)
		table_release(descriptors->tasks.tasks[i]->data);
	dump_tasks_deinit(&descriptors->tasks);
	while (descriptors->memfds) {
		struct memfd *memfd = descriptors->memfds;

		descriptors->memfds = memfd->next;
		free(memfd->name);
		free(memfd->files);
		free(memfd);
	}
}
