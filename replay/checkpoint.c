/* SPDX-License-Identifier: MIT */
/*
 * The processes of a checkpoint share memory with those of the replay where
 * these share it with each other: files and shared memory are in memfds, and
 * what those held is kept beside and written back.  As the processes of a
 * checkpoint never run, nobody sees the difference.
 *
 * One thing does reach them: where a file is cut, the kernel takes away also
 * the pages behind its new end that a process has made its own.
 */
#include "replay/checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replay/point_trap.h"
#include "src/agent_layout.h"
#include "src/process_maps.h"
#include "traces/report.h"

#define PAGE 4096ul
#define CONTENT_MAX ((uint64_t)1 << 30) /* of all files */
#define AGENT_KEPT (AGENT_STACK_TOP - AGENT_SHARED) /* all but the ring */

/* What a file held that could change. */
struct content {
	const struct replay_file *file;
	int fd; /* a memfd */
};

struct checkpoint {
	struct checkpoint *next; /* of the replayer's */
	struct replay_task *tasks, **last;
	struct replay_file *files, *nameless;
	struct content *contents;
	size_t content_count;
	uint64_t content_bytes, bytes;
	uint64_t event, file_bytes;
	uint32_t event_task, root_serial;
	pid_t root_tgid;
	int is_void;
	uint8_t agent[AGENT_KEPT];
};

int checkpoint_is_void(const struct checkpoint *checkpoint)
{
	return checkpoint->is_void;
}

uint64_t checkpoint_bytes(const struct checkpoint *checkpoint)
{
	return checkpoint->bytes;
}

/* ---- tasks ---- */

/* The task of the list that was copied from one of this address space. */
struct copied_space {
	const struct address_space *space;
	struct replay_task *copy;
};

struct copied {
	struct copied_space *spaces;
	size_t count;
};

static struct replay_task *copy_of_space(const struct copied *copied,
					 const struct address_space *space)
{
	for (size_t i = 0; i < copied->count; i++)
		if (copied->spaces[i].space == space)
			return copied->spaces[i].copy;
	return NULL;
}

static int copy_task(struct replayer *replayer, struct copied *copied,
		     struct replay_task *task, struct replay_task **copy_out)
{
	struct replay_task *other = copy_of_space(copied, task->task.space);
	int err = replay_task_copy(replayer, task, other, copy_out);

	if (err || other)
		return err;
	copied->spaces = xrealloc(copied->spaces, (copied->count + 1) *
				  sizeof(*copied->spaces));
	copied->spaces[copied->count++] = (struct copied_space){
		task->task.space, *copy_out,
	};
	return 0;
}

static void destroy_tasks(struct replay_task *tasks)
{
	while (tasks) {
		struct replay_task *task = tasks;

		tasks = task->next;
		replay_task_destroy(task);
	}
}

static int keep_tasks(struct replayer *replayer, struct checkpoint *checkpoint)
{
	struct copied copied = { 0 };
	int err = 0;

	for (size_t i = 0; i < TASK_BUCKETS; i++)
		for (struct replay_task *task = replayer->buckets[i];
		     task && !err; task = task->next) {
			struct replay_task *copy = NULL;

			err = copy_task(replayer, &copied, task, &copy);
			if (!copy)
				continue;
			*checkpoint->last = copy;
			checkpoint->last = &copy->next;
		}
	free(copied.spaces);
	return err;
}

/* The copies, before the replay's own are given up. */
static int copy_back(struct replayer *replayer,
		     const struct checkpoint *checkpoint,
		     struct replay_task **tasks_out)
{
	struct copied copied = { 0 };
	int err = 0;

	*tasks_out = NULL;
	for (struct replay_task *task = checkpoint->tasks; task && !err;
	     task = task->next) {
		struct replay_task *copy = NULL;

		err = copy_task(replayer, &copied, task, &copy);
		if (!copy)
			continue;
		copy->next = *tasks_out;
		*tasks_out = copy;
	}
	free(copied.spaces);
	return err;
}

static void use_tasks(struct replayer *replayer, struct replay_task *tasks)
{
	for (size_t i = 0; i < TASK_BUCKETS; i++)
		while (replayer->buckets[i])
			replay_task_end(replayer, replayer->buckets[i]);
	while (tasks) {
		struct replay_task *task = tasks;

		tasks = task->next;
		replay_task_insert(replayer, task);
	}
}

/* The trap that was set for an event is not the program's. */
static void remove_trap(const struct checkpoint *checkpoint,
			const struct point_trap *trap)
{
	struct point_trap copy;

	for (struct replay_task *task = checkpoint->tasks; task && trap;
	     task = task->next)
		if (task->task.serial == trap->task->task.serial) {
			copy = *trap;
			copy.task = task;
			copy.code.memory = &task->task.space->memory;
			point_trap_remove(&copy);
		}
}

struct replay_task *checkpoint_task(const struct checkpoint *checkpoint,
				    uint32_t serial)
{
	struct replay_task *task = checkpoint->tasks;

	while (task && task->task.serial != serial)
		task = task->next;
	return task;
}

/* ---- files ---- */

static int keep_content(struct checkpoint *checkpoint,
			const struct replay_file *file)
{
	struct stat status;
	int fd, err;

	if (!file->is_changeable || file->fd < 0 || fstat(file->fd, &status))
		return 0;
	checkpoint->content_bytes += (uint64_t)status.st_blocks * 512;
	if (checkpoint->content_bytes > CONTENT_MAX)
		return -EAGAIN;
	fd = memfd_create("reel", MFD_CLOEXEC);
	if (fd < 0)
		return -EAGAIN;
	checkpoint->contents = xrealloc(checkpoint->contents,
					(checkpoint->content_count + 1) *
					sizeof(*checkpoint->contents));
	checkpoint->contents[checkpoint->content_count++] =
		(struct content){ file, fd };
	err = replay_content_copy(file->fd, fd);
	return err;
}

static int keep_list(struct checkpoint *checkpoint,
		     const struct replay_file *files,
		     struct replay_file **copies)
{
	int err = 0;

	for (; files && !err; files = files->next) {
		struct replay_file *copy = replay_file_copy(files);

		copy->next = *copies;
		*copies = copy;
		err = keep_content(checkpoint, copy);
	}
	return err;
}

static int keep_files(struct replayer *replayer, struct checkpoint *checkpoint)
{
	int err = 0;

	replay_files_forget(replayer);
	for (size_t i = 0; i < FILE_BUCKETS && !err; i++)
		err = keep_list(checkpoint, replayer->files[i],
				&checkpoint->files);
	return err ? err : keep_list(checkpoint, replayer->nameless,
				     &checkpoint->nameless);
}

static void destroy_files(struct replay_file *files)
{
	while (files) {
		struct replay_file *file = files;

		files = file->next;
		replay_file_destroy(file);
	}
}

static void use_files(struct replayer *replayer,
		      const struct checkpoint *checkpoint)
{
	const struct replay_file *file;

	replay_files_drop(replayer);
	for (file = checkpoint->files; file; file = file->next)
		replay_files_add(replayer, replay_file_copy(file));
	for (file = checkpoint->nameless; file; file = file->next) {
		struct replay_file *copy = replay_file_copy(file);

		copy->next = replayer->nameless;
		replayer->nameless = copy;
	}
}

static int restore_contents(struct replayer *replayer,
			    const struct checkpoint *checkpoint)
{
	int err = 0;

	for (size_t i = 0; i < checkpoint->content_count && !err; i++) {
		const struct content *content = &checkpoint->contents[i];
		struct stat status;

		if (fstat(content->fd, &status))
			return -errno;
		checkpoints_shrink(replayer, content->file,
				   (uint64_t)status.st_size);
		err = replay_content_copy(content->fd, content->file->fd);
	}
	for (struct replay_file *file = checkpoint->files; file && !err;
	     file = file->next) {
		if (file->fd < 0 || file->is_changeable ||
		    !file->memory->is_changed)
			continue;
		checkpoints_shrink(replayer, file, file->size);
		err = replay_file_reset(replayer, file);
		file->memory->is_changed = 0;
	}
	return err;
}

static int loses_pages(const struct checkpoint *checkpoint,
		       const struct replay_file *file, uint64_t size)
{
	struct stat status;

	for (size_t i = 0; i < checkpoint->content_count; i++)
		if (checkpoint->contents[i].file->memory == file->memory &&
		    !fstat(checkpoint->contents[i].fd, &status))
			return (uint64_t)status.st_size > size;
	for (const struct replay_file *one = checkpoint->files; one;
	     one = one->next)
		if (one->memory == file->memory)
			return one->size > size;
	return 0;
}

void checkpoints_shrink(struct replayer *replayer,
			const struct replay_file *file, uint64_t size)
{
	struct stat now;

	if (!replayer->checkpoints || !file->memory ||
	    fstat(file->fd, &now) || (uint64_t)now.st_size <= size)
		return;
	for (struct checkpoint *one = replayer->checkpoints; one;
	     one = one->next)
		if (loses_pages(one, file, size))
			one->is_void = 1;
}

/* ---- all of it ---- */

static uint64_t own_bytes(const struct checkpoint *checkpoint)
{
	const struct address_space *last = NULL;
	uint64_t bytes = checkpoint->content_bytes;

	for (const struct replay_task *task = checkpoint->tasks; task;
	     task = task->next) {
		AUTO(heap_free) char *text = NULL;
		unsigned long long size, resident, shared;
		char path[64];

		if (task->task.space == last)
			continue;
		last = task->task.space;
		snprintf(path, sizeof(path), "/proc/%d/statm", task->task.tid);
		text = read_proc_file(path, NULL);
		if (text && sscanf(text, "%llu %llu %llu", &size, &resident,
				   &shared) == 3 && resident > shared)
			bytes += (resident - shared) * PAGE;
	}
	return bytes;
}

int checkpoint_create(struct replayer *replayer, const struct point_trap *trap,
		      struct checkpoint **checkpoint_out)
{
	const struct event *event;
	struct checkpoint *checkpoint;
	int err = replay_peek(replayer, &event);

	if (err)
		return err == REPLAY_ENDED ? -ENODATA : err;
	checkpoint = xcalloc(1, sizeof(*checkpoint));
	checkpoint->last = &checkpoint->tasks;
	checkpoint->next = replayer->checkpoints;
	replayer->checkpoints = checkpoint;
	checkpoint->event = event->number - 1;
	checkpoint->event_task = replayer->event_task;
	checkpoint->root_serial = replayer->root_serial;
	checkpoint->root_tgid = replayer->root_tgid;
	checkpoint->file_bytes = replayer->file_bytes;
	memcpy(checkpoint->agent, replayer->agent, sizeof(checkpoint->agent));
	err = keep_files(replayer, checkpoint);
	if (!err)
		err = keep_tasks(replayer, checkpoint);
	if (err) {
		checkpoint_destroy(replayer, checkpoint);
		return -EAGAIN;
	}
	remove_trap(checkpoint, trap);
	checkpoint->bytes = own_bytes(checkpoint);
	*checkpoint_out = checkpoint;
	return 0;
}

int checkpoint_restore(struct replayer *replayer,
		       const struct checkpoint *checkpoint)
{
	struct replay_task *tasks;
	int err = copy_back(replayer, checkpoint, &tasks);

	use_tasks(replayer, tasks);
	if (err)
		return report(err, "copy the processes of a checkpoint");
	use_files(replayer, checkpoint);
	err = restore_contents(replayer, checkpoint);
	if (err)
		return err;
	memcpy(replayer->agent, checkpoint->agent, sizeof(checkpoint->agent));
	replayer->event = checkpoint->event;
	replayer->event_task = checkpoint->event_task;
	replayer->root_serial = checkpoint->root_serial;
	replayer->root_tgid = checkpoint->root_tgid;
	replayer->file_bytes = checkpoint->file_bytes;
	replayer->has_next = 0;
	replayer->trap = NULL;
	return trace_reader_seek(replayer->reader, checkpoint->event + 1);
}

void checkpoint_destroy(struct replayer *replayer,
			struct checkpoint *checkpoint)
{
	struct checkpoint **link;

	if (!checkpoint)
		return;
	link = &replayer->checkpoints;
	while (*link != checkpoint)
		link = &(*link)->next;
	*link = checkpoint->next;
	destroy_tasks(checkpoint->tasks);
	for (size_t i = 0; i < checkpoint->content_count; i++)
		fd_close(&checkpoint->contents[i].fd);
	free(checkpoint->contents);
	destroy_files(checkpoint->files);
	destroy_files(checkpoint->nameless);
	free(checkpoint);
}
