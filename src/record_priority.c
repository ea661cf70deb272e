/* SPDX-License-Identifier: MIT */
/*
 * Real-time priorities (sched(7)).  All tasks and the recorder share a core,
 * where a thread of SCHED_FIFO that computes would let nobody else run, not
 * even the recorder, who has to end its turn.  So it has its policy only while
 * a call asks for it, or sets one; for the rest of the time it is an ordinary
 * one, and whose turn it is heeds the priority: those run that would on as many
 * cores as the program sees.
 */
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/recorder.h"

#define DEADLINE_POLICY 6 /* SCHED_DEADLINE, before all others */
#define DEADLINE_PRIORITY 100
#define RESET_ON_FORK 1ull /* SCHED_FLAG_RESET_ON_FORK */

static int is_asking(const struct record_task *task)
{
	switch (task->call.number) {
	case SYS_sched_setscheduler:
	case SYS_sched_setparam:
	case SYS_sched_setattr:
	case SYS_sched_getscheduler:
	case SYS_sched_getparam:
	case SYS_sched_getattr:
	case SYS_sched_rr_get_interval:
		return 1;
	}
	return 0;
}

static struct record_task *asked_about(struct recorder *recorder,
				       struct record_task *task)
{
	pid_t tid = (pid_t)task->call.arguments[0];

	return tid ? recorder_find_seen(recorder, task, tid) : task;
}

static void set_policy(const struct record_task *task,
		       const struct sched_policy *policy)
{
	syscall(SYS_sched_setattr, task->task.tid, policy, 0);
}

static unsigned priority_of(const struct sched_policy *policy)
{
	switch (policy->policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return policy->priority;
	case DEADLINE_POLICY:
		return DEADLINE_PRIORITY;
	}
	return 0;
}

void record_priority_entry(struct recorder *recorder, struct record_task *task)
{
	struct record_task *target = NULL;

	if (is_asking(task))
		target = asked_about(recorder, task);
	if (target && target->priority)
		set_policy(target, &target->policy);
}

void record_priority_exit(struct recorder *recorder, struct record_task *task)
{
	struct sched_policy now = { 0 }, ordinary = { .size = sizeof(now) };
	struct record_task *target = NULL;

	if (is_asking(task))
		target = asked_about(recorder, task);
	if (!target || syscall(SYS_sched_getattr, target->task.tid, &now,
			       sizeof(now), 0))
		return;
	target->policy = now;
	target->priority = priority_of(&now);
	recorder->has_priorities |= target->priority > 0;
	ordinary.flags = now.flags & RESET_ON_FORK;
	if (target->priority)
		set_policy(target, &ordinary);
}

void record_priority_inherit(const struct record_task *parent,
			     struct record_task *child)
{
	if (parent->policy.flags & RESET_ON_FORK)
		return;
	child->policy = parent->policy;
	child->priority = parent->priority;
}

void record_priority_restore(const struct record_task *task)
{
	if (task->priority)
		set_policy(task, &task->policy);
}

/* ---- whose turn it is ---- */

static unsigned cores_seen(const struct recorder *recorder)
{
	long count = recorder->options->num_cores;

	if (!count)
		count = sysconf(_SC_NPROCESSORS_ONLN);
	return count > 1 ? (unsigned)count : 1;
}

int record_has_core(const struct recorder *recorder,
		    const struct record_task *task)
{
	unsigned before = 0;

	if (!recorder->has_priorities)
		return 1;
	for (const struct record_task *other = recorder->ready_first; other;
	     other = other->next_ready)
		before += other->priority > task->priority;
	if (recorder->current && !recorder->current->is_queued &&
	    recorder->current->state == TASK_RUNNING)
		before += recorder->current->priority > task->priority;
	return before < cores_seen(recorder);
}

struct record_task *record_next_in_line(const struct recorder *recorder)
{
	struct record_task *task = recorder->ready_first;

	while (task && !record_has_core(recorder, task))
		task = task->next_ready;
	return task;
}
