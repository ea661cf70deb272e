/* SPDX-License-Identifier: MIT */
/* The tasks of a session: who there is, and who is ready to run. */
#include "src/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "src/record_agent.h"
#include "src/record_cores.h"
#include "src/record_filters.h"
#include "src/record_ptrace.h"
#include "src/record_forced.h"
#include "traces/report.h"

struct record_task *recorder_find(struct recorder *recorder, pid_t tid)
{
	struct record_task *task =
		recorder->buckets[(unsigned)tid % TASK_BUCKETS];

	while (task && task->task.tid != tid)
		task = task->next_in_bucket;
	return task;
}

static void bucket_insert(struct recorder *recorder, struct record_task *task)
{
	struct record_task **bucket =
		&recorder->buckets[(unsigned)task->task.tid % TASK_BUCKETS];

	task->next_in_bucket = *bucket;
	*bucket = task;
}

static void bucket_remove(struct recorder *recorder, struct record_task *task)
{
	struct record_task **link =
		&recorder->buckets[(unsigned)task->task.tid % TASK_BUCKETS];

	while (*link && *link != task)
		link = &(*link)->next_in_bucket;
	if (*link)
		*link = task->next_in_bucket;
}

struct record_task *recorder_add(struct recorder *recorder, pid_t tid,
				 pid_t tgid)
{
	struct record_task *task = xcalloc(1, sizeof(*task));

	task->task.tid = tid;
	task->task.tgid = tgid;
	task->state = TASK_NEW;
	task->tsc_mode = PR_TSC_ENABLE;
	task->affinity = recorder->believed_affinity;
	task->next_in_group = task->previous_in_group = task;
	record_sentence_forget(recorder, tid);
	bucket_insert(recorder, task);
	task->next_all = recorder->all;
	if (recorder->all)
		recorder->all->previous_all = task;
	recorder->all = task;
	recorder->live_tasks++;
	return task;
}

void recorder_join_group(struct record_task *task, struct record_task *other)
{
	task->next_in_group = other->next_in_group;
	task->previous_in_group = other;
	other->next_in_group->previous_in_group = task;
	other->next_in_group = task;
}

static void leave_group(struct record_task *task)
{
	task->previous_in_group->next_in_group = task->next_in_group;
	task->next_in_group->previous_in_group = task->previous_in_group;
	task->next_in_group = task->previous_in_group = task;
}

void recorder_rehash(struct recorder *recorder, struct record_task *task,
		     pid_t tid)
{
	bucket_remove(recorder, task);
	task->task.tid = tid;
	bucket_insert(recorder, task);
}

void recorder_unready(struct recorder *recorder, struct record_task *task)
{
	if (!task->is_queued)
		return;
	if (task->previous_ready)
		task->previous_ready->next_ready = task->next_ready;
	else
		recorder->ready_first = task->next_ready;
	if (task->next_ready)
		task->next_ready->previous_ready = task->previous_ready;
	else
		recorder->ready_last = task->previous_ready;
	if (recorder->ahead_last == task)
		recorder->ahead_last = task->previous_ready;
	task->is_queued = 0;
}

static int is_in_exec(const struct record_task *task)
{
	return task->state == TASK_IN_CALL && task->phase != CALL_NONE &&
	       (task->call.number == SYS_execve ||
		task->call.number == SYS_execveat);
}

/*
 * The thread group is dying: its other threads are on their way to
 * PTRACE_EVENT_EXIT, and to resume one now could resume it from there, unseen.
 * One that is in an exec, which nobody resumes, may be why the others die.
 */
void recorder_doom_group(struct recorder *recorder, struct record_task *dying)
{
	struct record_task *current = recorder->current, *next;
	int is_all = !current || current == dying ||
		     current->task.tgid != dying->task.tgid;

	for (struct record_task *task = dying->next_in_group; task != dying;
	     task = next) {
		next = task->next_in_group;
		/* All are doomed once: the next to die need not look again. */
		if (is_all)
			leave_group(task);
		if (task == current || task->state == TASK_DEAD ||
		    is_in_exec(task))
			continue;
		task->is_doomed = 1;
		recorder_unready(recorder, task);
		if (task->state == TASK_READY || record_trace_doom(task))
			task->state = TASK_IN_CALL;
	}
}

void recorder_remove(struct recorder *recorder, struct record_task *task)
{
	record_trace_end(recorder, task);
	free(task->tracing);
	recorder_unready(recorder, task);
	bucket_remove(recorder, task);
	leave_group(task);
	if (task->next_all)
		task->next_all->previous_all = task->previous_all;
	if (task->previous_all)
		task->previous_all->next_all = task->next_all;
	else
		recorder->all = task->next_all;
	if (recorder->next_looked_at == task)
		recorder->next_looked_at = task->next_all;
	if (recorder->current == task)
		recorder->current = NULL;
	recorder->live_tasks--;
	record_agent_end_late(task);
	record_scratch_release(task);
	record_seccomp_release(task);
	record_actions_release(task->forced);
	record_pin_again(recorder, task);
	address_space_release(task->task.space);
	memory_copy_destroy(task->audit);
	effect_list_deinit(&task->effects);
	withheld_free(task);
	free(task->spliced);
	free(task->announced_path);
	free(task);
}

/* Behind another one, or first where that is NULL. */
static void queue_behind(struct recorder *recorder, struct record_task *task,
			 struct record_task *previous)
{
	task->previous_ready = previous;
	task->next_ready = previous ? previous->next_ready :
				      recorder->ready_first;
	if (previous)
		previous->next_ready = task;
	else
		recorder->ready_first = task;
	if (task->next_ready)
		task->next_ready->previous_ready = task;
	else
		recorder->ready_last = task;
	task->is_queued = 1;
}

/*
 * Who has waited in the middle of a turn is ahead of those whose turn was over:
 * it would wait for all who compute each time else.
 */
void recorder_make_ready(struct recorder *recorder, struct record_task *task)
{
	task->state = task->is_doomed ? TASK_IN_CALL : TASK_READY;
	if (task->is_queued || task->is_doomed)
		return;
	if (task != recorder->current && task->turn_used_ns &&
	    !task->is_wait_late) {
		queue_behind(recorder, task, recorder->ahead_last);
		recorder->ahead_last = task;
	} else {
		queue_behind(recorder, task, recorder->ready_last);
	}
}

/* The kernel is about to restart a call (record_site_restart). */
static void stand_for_restart(struct record_task *task)
{
	struct registers now;

	if (!task_get_registers(&task->task, &now) &&
	    now.value[R_RIP] == task->entry.value[R_RIP] &&
	    record_site_restart(task, &now.value[R_RIP]))
		task_set_registers(&task->task, &now);
}

void record_make_up_stop(struct record_task *task)
{
	task->is_stop_due |= task->is_stop_put_off;
	task->is_stop_put_off = 0;
}

int recorder_resume(struct record_task *task, int request, int signal)
{
	int err = 0;

	/* Each stop that it has meanwhile takes this back (ptrace_stop()). */
	if (task->is_stop_due)
		ptrace(PTRACE_INTERRUPT, task->task.tid, NULL, NULL);
	if (task->is_interrupted)
		stand_for_restart(task);
	if (!task->is_doomed || task->state == TASK_EXITING)
		err = task_resume(&task->task, request, signal);
	if (err && err != -ESRCH)
		return report(err, "task %d: resume", task->task.tid);
	return 0;
}
