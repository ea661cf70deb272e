/* SPDX-License-Identifier: MIT */
/*
 * Tasks that the kernel does not let go: state D (a disk, a frozen file system,
 * a server that does not answer), or a FUSE request without an answer, which is
 * state S until a signal comes.  They are found a few at a time, so that any
 * number of tasks costs the same.
 *
 * One thing to know: nothing here may touch the file system in question, or the
 * recorder is stuck as well.  Links of /proc and mountinfo do not.
 */
#include "src/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "src/syscall_rows.h"
#include "traces/report.h"

#define STUCK_NS 3000000000ull /* waiting this long: say so */
#define HELD_NS 2000000000ull  /* the trace shall have the agent's call */
#define LOOK_NS 20000000ull    /* between looks */
#define LOOKS 4		       /* tasks looked at, besides the current one */

static void read_line(const char *path, char *line, size_t room)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, line, room - 1);

	line[got > 0 ? got : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static void read_wchan(const struct record_task *task, char *line, size_t room)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/wchan", task->task.tid);
	read_line(path, line, room);
}

int record_waits_for_child(const struct record_task *task)
{
	int number = task->call.number;

	return number == SYS_vfork ||
	       ((number == SYS_clone || number == SYS_clone3) &&
		(task->clone_flags & CLONE_VFORK));
}

static int is_held(const struct record_task *task)
{
	char state, where[64];

	if (task->state != TASK_DEAD && task->phase == CALL_ANNOUNCED &&
	    record_waits_for_child(task))
		return 0;
	state = task_kernel_state(task->task.tid);
	if (state != 'S')
		return state == 'D';
	read_wchan(task, where, sizeof(where));
	return !strcmp(where, "request_wait_answer");
}

/* ---- where ---- */

/* The descriptor among the call's arguments, or -1; its path, or NULL. */
static int named_descriptor(const struct record_task *task)
{
	const struct syscall_row *row = task->call.row;

	for (unsigned i = 0; row && i < SYSCALL_ARGUMENTS; i++)
		if (row_argument_format(row, i) == VALUE_FD ||
		    row_argument_format(row, i) == VALUE_DIRFD)
			return (int)task->call.arguments[i];
	return -1;
}

/* The file that the call is about: a path, as far as words can tell. */
static char *named_file(const struct record_task *task)
{
	int fd = named_descriptor(task);
	const char *name = task->announced_path;
	char path[64], base[4096];
	ssize_t length;

	if (name && *name == '/')
		return xstrdup(name);
	if (fd >= 0)
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", task->task.tid,
			 fd);
	else if (name)
		snprintf(path, sizeof(path), "/proc/%d/cwd", task->task.tid);
	else
		return NULL;
	length = readlink(path, base, sizeof(base) - 1);
	if (length <= 0)
		return name ? xstrdup(name) : NULL;
	base[length] = '\0';
	return name ? xasprintf("%s/%s", base, name) : xstrdup(base);
}

/* A mount of the task: one line of /proc/TID/mountinfo (proc(5)). */
struct mount {
	long id;
	char point[512], type[64], source[512];
};

static int parse_mount(const char *line, struct mount *mount)
{
	const char *rest = strstr(line, " - ");

	return rest &&
	       sscanf(line, "%ld %*d %*s %*s %511s", &mount->id,
		      mount->point) == 2 &&
	       sscanf(rest, " - %63s %511s", mount->type, mount->source) == 2;
}

static int is_below(const char *path, const char *point)
{
	size_t length = strlen(point);

	if (!strcmp(point, "/"))
		return *path == '/';
	return !strncmp(path, point, length) &&
	       (path[length] == '/' || !path[length]);
}

static long descriptor_mount(const struct record_task *task, int fd)
{
	AUTO(heap_free) char *text = NULL;
	char path[64], *line;
	long id = -1;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", task->task.tid, fd);
	text = fd < 0 ? NULL : read_proc_file(path, NULL);
	line = text ? strstr(text, "mnt_id:") : NULL;
	if (line)
		id = strtol(line + strlen("mnt_id:"), NULL, 10);
	return id;
}

/* By the descriptor's mount, or the last mounted on the way to the file. */
static int find_mount(const struct record_task *task, const char *file,
		      struct mount *mount_out)
{
	long id = task->announced_path ? -1 :
		descriptor_mount(task, named_descriptor(task));
	AUTO(heap_free) char *text = NULL;
	char path[64], *line, *rest;
	struct mount mount;
	int is_found = 0;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", task->task.tid);
	text = read_proc_file(path, NULL);
	rest = text;
	while (rest && (line = strsep(&rest, "\n")) && *line) {
		if (!parse_mount(line, &mount) ||
		    (id >= 0 ? mount.id != id :
			       !file || !is_below(file, mount.point)))
			continue;
		if (is_found && id < 0 &&
		    strlen(mount.point) < strlen(mount_out->point))
			continue;
		*mount_out = mount;
		is_found = 1;
	}
	return is_found;
}

/* ---- what is said ---- */

static char *describe_where(const struct record_task *task)
{
	AUTO(heap_free) char *file = named_file(task);
	struct mount mount;

	if (!find_mount(task, file, &mount))
		return file ? xasprintf(", %s", file) : xstrdup("");
	return xasprintf(", %s on %s (%s, mounted on %s)",
			 file ? file : "a file", mount.source, mount.type,
			 mount.point);
}

/* The first path among the arguments, or NULL; the caller frees. */
static char *read_path(const struct record_task *task)
{
	struct memory *memory = &space_of(task)->memory;
	const struct syscall_row *row = task->call.row;
	char name[4096];
	size_t length;

	for (unsigned i = 0; row && i < SYSCALL_ARGUMENTS; i++) {
		remote_addr addr = task->call.arguments[i];

		if (row_argument_type(row, i) != TYPE_path)
			continue;
		length = memory_string_length(memory, addr, sizeof(name));
		if (length && memory_read(memory, addr, name, length))
			return xasprintf("%.*s", (int)length, name);
	}
	return NULL;
}

int record_kernel_call(const struct record_task *task,
		       struct kernel_call *call_out)
{
	uint64_t *arguments = call_out->arguments;
	char path[64], line[512];

	snprintf(path, sizeof(path), "/proc/%d/syscall", task->task.tid);
	read_line(path, line, sizeof(line));
	return sscanf(line, "%ld %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
		      " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64,
		      &call_out->number, &arguments[0], &arguments[1],
		      &arguments[2], &arguments[3], &arguments[4],
		      &arguments[5], &call_out->stack,
		      &call_out->instruction) == 9 && call_out->number >= 0 ?
		0 : -ENOENT;
}

/*
 * A call that the agent makes has no event, unless others go on meanwhile. The
 * task's own call is over; its place is taken for what is said.
 */
static int look_into_agent(struct record_task *task)
{
	struct kernel_call call;

	if (record_kernel_call(task, &call))
		return 0;
	syscall_enter(&task->call, (int)call.number, call.arguments,
		      &space_of(task)->memory);
	free(task->announced_path);
	task->announced_path = read_path(task);
	return 1;
}

static char *describe(struct record_task *task)
{
	AUTO(heap_free) char *file = NULL;
	char where[128];

	read_wchan(task, where, sizeof(where));
	if (task->state == TASK_DEAD || task->state == TASK_EXITING)
		return xasprintf("task %d has ended, but the kernel has held "
				 "it for %llu s (wchan %s); ^C ends the "
				 "recording", task->task.tid,
				 STUCK_NS / 1000000000, where);
	if (task->phase == CALL_NONE && !look_into_agent(task))
		return xasprintf("task %d has waited for memory for %llu s "
				 "(a page fault, wchan %s), and the others "
				 "wait for it; ^C ends the recording",
				 task->task.tid, STUCK_NS / 1000000000,
				 where);
	file = describe_where(task);
	return xasprintf("%s in task %d has not returned for %llu s: the "
			 "kernel holds it (wchan %s)%s; ^C ends the "
			 "recording", syscall_name(task->call.number),
			 task->task.tid, STUCK_NS / 1000000000, where, file);
}

static int report_stuck(struct recorder *recorder, struct record_task *task)
{
	AUTO(heap_free) char *text = describe(task);
	/* A task that is not in a call has no event of its own to be at. */
	int is_noted = task->phase == CALL_ANNOUNCED;

	task->is_stuck_reported = 1;
	warn("%s", text);
	return is_noted ? recorder_note(recorder, task, TEXT_STUCK, text) : 0;
}

static int may_be_stuck(const struct recorder *recorder,
			const struct record_task *task)
{
	if (task == recorder->current)
		return 1;
	return task->state == TASK_IN_CALL || task->state == TASK_DEAD ||
	       task->state == TASK_EXITING;
}

static int look_at(struct recorder *recorder, struct record_task *task)
{
	if (record_end_deadly_wait(recorder, task))
		return 0;
	if (!may_be_stuck(recorder, task) || !is_held(task)) {
		task->stuck_since_ns = 0;
		/* A signal wakes it for a moment; said once for each call. */
		if (task->phase == CALL_NONE)
			task->is_stuck_reported = 0;
		return 0;
	}
	if (!task->stuck_since_ns)
		task->stuck_since_ns = now_ns();
	if (task->phase == CALL_NONE && task->state == TASK_RUNNING &&
	    !task->is_interrupt_sent &&
	    now_ns() - task->stuck_since_ns >= HELD_NS)
		recorder_interrupt(task);
	if (now_ns() - task->stuck_since_ns < STUCK_NS)
		return 0;
	if (recorder->asked_ns)
		recorder->stop_signal = SIGTERM;
	else if (recorder->interrupted_ns > task->stuck_since_ns)
		recorder->stop_signal = SIGINT;
	return task->is_stuck_reported ? 0 : report_stuck(recorder, task);
}

int record_look_for_stuck(struct recorder *recorder)
{
	struct record_task *current = recorder->current;
	uint64_t now = now_ns();
	int err = 0;

	if (now < recorder->next_look_ns)
		return 0;
	recorder->next_look_ns = now + LOOK_NS;
	if (current)
		err = look_at(recorder, current);
	for (int i = 0; i < LOOKS && !err && recorder->all; i++) {
		struct record_task *task = recorder->next_looked_at;

		if (!task)
			task = recorder->all;
		recorder->next_looked_at = task->next_all;
		if (task != current)
			err = look_at(recorder, task);
	}
	return err;
}
