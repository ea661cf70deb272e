/* SPDX-License-Identifier: MIT */
/*
 * File systems that a recorded process serves (FUSE).  Its server does not run
 * while the recorder looks at one of their files, nor while a task waits for a
 * page of one: each would wait for the other.  So nothing there is executed or
 * mapped (docs/limits.md); reading and writing are ordinary calls.
 *
 * One thing to know: nothing here may ask the server.  A statx() that may not
 * synchronize does not.
 */
#include "src/record_served.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "src/process_file.h"
#include "src/process_maps.h"
#include "traces/report.h"

/* A line of mountinfo (proc(5)): the file system's type is behind " - ". */
static int is_served_mount(const char *line, dev_t *device_out)
{
	const char *type = strstr(line, " - ");
	unsigned id, parent, major, minor;

	if (!type || strncmp(type + 3, "fuse", 4) ||
	    sscanf(line, "%u %u %u:%u", &id, &parent, &major, &minor) != 4)
		return 0;
	*device_out = makedev(major, minor);
	return 1;
}

static int is_among(const struct device_list *list, dev_t device)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->devices[i] == device)
			return 1;
	return 0;
}

static void add(struct device_list *list, dev_t device)
{
	if (is_among(list, device))
		return;
	list->devices = xrealloc(list->devices, (list->count + 1) *
				 sizeof(*list->devices));
	list->devices[list->count++] = device;
}

/* Adds those that the task sees, and that the other list has not. */
static void add_mounts(struct device_list *list, pid_t tid,
		       const struct device_list *others)
{
	char path[64], *text, *line, *rest;
	dev_t device;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", tid);
	text = read_proc_file(path, NULL);
	for (line = text; line && *line; line = rest) {
		rest = line + strcspn(line, "\n");
		if (*rest)
			*rest++ = '\0';
		if (is_served_mount(line, &device) &&
		    !(others && is_among(others, device)))
			add(list, device);
	}
	free(text);
}

void record_served_begin(struct recorder *recorder, pid_t tid)
{
	add_mounts(&recorder->served_outside, tid, NULL);
}

void record_served_deinit(struct recorder *recorder)
{
	free(recorder->served_outside.devices);
	free(recorder->served.devices);
}

void record_served_after_call(struct recorder *recorder,
			      const struct record_task *task)
{
	if (task->call.result >= 0 && (task->call.number == SYS_mount ||
				       task->call.number == SYS_move_mount))
		add_mounts(&recorder->served, task->task.tid,
			   &recorder->served_outside);
}

int record_is_served(const struct recorder *recorder, int fd)
{
	struct statx status;

	return recorder->served.count && fd >= 0 &&
	       !statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0,
		      &status) &&
	       is_among(&recorder->served, makedev(status.stx_dev_major,
						   status.stx_dev_minor));
}

int record_is_map_served(const struct recorder *recorder,
			 const struct record_task *task)
{
	AUTO(fd_close) int fd = -1;
	char path[64];

	if (!recorder->served.count ||
	    (task->call.arguments[3] & MAP_ANONYMOUS))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", task->task.tid,
		 (int)task->call.arguments[4]);
	fd = process_open(path, O_PATH | O_CLOEXEC);
	return record_is_served(recorder, fd);
}
