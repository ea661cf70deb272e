/* SPDX-License-Identifier: MIT */
/*
 * wait4(2) and waitid(2) of a task that traces others: the kernel does not know
 * of its tracees, so what they have to tell comes from us.
 *
 * A call that finds nothing is made as it is, for the sake of the task's own
 * children, and interrupted when a tracee has something to tell.  Where there
 * are no children it would fail: then the task waits in pause(2) instead.
 */
#include "src/record_ptrace.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "src/process_status.h"
#include "traces/report.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define WAIT4_OPTIONS (WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | \
		       __WCLONE | __WALL)
#define WAITID_OPTIONS (WNOHANG | WNOWAIT | WEXITED | WSTOPPED | \
			WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)
#define RESTART_SYSTEM_CALL (-512)
#define INFO_LENGTH 28u /* of a siginfo that waitid(2) writes */

static int is_wait(const struct record_task *task)
{
	return task->call.number == SYS_wait4 ||
	       task->call.number == SYS_waitid;
}

/* ---- what is waited for ---- */

struct selection {
	const struct record_task *task;
	int type; /* P_ALL, P_PID, P_PGID */
	pid_t id;
	int options;
	int is_valid;
};

static pid_t pid_of_descriptor(const struct record_task *task, int fd)
{
	char path[64], *text, *line;
	pid_t pid = -1;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", task->task.tid, fd);
	text = read_proc_file(path, NULL);
	line = text ? strstr(text, "Pid:") : NULL;
	if (line)
		pid = atoi(line + strlen("Pid:"));
	free(text);
	return pid;
}

/* A process group as we know it. */
static pid_t group_of(struct recorder *recorder,
		      const struct record_task *task, pid_t seen)
{
	const struct record_task *leader =
		recorder_find_seen(recorder, task, seen);

	return leader ? leader->task.tid : seen;
}

static struct selection selection_of(struct recorder *recorder,
				     const struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;
	struct selection selection = { .task = task, .type = P_PID };
	pid_t pid = (pid_t)arguments[0];

	if (task->call.number == SYS_waitid) {
		selection.type = (int)arguments[0];
		selection.id = (pid_t)arguments[1];
		selection.options = (int)arguments[3];
		selection.is_valid = !(selection.options & ~WAITID_OPTIONS) &&
			selection.options & (WEXITED | WSTOPPED | WCONTINUED);
		if (selection.type == P_PIDFD) {
			selection.type = P_PID;
			selection.id = pid_of_descriptor(task, selection.id);
		}
		if (selection.type == P_PGID)
			selection.id = selection.id ?
				group_of(recorder, task, selection.id) :
				getpgid(task->task.tid);
		return selection;
	}
	selection.options = (int)arguments[2];
	selection.is_valid = !(selection.options & ~WAIT4_OPTIONS);
	selection.id = pid;
	if (pid == -1) {
		selection.type = P_ALL;
	} else if (pid <= 0) {
		selection.type = P_PGID;
		selection.id = pid ? group_of(recorder, task, -pid) :
				     getpgid(task->task.tid);
	}
	return selection;
}

static int selects(const struct selection *selection,
		   const struct record_task *tracer, pid_t tid, pid_t group)
{
	if (!tracer || !selection->is_valid ||
	    tracer->task.tgid != selection->task->task.tgid ||
	    (selection->options & __WNOTHREAD && tracer != selection->task))
		return 0;
	switch (selection->type) {
	case P_ALL:
		return 1;
	case P_PID:
		return tid == selection->id;
	default:
		return group == selection->id;
	}
}

struct found {
	struct record_task *tracee;   /* one that stopped */
	struct ended_tracee *ended;   /* or one that is gone */
	int has_tracees;
};

static struct found find(struct recorder *recorder,
			 const struct selection *selection)
{
	struct found found = { 0 };
	int wants_ends = selection->task->call.number == SYS_wait4 ||
			 selection->options & WEXITED;

	for (struct ended_tracee *ended = recorder->ended; ended;
	     ended = ended->next) {
		if (!selects(selection, ended->tracer, ended->seen_tid,
			     ended->group))
			continue;
		found.has_tracees = 1;
		if (wants_ends)
			found.ended = ended; /* the oldest is the last */
	}
	for (struct record_task *task = recorder->all; task;
	     task = task->next_all) {
		struct record_task *tracer = task->tracing ?
			task->tracing->tracer : NULL;

		if (!selects(selection, tracer,
			     tracer ? task->tracing->seen_tid : 0,
			     tracer ? task->tracing->group : 0))
			continue;
		found.has_tracees = 1;
		if (is_in_trace_stop(task) && task->tracing->has_status)
			found.tracee = task;
	}
	return found;
}

/* ---- the result ---- */

/* Where the output of the call, as it is now, belongs. */
static int put(const struct record_task *task, remote_addr addr,
	       const void *bytes, size_t length)
{
	return addr ? address_space_write(space_of(task),
					  record_scratch_address(task, addr),
					  bytes, length) : 0;
}

static struct timeval time_of(unsigned long ticks)
{
	long each = sysconf(_SC_CLK_TCK);

	return (struct timeval){
		.tv_sec = (time_t)ticks / each,
		.tv_usec = (suseconds_t)ticks % each * 1000000 / each,
	};
}

/* Of all threads, and of the children that were waited for (proc(5)). */
static void add_times(pid_t tid, struct rusage *usage)
{
	unsigned long minor[2] = { 0 }, major[2] = { 0 };
	unsigned long user[2] = { 0 }, system[2] = { 0 };
	char path[64], *text, *rest;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	text = read_proc_file(path, NULL);
	rest = text ? strrchr(text, ')') : NULL;
	if (rest)
		sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %lu %lu %lu "
		       "%lu %lu %lu %lu %lu", &minor[0], &minor[1], &major[0],
		       &major[1], &user[0], &system[0], &user[1], &system[1]);
	free(text);
	usage->ru_minflt = (long)(minor[0] + minor[1]);
	usage->ru_majflt = (long)(major[0] + major[1]);
	usage->ru_utime = time_of(user[0] + user[1]);
	usage->ru_stime = time_of(system[0] + system[1]);
}

static long number_of(const char *text, const char *name)
{
	const char *line = text ? strstr(text, name) : NULL;

	return line ? strtol(line + strlen(name), NULL, 10) : 0;
}

/* What the tracee used so far, as far as /proc tells. */
static struct rusage usage_of(pid_t tid)
{
	struct rusage usage = { 0 };
	char path[64], *text;

	add_times(tid, &usage);
	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	text = read_proc_file(path, NULL);
	usage.ru_maxrss = number_of(text, "\nVmHWM:");
	usage.ru_nvcsw = number_of(text, "\nvoluntary_ctxt_switches:");
	usage.ru_nivcsw = number_of(text, "\nnonvoluntary_ctxt_switches:");
	free(text);
	snprintf(path, sizeof(path), "/proc/%d/io", tid);
	text = read_proc_file(path, NULL);
	usage.ru_inblock = number_of(text, "\nread_bytes:") / 512;
	usage.ru_oublock = number_of(text, "\nwrite_bytes:") / 512;
	free(text);
	return usage;
}

static int64_t put_info(const struct record_task *task, pid_t tid, uid_t uid,
			int status)
{
	siginfo_t info = { .si_signo = SIGCHLD };
	remote_addr addr = task->call.arguments[2];

	info.si_pid = tid;
	info.si_uid = uid;
	if (WIFSTOPPED(status)) {
		info.si_code = CLD_TRAPPED;
		info.si_status = status >> 8;
	} else if (WIFEXITED(status)) {
		info.si_code = CLD_EXITED;
		info.si_status = WEXITSTATUS(status);
	} else {
		info.si_code = WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED;
		info.si_status = WTERMSIG(status);
	}
	return put(task, addr, &info, INFO_LENGTH);
}

static int64_t put_result(struct record_task *task, pid_t tid, uid_t uid,
			  int status, const struct rusage *usage)
{
	const uint64_t *arguments = task->call.arguments;
	int is_wait4 = task->call.number == SYS_wait4;
	remote_addr usage_at = arguments[is_wait4 ? 3 : 4];

	if (put(task, usage_at, usage, sizeof(*usage)))
		return -EFAULT;
	if (is_wait4)
		return put(task, arguments[1], &status, sizeof(status)) ?
			       -EFAULT : tid;
	return put_info(task, tid, uid, status) ? -EFAULT : 0;
}

static void forget_ended(struct recorder *recorder, struct ended_tracee *ended)
{
	struct ended_tracee **link = &recorder->ended;

	while (*link != ended)
		link = &(*link)->next;
	*link = ended->next;
	free(ended);
}

/* The result of the call, when there is something to tell. */
static int take(struct recorder *recorder, struct record_task *task,
		const struct selection *selection, struct found *found,
		int64_t *result_out)
{
	int keeps = selection->options & WNOWAIT;
	struct rusage usage = { 0 };
	struct tracing *tracing;

	if (found->ended) {
		*result_out = put_result(task, found->ended->seen_tid,
					 found->ended->uid,
					 found->ended->status, &usage);
		if (!keeps && *result_out != -EFAULT)
			forget_ended(recorder, found->ended);
		return 1;
	}
	if (!found->tracee)
		return 0;
	tracing = found->tracee->tracing;
	usage = usage_of(found->tracee->task.tid);
	*result_out = put_result(task, tracing->seen_tid, tracing->uid,
				 tracing->status, &usage);
	if (!keeps)
		tracing->has_status = 0;
	return 1;
}

static int take_any(struct recorder *recorder, struct record_task *task,
		    int64_t *result_out)
{
	struct selection selection = selection_of(recorder, task);
	struct found found = find(recorder, &selection);

	return take(recorder, task, &selection, &found, result_out);
}

/* ---- the call ---- */

int record_wait_entry(struct recorder *recorder, struct record_task *task)
{
	int64_t result;

	task->is_parked = 0;
	if (!take_any(recorder, task, &result))
		return 0;
	return record_answer(task, result);
}

void record_wait_restarts(struct recorder *recorder, struct record_task *task)
{
	struct selection selection;
	struct found found;
	int64_t result;

	if (!is_wait(task))
		return;
	selection = selection_of(recorder, task);
	found = find(recorder, &selection);
	/* On the way to pause(2), which nothing would end any more. */
	if (!take(recorder, task, &selection, &found, &result)) {
		if (!task->is_parked || found.has_tracees)
			return;
		result = -ECHILD;
	}
	task->is_parked = 0;
	record_answer(task, result);
}

/* There are tracees to wait for, but no children. */
static int park(struct recorder *recorder, struct record_task *task)
{
	task->is_parked = 1;
	task->passes = task->traps_calls ||
		       (task->filters && task->filters->lets_us_pass);
	task->restore = task->entry;
	task->has_restore = 1;
	return record_repeat_call(recorder, task, SYS_pause);
}

/* A stop of a tracee's that the kernel told the parent, which is its tracer. */
static int is_told_twice(struct recorder *recorder, struct record_task *task)
{
	int status = 0, code = 0;
	pid_t tid = (pid_t)task->call.result;
	struct record_task *tracee;
	remote_addr info = task->call.arguments[2];

	if (task->call.number == SYS_wait4) {
		address_space_read(space_of(task), record_scratch_address(
					   task, task->call.arguments[1]),
				   &status, sizeof(status));
		if (tid <= 0 || !task->call.arguments[1] ||
		    !WIFSTOPPED(status))
			return 0;
	} else {
		info = record_scratch_address(task, info);
		if (task->call.result || !task->call.arguments[2] ||
		    address_space_read(space_of(task), info +
				       offsetof(siginfo_t, si_code), &code,
				       sizeof(code)) ||
		    address_space_read(space_of(task), info +
				       offsetof(siginfo_t, si_pid), &tid,
				       sizeof(tid)) || code != CLD_STOPPED)
			return 0;
	}
	tracee = recorder_find_seen(recorder, task, tid);
	return tracee && is_traced(tracee) &&
	       tracee->tracing->tracer->task.tgid == task->task.tgid;
}

/* Nothing was found without waiting: a tracee may have stopped meanwhile. */
static enum wait_end nothing_found(struct recorder *recorder,
				   struct record_task *task, int *err_out)
{
	struct selection selection = selection_of(recorder, task);
	struct found found = find(recorder, &selection);
	siginfo_t none = { 0 };

	if (take(recorder, task, &selection, &found, &task->call.result) ||
	    task->call.result != -ECHILD || !found.has_tracees)
		return WAIT_RETURNS;
	if (!(selection.options & WNOHANG)) {
		*err_out = park(recorder, task);
		return WAIT_GOES_ON;
	}
	task->call.result = 0;
	if (task->call.number == SYS_waitid)
		put(task, task->call.arguments[2], &none, INFO_LENGTH);
	return WAIT_RETURNS;
}

enum wait_end record_wait_exit(struct recorder *recorder,
			       struct record_task *task,
			       struct registers *now, int *err_out)
{
	int64_t result = task->call.result;
	int was_parked = task->is_parked;

	*err_out = 0;
	if (!is_wait(task) || task->is_cancelled)
		return WAIT_RETURNS;
	task->is_parked = 0;
	if (was_parked) {
		/* Only a signal ends it, or we; a wait is as interrupted. */
		*now = task->entry;
		now->value[R_RAX] = (uint64_t)RESTART_SYSTEM_CALL;
		task_set_registers(&task->task, now);
		task->call.result = result = RESTART_SYSTEM_CALL;
	}
	if (result == RESTART_SYSTEM_CALL) {
		take_any(recorder, task, &task->call.result);
		return WAIT_RETURNS;
	}
	if (is_told_twice(recorder, task)) {
		*err_out = record_repeat_call(recorder, task,
					      task->call.number);
		return WAIT_GOES_ON;
	}
	if (result == -ECHILD || (result == 0 && is_wait(task) &&
				  task->call.number == SYS_wait4))
		return nothing_found(recorder, task, err_out);
	return WAIT_RETURNS;
}

/* ---- telling the tracer ---- */

/* Carried by the signal, to be made what the kernel says (si_value). */
union told {
	void *pointer;
	struct {
		int32_t tid;
		int16_t code;
		int16_t status;
	} child;
};

void record_wait_siginfo(struct recorder *recorder,
			 const struct record_task *task, siginfo_t *info)
{
	struct process_status status;
	const struct record_task *child;
	union told told;

	record_deadly_siginfo(recorder, task, info);
	if (info->si_signo != SIGCHLD || info->si_code != SI_QUEUE ||
	    (info->si_pid && info->si_pid != recorder->recorder_pid))
		return;
	told.pointer = info->si_value.sival_ptr;
	child = recorder_find_seen(recorder, task, told.child.tid);
	process_status_read(child ? child->task.tid : task->task.tid, &status);
	*info = (siginfo_t){ .si_signo = SIGCHLD };
	info->si_code = told.child.code;
	info->si_pid = told.child.tid;
	info->si_uid = status.uids[0];
	info->si_status = told.child.status;
}

static int wants_signal(const struct record_task *tracer, int code)
{
	struct process_status status;
	uint64_t bit = 1ull << (SIGCHLD - 1);
	int is_stop = code == CLD_STOPPED || code == CLD_TRAPPED;

	if (is_stop && tracer->wants_no_stops)
		return 0;
	/* Its own tracer would see one that it ignores. */
	if (is_traced(tracer))
		return 1;
	return !process_status_read(tracer->task.tid, &status) &&
	       ((status.caught | status.blocked) & bit);
}

void record_wait_notify(struct recorder *recorder,
			const struct tracing *tracing, int code, int status)
{
	struct record_task *tracer = tracing->tracer;
	union told told = {
		.child = { tracing->seen_tid, (int16_t)code, (int16_t)status },
	};
	siginfo_t info = { .si_signo = SIGCHLD };

	info.si_code = SI_QUEUE;
	info.si_pid = recorder->recorder_pid;
	info.si_value.sival_ptr = told.pointer;
	if (wants_signal(tracer, code))
		syscall(SYS_rt_sigqueueinfo, tracer->task.tgid, SIGCHLD,
			&info);
	record_wait_wake(recorder, tracer);
}

void record_wait_wake(struct recorder *recorder, struct record_task *tracer)
{
	for (struct record_task *task = recorder->all; task;
	     task = task->next_all) {
		if (task->task.tgid != tracer->task.tgid ||
		    task->phase == CALL_NONE || !is_wait(task) ||
		    (task->state != TASK_IN_CALL &&
		     task->state != TASK_RUNNING))
			continue;
		recorder_interrupt(task);
	}
}
