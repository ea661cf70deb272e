/* SPDX-License-Identifier: MIT */
/*
 * Pid namespaces (pid_namespaces(7)): a task has another tid in each of those
 * that it is visible in.  The recorder uses the one that /proc shows; what the
 * program says and hears, and what the kernel writes into its memory, is the
 * one of the program's own namespace.  And the first process of a namespace
 * survives what kills or stops others.
 */
#include "src/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/process_file.h"
#include "src/process_maps.h"
#include "traces/report.h"

#define NAMESPACE_LEVELS 33 /* MAX_PID_NS_LEVEL and the first */
#define PENDING_SIGNALS 16

#ifndef NS_GET_PARENT
#define NS_GET_PARENT _IO(0xb7, 0x2)
#endif

/* Ids at each level, ours first; 0 where the kernel knows no namespaces. */
static int read_levels(const char *status, const char *name,
		       pid_t levels[NAMESPACE_LEVELS])
{
	const char *at = strstr(status, name);
	int count = 0;

	at = at ? at + strlen(name) : "";
	while (count < NAMESPACE_LEVELS && *at && *at != '\n') {
		char *end;

		levels[count] = (pid_t)strtol(at, &end, 10);
		if (end == at)
			break;
		at = end;
		count++;
	}
	return count;
}

static char *read_status(pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	return read_proc_file(path, NULL);
}

void record_read_pids(struct record_task *task)
{
	AUTO(heap_free) char *status = read_status(task->task.tid);
	const char *group = status ? strstr(status, "\nTgid:") : NULL;
	pid_t levels[NAMESPACE_LEVELS];
	int count;

	task->task.tgid = group ? atoi(group + strlen("\nTgid:")) :
				  task->task.tid;
	task->inner_tid = task->task.tid;
	task->inner_tgid = task->task.tgid;
	task->pid_level = 0;
	if (!status)
		return;
	count = read_levels(status, "\nNSpid:", levels);
	if (count < 2)
		return;
	task->pid_level = (unsigned)count - 1;
	task->inner_tid = levels[count - 1];
	count = read_levels(status, "\nNStgid:", levels);
	if (count)
		task->inner_tgid = levels[count - 1];
}

/* It is not dumpable since its credentials changed: it goes on believing so. */
static void make_dumpable(struct record_task *task)
{
	struct space_data *data = space_data_of(task);
	uint64_t arguments[6] = { PR_GET_DUMPABLE };

	if (record_inject(task, data->syscall_address, SYS_prctl, arguments))
		return;
	arguments[0] = PR_SET_DUMPABLE;
	arguments[1] = 1;
	if (!record_inject(task, data->syscall_address, SYS_prctl, arguments))
		data->is_undumpable = 1;
}

/*
 * Without CAP_SYS_PTRACE a tracer may look into its own user's processes only
 * (ptrace(2)), or into another's that it can take the identity of.  What one
 * does that became yet another can't be recorded.
 */
int record_identity_exit(struct recorder *recorder, struct record_task *task)
{
	AUTO(heap_free) char *text = NULL;
	AUTO(fd_close) int fd = -1;
	char path[64];

	if (!recorder->is_privileged)
		make_dumpable(task);
	snprintf(path, sizeof(path), "/proc/%d/mem", task->task.tid);
	fd = process_open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 || (errno != EACCES && errno != EPERM) ||
	    recorder->is_hidden_reported)
		return 0;
	recorder->is_hidden_reported = 1;
	text = xasprintf("task %d became another user, whom reel may not look "
			 "into without CAP_SYS_PTRACE: files that it maps or "
			 "writes, and its children, can't be recorded",
			 task->task.tid);
	return recorder_warn(recorder, task, text);
}

/* ---- what a pid means to a task ---- */

/* The inode of the pid namespace that is so many levels above the task's. */
static ino_t pid_namespace(const struct record_task *task, unsigned above)
{
	char path[64];
	struct stat status;
	AUTO(fd_close) int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", task->task.tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && above--) {
		int parent = ioctl(fd, NS_GET_PARENT);

		close(fd);
		fd = parent;
	}
	return fd < 0 || fstat(fd, &status) ? 0 : status.st_ino;
}

static int is_called(const struct record_task *task, pid_t pid, unsigned level,
		     ino_t namespace)
{
	AUTO(heap_free) char *status = NULL;
	pid_t levels[NAMESPACE_LEVELS];

	if (task->state == TASK_DEAD || task->pid_level < level ||
	    (task->pid_level == level && task->inner_tid != pid))
		return 0;
	if (task->pid_level > level) {
		status = read_status(task->task.tid);
		if (!status || read_levels(status, "\nNSpid:", levels) <=
		    (int)level || levels[level] != pid)
			return 0;
	}
	return pid_namespace(task, task->pid_level - level) == namespace;
}

struct record_task *recorder_find_seen(struct recorder *recorder,
				       const struct record_task *by, pid_t pid)
{
	ino_t namespace;

	if (!by->pid_level)
		return recorder_find(recorder, pid);
	namespace = pid_namespace(by, 0);
	for (struct record_task *task = recorder->all; task && namespace;
	     task = task->next_all)
		if (is_called(task, pid, by->pid_level, namespace))
			return task;
	return NULL;
}

pid_t recorder_seen_tid(const struct record_task *by,
			const struct record_task *task)
{
	AUTO(heap_free) char *status = NULL;
	pid_t levels[NAMESPACE_LEVELS];

	if (!by->pid_level)
		return task->task.tid;
	if (task->pid_level == by->pid_level)
		return task->inner_tid;
	status = read_status(task->task.tid);
	if (!status || read_levels(status, "\nNSpid:", levels) <=
	    (int)by->pid_level)
		return 0;
	return levels[by->pid_level];
}

/* ---- the first process of a namespace ---- */

/*
 * SIGKILL and SIGSTOP act on it when they come from outside, where the sender
 * has no pid that could be told (send_signal_locked in kernel/signal.c).
 */
static int is_from_outside(const siginfo_t *info)
{
	return info->si_code > 0 || !info->si_pid;
}

int record_is_spared(const struct record_task *task, const siginfo_t *info)
{
	return task->inner_tgid == 1 &&
	       (info->si_signo != SIGSTOP || !is_from_outside(info));
}

static int has_stop_from_outside(const struct record_task *task,
				 unsigned flags)
{
	struct __ptrace_peeksiginfo_args peek = {
		.flags = flags,
		.nr = PENDING_SIGNALS,
	};
	siginfo_t infos[PENDING_SIGNALS];
	long count = ptrace(PTRACE_PEEKSIGINFO, task->task.tid, &peek, infos);

	for (long i = 0; i < count; i++)
		if (infos[i].si_signo == SIGSTOP && is_from_outside(&infos[i]))
			return 1;
	return 0;
}

uint64_t record_spared_signals(const struct record_task *task)
{
	uint64_t stop = 1ull << (SIGSTOP - 1);

	if (task->inner_tgid != 1)
		return 0;
	return has_stop_from_outside(task, 0) ||
	       has_stop_from_outside(task, PTRACE_PEEKSIGINFO_SHARED) ?
		       ~stop : ~0ull;
}
