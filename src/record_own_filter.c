/* SPDX-License-Identifier: MIT */
/*
 * The recorder's own seccomp filter (record_agent_filter.c) must not show: what
 * tells of filters and of no_new_privs, which the filter needs where reel has
 * no privileges, tells what it would without reel.
 */
#include "src/recorder.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "src/process_status.h"
#include "src/record_cores.h"
#include "src/record_filters.h"
#include "src/session_page.h"

#define READ_LIMIT (1u << 16) /* /proc/PID/status is much shorter */
#define VECTOR_LIMIT 1024u

/* ---- what there is ---- */

void record_own_filter_init(struct recorder *recorder,
			    struct record_task *root)
{
	pid_t here = getpid();

	recorder->mode_outside = (int)process_status_number(here, "Seccomp");
	recorder->filters_outside =
		(int)process_status_number(here, "Seccomp_filters");
	root->has_no_new_privs =
		process_status_number(here, "NoNewPrivs") == 1;
	recorder->has_own_filter = recorder->agent_rules != NULL ||
		process_status_number(root->task.tid, "Seccomp_filters") >
			recorder->filters_outside;
	root->traps_calls = recorder->traps_calls;
	recorder->has_own_no_new_privs = !root->has_no_new_privs &&
		process_status_number(root->task.tid, "NoNewPrivs") == 1;
}

/* As /proc and prctl(2) tell it. */
static int mode_of(const struct recorder *recorder,
		   const struct record_task *task)
{
	if (task->strict)
		return SECCOMP_MODE_STRICT;
	return task->filters ? SECCOMP_MODE_FILTER : recorder->mode_outside;
}

static unsigned count_own(const struct record_task *task)
{
	unsigned count = 0;

	for (const struct seccomp_filter *filter = task->filters; filter;
	     filter = filter->older)
		count++;
	return count;
}

int record_may_confine(const struct recorder *recorder,
		       const struct record_task *task)
{
	struct process_status status;

	if (!recorder->has_own_no_new_privs || task->has_no_new_privs)
		return 1;
	process_status_read(task->task.tid, &status);
	return (status.capabilities & 1ull << CAP_SYS_ADMIN) != 0;
}

/* ---- prctl ---- */

static void prctl_result(const struct recorder *recorder,
			 struct record_task *task)
{
	int64_t *result = &task->call.result;

	switch (task->call.arguments[0]) {
	case PR_GET_SECCOMP:
		if (*result >= 0 && recorder->has_own_filter)
			*result = mode_of(recorder, task);
		break;
	case PR_SET_NO_NEW_PRIVS:
		if (*result == 0)
			task->has_no_new_privs = 1;
		break;
	case PR_GET_NO_NEW_PRIVS:
		if (*result >= 0 && recorder->has_own_no_new_privs)
			*result = task->has_no_new_privs;
		break;
	}
}

/* ---- filters that a tracer asks for ---- */

/*
 * The oldest has the number 0 (get_nth_filter in kernel/seccomp.c): those that
 * reel runs under, then reel's own, then the program's.
 */
const struct seccomp_filter *
record_filter_by_number(const struct recorder *recorder,
			const struct record_task *task, uint64_t *number,
			int64_t *err_out)
{
	unsigned own = count_own(task);
	unsigned outside = recorder->filters_outside > 0 ?
		(unsigned)recorder->filters_outside : 0;
	const struct seccomp_filter *filter = task->filters;

	*err_out = 0;
	if (mode_of(recorder, task) != SECCOMP_MODE_FILTER)
		*err_out = -EINVAL;
	else if (*number >= outside + own)
		*err_out = -ENOENT;
	if (*err_out || *number < outside)
		return NULL;
	for (uint64_t i = own - 1 - (*number - outside); i; i--)
		filter = filter->older;
	*number += recorder->has_own_filter;
	return filter;
}

/* ---- /proc/PID/status ---- */

/* A line of the file so far, and what is to be in it. */
struct editor {
	const char *value; /* NULL: the line is none of these */
	char mode[12], filters[24], privileges[12];
	int shows_privileges;
	struct status_tail tail;
};

static void editor_init(struct editor *editor, const struct recorder *recorder,
			const struct record_task *target)
{
	long filters = process_status_number(target->task.tid,
					     "Seccomp_filters");

	filters -= recorder->has_own_filter;
	snprintf(editor->mode, sizeof(editor->mode), "%d",
		 mode_of(recorder, target));
	snprintf(editor->filters, sizeof(editor->filters), "%ld",
		 filters > 0 ? filters : 0);
	snprintf(editor->privileges, sizeof(editor->privileges), "%d",
		 target->has_no_new_privs);
	editor->shows_privileges = !recorder->has_own_no_new_privs;
}

static const char *value_of_line(const struct editor *editor)
{
	const char *line = editor->tail.line;

	if (!strcmp(line, "Seccomp:\t"))
		return editor->mode;
	if (!strcmp(line, "Seccomp_filters:\t"))
		return editor->filters;
	if (!strcmp(line, "NoNewPrivs:\t") && !editor->shows_privileges)
		return editor->privileges;
	return NULL;
}

/* Digits give way to those of the value; returns what is left of the bytes. */
static size_t edit(struct editor *editor, char *bytes, size_t length)
{
	struct status_tail *tail = &editor->tail;
	size_t kept = 0;

	for (size_t i = 0; i < length; i++) {
		char byte = bytes[i];
		const char *value = value_of_line(editor);

		if (byte == '\n') {
			tail->length = tail->digits = 0;
			tail->line[0] = '\0';
		} else if (value && byte >= '0' && byte <= '9') {
			if (tail->digits >= strlen(value))
				continue; /* 9 filters, where there are 10 */
			byte = value[tail->digits++];
		} else if (tail->length < sizeof(tail->line) - 1) {
			tail->line[tail->length++] = byte;
			tail->line[tail->length] = '\0';
		}
		bytes[kept++] = byte;
	}
	return kept;
}

/* Where in the file what was read began. */
static uint64_t start_of(const struct record_task *task)
{
	uint64_t position = 0;
	char path[64], *text;

	if (task->call.number == SYS_pread64 ||
	    ((task->call.number == SYS_preadv ||
	      task->call.number == SYS_preadv2) &&
	     task->call.arguments[3] != (uint64_t)-1))
		return task->call.arguments[3];
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", task->task.tid,
		 (int)task->call.arguments[0]);
	text = read_proc_file(path, NULL);
	if (text && !strncmp(text, "pos:", 4))
		position = strtoull(text + 4, NULL, 10);
	free(text);
	return position - (uint64_t)task->call.result;
}

/* A line may be read in pieces: what was before, if that was seen. */
static void find_tail(const struct recorder *recorder, struct editor *editor,
		      uint64_t inode, uint64_t start)
{
	struct status_tail *tail = &editor->tail;

	*tail = (struct status_tail){ 0 };
	for (int i = 0; start && i < STATUS_TAILS; i++)
		if (recorder->status_tails[i].inode == inode &&
		    recorder->status_tails[i].position == start)
			*tail = recorder->status_tails[i];
	tail->inode = inode;
	tail->position = start;
}

static void keep_tail(struct recorder *recorder, const struct editor *editor,
		      uint64_t position)
{
	struct status_tail *tail =
		&recorder->status_tails[recorder->next_status_tail];

	recorder->next_status_tail =
		(recorder->next_status_tail + 1) % STATUS_TAILS;
	*tail = editor->tail;
	tail->position = position;
}

static int is_vector_read(const struct record_task *task)
{
	return task->call.number == SYS_readv ||
	       task->call.number == SYS_preadv ||
	       task->call.number == SYS_preadv2;
}

/* The bytes that were read, or are to be seen, in one piece. */
static int transfer(struct record_task *task, char *bytes, size_t length,
		    int is_write)
{
	uint64_t vector[2] = { task->call.arguments[1], length };

	for (uint64_t i = 0; length && i < VECTOR_LIMIT; i++) {
		remote_addr addr;
		int err;

		if (is_vector_read(task) &&
		    address_space_read(space_of(task),
				       task->call.arguments[1] + 16 * i,
				       vector, sizeof(vector)))
			return -EFAULT;
		if (vector[1] > length)
			vector[1] = length;
		addr = record_scratch_address(task, vector[0]);
		err = is_write ? address_space_write(space_of(task), addr,
						     bytes, vector[1]) :
				 address_space_read(space_of(task), addr,
						    bytes, vector[1]);
		if (err)
			return err;
		bytes += vector[1];
		length -= vector[1];
	}
	return 0;
}

static void read_result(struct recorder *recorder, struct record_task *task)
{
	struct record_task *target;
	struct editor editor;
	struct stat status;
	size_t length = (size_t)task->call.result, kept;
	int fd = (int)task->call.arguments[0];
	uint64_t start;
	char *bytes;

	if (task->call.result <= 0 || length > READ_LIMIT ||
	    !recorder->is_status_read || !recorder->has_own_filter)
		return;
	target = record_status_of(recorder, task, fd);
	if (!target || task_descriptor_stat(task, fd, &status))
		return;
	start = start_of(task);
	editor_init(&editor, recorder, target);
	find_tail(recorder, &editor, status.st_ino, start);
	bytes = xmalloc(length);
	if (!transfer(task, bytes, length, 0)) {
		kept = edit(&editor, bytes, length);
		keep_tail(recorder, &editor, start + length);
		/* An end of file it is not. */
		if (!kept)
			bytes[kept++] = '\n';
		if (!transfer(task, bytes, kept, 1))
			task->call.result = (int64_t)kept;
	}
	free(bytes);
}

/* ---- all of them ---- */

/* Without our own no_new_privs the kernel would have come to this. */
static void forbidden_result(struct record_task *task)
{
	int64_t *result = &task->call.result;

	if (task->call.number == SYS_landlock_restrict_self)
		*result = *result == -EINVAL ? -EPERM : *result;
	else
		*result = *result == -EFAULT ? -EACCES : *result;
	task->is_forbidden = 0;
}

void record_own_filter_result(struct recorder *recorder,
			      struct record_task *task)
{
	if (task->is_forbidden)
		forbidden_result(task);
	switch (task->call.number) {
	case SYS_prctl:
		prctl_result(recorder, task);
		break;
	case SYS_ioctl:
		record_notify_result(recorder, task);
		break;
	case SYS_read:
	case SYS_pread64:
	case SYS_readv:
	case SYS_preadv:
	case SYS_preadv2:
		read_result(recorder, task);
	}
}
