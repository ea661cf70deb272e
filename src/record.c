/* SPDX-License-Identifier: MIT */
/*
 * The recording session: starts the command, runs its tasks one at a time,
 * sees every stop, ends.
 *
 * The tracer and its tracees are pinned to one core (a stop across cores costs
 * five times as much); the writer's thread compresses on the others.
 */
#include "src/record.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "src/record_agent.h"
#include "src/record_chaos.h"
#include "src/record_cores.h"
#include "src/record_ptrace.h"
#include "src/recorder.h"
#include "traces/report.h"

#define TICK_US 20000		  /* how often a waiting session looks around */
#define DISK_NS 50000000ull	  /* a disk may take so long */

static volatile sig_atomic_t ticked;

uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* ---- tasks ---- */

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

static void ready_remove(struct recorder *recorder, struct record_task *task)
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
		ready_remove(recorder, task);
		if (task->state == TASK_READY || record_trace_doom(task))
			task->state = TASK_IN_CALL;
	}
}

void recorder_remove(struct recorder *recorder, struct record_task *task)
{
	record_trace_end(recorder, task);
	free(task->tracing);
	ready_remove(recorder, task);
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
	record_scratch_release(task);
	record_seccomp_release(task);
	record_pin_again(recorder, task);
	address_space_release(task->task.space);
	memory_copy_destroy(task->audit);
	effect_list_deinit(&task->effects);
	withheld_free(task);
	free(task->spliced);
	free(task->announced_path);
	free(task);
}

void recorder_make_ready(struct recorder *recorder, struct record_task *task)
{
	task->state = task->is_doomed ? TASK_IN_CALL : TASK_READY;
	if (task->is_queued || task->is_doomed)
		return;
	task->is_queued = 1;
	task->next_ready = NULL;
	task->previous_ready = recorder->ready_last;
	if (recorder->ready_last)
		recorder->ready_last->next_ready = task;
	else
		recorder->ready_first = task;
	recorder->ready_last = task;
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

int recorder_resume(struct record_task *task, int request, int signal)
{
	int err = 0;

	if (task->is_interrupted)
		stand_for_restart(task);
	if (!task->is_doomed || task->state == TASK_EXITING)
		err = task_resume(&task->task, request, signal);
	if (err && err != -ESRCH)
		return report(err, "task %d: resume", task->task.tid);
	return 0;
}

/* ---- events ---- */

int recorder_append(struct recorder *recorder, struct record_task *task,
		    struct event *event, struct effect_list *effects)
{
	struct record_task *current = recorder->current;
	int err = current ? record_agent_drain(recorder, current) : 0;

	if (err)
		return err;
	if (current && current != task && current->phase == CALL_ENTERED) {
		err = record_announce_call(recorder, current);
		if (err)
			return err;
	}
	event->task = task->task.serial;
	event->time_ns = now_ns() - recorder->start_ns;
	if (effects) {
		event->effects = effects->effects;
		event->effect_count = effects->count;
	}
	err = trace_writer_append(recorder->writer, event);
	if (err)
		recorder->failure = err;
	return err;
}

int recorder_note(struct recorder *recorder, struct record_task *task,
		  enum event_text kind, const char *text)
{
	struct event event = { .kind = EVENT_NOTE };
	struct effect_list effects = { 0 };
	int err;

	effect_list_add_bytes(&effects, EFFECT_TEXT, text, strlen(text))->id =
		kind;
	err = recorder_append(recorder, task, &event, &effects);
	effect_list_deinit(&effects);
	return err;
}

/* ---- stops ---- */

static int handle_group_stop(struct recorder *recorder,
			     struct record_task *task, int signal)
{
	int err;

	if (task->state != TASK_NEW &&
	    record_stops_in_group(recorder, task, signal, &err)) {
		task->is_interrupt_sent = 0;
		return err;
	}
	if (signal != SIGTRAP) {
		task->is_stop_put_off = 1;
		if (task == recorder->current && !task->is_doomed &&
		    record_agent_leave(recorder, task, &err))
			return err;
		task->is_stop_put_off = 0;
		task->state = TASK_STOPPED;
		task->was_stopped = 1;
		return recorder_resume(task, PTRACE_LISTEN, 0);
	}
	/* The first stop of a new task, or SIGCONT after a group-stop. */
	if (task->state == TASK_NEW)
		return 0;
	if (task->is_interrupted || task->phase != CALL_NONE) {
		task->state = task == recorder->current ? TASK_RUNNING :
							  TASK_IN_CALL;
		return recorder_resume(task, PTRACE_SYSCALL, 0);
	}
	if (task == recorder->current && !task->is_doomed &&
	    record_agent_leave(recorder, task, &err))
		return err;
	if (task->is_point_wanted && !task->is_doomed &&
	    task == recorder->current)
		return record_point(recorder, task);
	recorder_make_ready(recorder, task);
	return 0;
}

static int handle_stop(struct recorder *recorder, struct record_task *task,
		       int status)
{
	switch (status_event(status)) {
	case PTRACE_EVENT_STOP:
		return handle_group_stop(recorder, task, WSTOPSIG(status));
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		return record_clone_event(recorder, task, status_event(status));
	case PTRACE_EVENT_EXEC:
		return record_exec_event(recorder, &task);
	case PTRACE_EVENT_EXIT:
		return record_exit_event(recorder, task);
	case PTRACE_EVENT_SECCOMP:
		/* Our own filter's: the task was let go without other stops. */
		if (task->phase == CALL_NONE && !task->is_interrupted)
			return record_syscall_entry(recorder, task);
		return record_seccomp_event(recorder, task);
	}
	if (!status_is_syscall(status))
		return record_signal_stop(recorder, task, WSTOPSIG(status));
	if (task->phase == CALL_NONE || task->is_interrupted)
		return record_syscall_entry(recorder, task);
	return record_syscall_exit(recorder, task);
}

int recorder_handle_status(struct recorder *recorder, pid_t tid, int status)
{
	struct record_task *task = recorder_find(recorder, tid);
	int err;

	if (!task) {
		/* A child's first stop may come before its parent's event. */
		if (WIFSTOPPED(status))
			recorder_add(recorder, tid, 0);
		return 0;
	}
	if (!WIFSTOPPED(status)) {
		err = task == recorder->current ?
			record_agent_drain(recorder, task) : 0;
		return err ? err : record_death(recorder, task, status);
	}
	/* In the kernel, any stop is what PTRACE_INTERRUPT asked for. */
	task->was_interrupt_sent = task->is_interrupt_sent;
	task->is_interrupt_sent = 0;
	err = task == recorder->current ?
		record_agent_drain(recorder, task) : 0;
	return err ? err : handle_stop(recorder, task, status);
}

/* ---- waiting ---- */

int recorder_is_alone(const struct recorder *recorder,
		      const struct record_task *task)
{
	struct process_maps maps;
	int is_alone;

	if (task->task.space->users > 1)
		return 0;
	if (!space_data_of(task)->maps_shared)
		return 1;
	is_alone = !process_maps_read(task->task.tid, &maps);
	for (size_t i = 0; is_alone && i < maps.count; i++) {
		const struct process_map *map = &maps.maps[i];
		const struct record_file *file;

		if (!map->is_shared)
			continue;
		file = recorder->file_buckets[map->inode % FILE_BUCKETS];
		while (file && file->inode != map->inode)
			file = file->next_in_bucket;
		if ((map->protection & PROT_WRITE) || !file ||
		    file->is_written_shared || file->is_changed)
			is_alone = 0;
	}
	process_maps_deinit(&maps);
	return is_alone;
}

static uint64_t slice_of(const struct record_task *task)
{
	if (task->chaos_slice_ns)
		return task->chaos_slice_ns;
	return task->slice_ns ? task->slice_ns : SLICE_NS;
}

/*
 * A task that computes while others wait for their turn, or a signal for it,
 * is stopped wherever it is.  As long as nobody shares its memory and no signal
 * is to be delivered, its place needs no event.
 */
static void preempt(struct recorder *recorder, struct record_task *current)
{
	uint64_t now = now_ns(), turn_ns = slice_of(current);
	int is_over = (recorder->ready_first || recorder->deferred_count) &&
		      now - current->slice_began_ns >= turn_ns;

	if (current->state != TASK_RUNNING || current->phase != CALL_NONE ||
	    current->is_interrupt_sent)
		return;
	if (now - current->resumed_ns >= SOON_NS)
		record_agent_may_yield(current);
	current->is_point_wanted = record_wants_point(current);
	if (!current->is_point_wanted) {
		if (current->withheld || turn_ns < SLICE_NS)
			recorder_tick_in(SOON_NS);
		if (!is_over)
			return;
		current->is_point_wanted =
			!recorder_is_alone(recorder, current);
		if (current->is_point_wanted && now < current->next_point_ns) {
			if (recorder->options->is_chaotic)
				recorder_tick_in(current->next_point_ns - now);
			return;
		}
	}
	/* A call is a better place, if one comes soon. */
	if (record_agent_stop_at_call(current)) {
		recorder_tick_in(SOON_NS);
		return;
	}
	current->is_interrupt_sent = 1;
	ptrace(PTRACE_INTERRUPT, current->task.tid, NULL, NULL);
}

/*
 * State D is a disk, a lock in the kernel or the like: soon over, as a rule,
 * and if another task wrote to the same file meanwhile, nobody could tell in
 * which order.  The wait for the child of a vfork is such a state, too.
 */
static int waits_long(const struct record_task *task)
{
	if (record_waits_for_child(task))
		return 1;
	return now_ns() - task->resumed_ns > DISK_NS;
}

/* The call may wait for others, by what it does or for a supervisor. */
static int may_wait(const struct record_task *task)
{
	return syscall_blocking_of(&task->call) == BLOCKING_MAYBE ||
	       record_seccomp_asks(task);
}

/*
 * Others get their turn when the call of the current task sleeps.  One that
 * merely takes its time goes on first: it may write memory that they can read,
 * and the end of the call, far behind, would come too late for that.
 */
static int is_asleep(const struct record_task *task)
{
	char state = task_kernel_state(task->task.tid);

	if (state == 'S' && may_wait(task))
		return 1;
	return (state == 'S' || state == 'D') && waits_long(task);
}

/* Once a tick: what waits in the kernel gets announced. */
static int look_around(struct recorder *recorder)
{
	struct record_task *current = recorder->current;
	int err = 0;

	if (current)
		preempt(recorder, current);

	/* Another's event may have announced its call already. */
	if (current && current->phase != CALL_NONE &&
	    current->state == TASK_RUNNING && is_asleep(current)) {
		err = record_blocked_call(recorder, current);
		if (!err && current->state == TASK_RUNNING)
			current->state = TASK_IN_CALL;
	}
	if (!err)
		err = record_report_peers(recorder);
	record_pass_termination(recorder);
	return err ? err : record_look_for_stuck(recorder);
}

/* A task that is in user code, where it may look at what calls write. */
static int is_running_user_code(const struct record_task *task)
{
	return task && task->state == TASK_RUNNING &&
	       task->phase == CALL_NONE;
}

void recorder_defer(struct recorder *recorder, pid_t tid, int status)
{
	if (recorder->deferred_count == recorder->deferred_room) {
		recorder->deferred_room += 64;
		recorder->deferred = xrealloc(recorder->deferred,
					      recorder->deferred_room *
					      sizeof(*recorder->deferred));
	}
	recorder->deferred[recorder->deferred_count].tid = tid;
	recorder->deferred[recorder->deferred_count++].status = status;
}

int recorder_take_deferred(struct recorder *recorder, pid_t tid)
{
	for (size_t i = 0; i < recorder->deferred_count; i++)
		if (recorder->deferred[i].tid == tid) {
			recorder->deferred[i].tid = 0;
			return 1;
		}
	return 0;
}

int recorder_has_deferred(const struct recorder *recorder, pid_t tid)
{
	for (size_t i = 0; i < recorder->deferred_count; i++)
		if (recorder->deferred[i].tid == tid)
			return 1;
	return 0;
}

/* The current task has stopped: now the others' stops have their effects. */
static int handle_deferred(struct recorder *recorder)
{
	int err = 0;

	for (size_t i = 0; i < recorder->deferred_count && !err; i++)
		if (recorder->deferred[i].tid)
			err = recorder_handle_status(recorder,
						recorder->deferred[i].tid,
						recorder->deferred[i].status);
	recorder->deferred_count = 0;
	return err;
}

/*
 * True when nothing can come of the other tasks' stops before the current one
 * stops.  To wait for one task costs the same whatever the number of tasks;
 * to wait for any, the kernel looks at all of them.
 */
static int waits_for_current(const struct recorder *recorder)
{
	const struct record_task *current = recorder->current;

	if (!current || current->state != TASK_RUNNING)
		return 0;
	return current->phase == CALL_NONE ||
	       syscall_blocking_of(&current->call) == BLOCKING_NEVER;
}

/* In the kernel, where it may fill what the current task can see. */
static int may_write(const struct recorder *recorder,
		     const struct record_task *task)
{
	return task != recorder->current && task->state == TASK_IN_CALL &&
	       task->phase != CALL_NONE && !task->scratch_count &&
	       task->call.number != SYS_futex &&
	       task->task.space == recorder->current->task.space &&
	       task_kernel_state(task->task.tid) == 'R';
}

static int does_anyone_write(const struct recorder *recorder)
{
	const struct record_task *task = recorder->all;

	while (task && !may_write(recorder, task))
		task = task->next_all;
	return task != NULL;
}

static int handle_all_stops(struct recorder *recorder)
{
	int status, err = handle_deferred(recorder);
	pid_t tid = err ? 0 : waitpid(-1, &status, __WALL | WNOHANG);

	while (!err && tid > 0) {
		err = recorder_handle_status(recorder, tid, status);
		tid = err ? 0 : waitpid(-1, &status, __WALL | WNOHANG);
	}
	return err;
}

/* Who was woken is in the kernel still, on our core, on its way to a stop. */
int recorder_yield(struct recorder *recorder, struct record_task *task)
{
	task->slice_began_ns = 0;
	sched_yield();
	return handle_all_stops(recorder);
}

int recorder_settle(struct recorder *recorder)
{
	int err = handle_all_stops(recorder);

	while (!err && recorder->current && does_anyone_write(recorder)) {
		sched_yield();
		err = handle_all_stops(recorder);
	}
	return err;
}

/* A stop that was seen is handled now, or when the current task stops. */
static int take_status(struct recorder *recorder, pid_t tid, int status)
{
	struct record_task *current = recorder->current;
	int err;

	if (is_running_user_code(current) && current->task.tid != tid) {
		recorder_defer(recorder, tid, status);
		return 0;
	}
	err = recorder_handle_status(recorder, tid, status);
	return err || is_running_user_code(recorder->current) ? err :
		handle_deferred(recorder);
}

/*
 * At a tick all stops are seen, so that the current task loses its turn to
 * those who have become ready.
 */
static int tick(struct recorder *recorder)
{
	int status, err;
	pid_t tid;

	record_take_orders(recorder);
	while (waits_for_current(recorder)) {
		tid = waitpid(-1, &status, __WALL | WNOHANG);
		if (tid <= 0)
			break;
		err = take_status(recorder, tid, status);
		if (err)
			return err;
	}
	err = recorder->current ?
		record_leader_gone(recorder, recorder->current) : 0;
	if (!err && !is_running_user_code(recorder->current))
		err = handle_deferred(recorder);
	if (!err)
		err = look_around(recorder);
	ticked = 0; /* one that came meanwhile: stops get their turn */
	return err;
}

/*
 * Waits for the next stop of any task and handles it, now or soon.  Ticks that
 * came while a stop was dealt with count, too: a program's own timer may keep
 * time with ours.
 */
static int wait_any(struct recorder *recorder, int options)
{
	int status;
	pid_t tid = 0;

	if (ticked)
		return tick(recorder);
	if (waits_for_current(recorder))
		tid = waitpid(recorder->current->task.tid, &status,
			      __WALL | options);
	/* One whose number has changed, or is no more, is among the rest. */
	if (tid == 0 || (tid < 0 && errno == ECHILD))
		tid = waitpid(-1, &status, __WALL | options);
	if (tid > 0) {
		record_take_orders(recorder); /* before its sender goes on */
		return take_status(recorder, tid, status);
	}
	if (tid < 0 && errno == EINTR)
		return tick(recorder);
	if (tid == 0)
		return -EAGAIN;
	return errno == ECHILD ? -ECHILD :
		report(-errno, "wait for the traced tasks");
}

/*
 * The current task is in a call that may wait.  While others are ready, find
 * out whether it does: it shares our core, so a yield lets it run until it
 * stops or sleeps.
 */
static int wait_while_call_runs(struct recorder *recorder,
				struct record_task *task)
{
	int err = task->will_wait ? -EAGAIN : wait_any(recorder, WNOHANG);

	if (err != -EAGAIN)
		return err;
	if (task->will_wait || is_asleep(task)) {
		err = record_blocked_call(recorder, task);
		task->state = TASK_IN_CALL;
		return err;
	}
	sched_yield();
	return 0;
}

/* The turn ends before it has begun, some instructions from here. */
static void cut_turn(struct recorder *recorder, struct record_task *task)
{
	task->chaos_is_cut = 0;
	if (!recorder->ready_first || task->state != TASK_RUNNING ||
	    task->phase != CALL_NONE || task->is_interrupt_sent)
		return;
	task->is_point_wanted = !recorder_is_alone(recorder, task);
	task->is_interrupt_sent = 1;
	ptrace(PTRACE_INTERRUPT, task->task.tid, NULL, NULL);
}

static int run_current(struct recorder *recorder, struct record_task *task)
{
	int err = 0;

	recorder->current = task;
	task->state = TASK_RUNNING;
	task->resumed_ns = now_ns();
	if (slice_of(task) < SLICE_NS && recorder->ready_first)
		recorder_tick_in(slice_of(task));
	else if (task->task.space->users > 1)
		recorder_tick_in(SOON_NS + SOON_NS / 8);
	err = record_run_task(recorder, task, 0);
	if (!err && recorder->current == task && task->chaos_is_cut)
		cut_turn(recorder, task);
	while (!err && recorder->current == task &&
	       task->state == TASK_RUNNING && !recorder->stop_signal) {
		if (task->phase != CALL_NONE && recorder->ready_first &&
		    may_wait(task))
			err = wait_while_call_runs(recorder, task);
		else
			err = wait_any(recorder, 0);
	}
	return err;
}

static int is_in_turn(const struct record_task *task)
{
	return now_ns() - task->slice_began_ns < slice_of(task);
}

static struct record_task *pick_task(struct recorder *recorder)
{
	struct record_task *current = recorder->current;
	struct record_task *first = recorder->ready_first;
	int wants_yield = current && current->call.number == SYS_sched_yield;

	if (recorder->options->is_chaotic) {
		first = record_chaos_pick(recorder);
		if (first)
			ready_remove(recorder, first);
		return first;
	}
	if (current && current->state == TASK_READY && current != first &&
	    !wants_yield && is_in_turn(current))
		first = current;
	if (!first)
		return NULL;
	if (first != current)
		first->slice_began_ns = now_ns();
	ready_remove(recorder, first);
	return first;
}

static int session_loop(struct recorder *recorder)
{
	int err = 0;

	while (!err && recorder->live_tasks && !recorder->stop_signal) {
		struct record_task *task = pick_task(recorder);

		if (task) {
			err = run_current(recorder, task);
		} else {
			recorder->current = NULL;
			err = wait_any(recorder, 0);
		}
	}
	return err == -ECHILD ? 0 : err;
}

/* ---- ticks ---- */

static void on_tick(int signal)
{
	(void)signal;
	ticked = 1; /* and waitpid() returns EINTR, if it waits just then */
}

void recorder_start_ticking(struct sigaction *before_out)
{
	struct sigaction action = { .sa_handler = on_tick };
	struct itimerval interval = { { 0, TICK_US }, { 0, TICK_US } };

	sigaction(SIGALRM, &action, before_out);
	setitimer(ITIMER_REAL, &interval, NULL);
}

void recorder_tick_in(uint64_t duration_ns)
{
	struct itimerval interval = {
		{ 0, TICK_US }, { 0, (suseconds_t)(duration_ns / 1000) },
	};
	struct itimerval now;

	/* A signal that comes often must not put it off for ever. */
	if (getitimer(ITIMER_REAL, &now) || now.it_value.tv_sec ||
	    now.it_value.tv_usec > interval.it_value.tv_usec)
		setitimer(ITIMER_REAL, &interval, NULL);
}

/* ---- the whole session ---- */

static int record_root(struct recorder *recorder, pid_t child)
{
	struct event event = { .kind = EVENT_CLONE };
	struct effect_list effects = { 0 };
	struct record_task *task = recorder_add(recorder, child, child);
	struct effect *effect;
	int err;

	task->task.serial = ++recorder->last_task_serial;
	record_read_pids(task);
	task->task.space = address_space_create(child);
	task->is_root = 1;
	task->tsc_mode = PR_TSC_ENABLE;
	record_own_filter_init(recorder, task);
	space_data_init(task->task.space, NULL);
	recorder->root_tgid = child;
	recorder->task_count = recorder->process_count = 1;
	effect = effect_list_add_bytes(&effects, EFFECT_TASK, &task->entry,
				       sizeof(task->entry));
	effect->id = task->task.serial;
	effect->address = (uint64_t)child;
	effect->offset = (uint64_t)child;
	err = recorder_append(recorder, task, &event, &effects);
	effect_list_deinit(&effects);
	if (err)
		return err;
	/* It is at PTRACE_EVENT_EXEC; the exit of that execve comes next. */
	recorder->current = task;
	task->state = TASK_RUNNING;
	task->phase = CALL_ANNOUNCED;
	task->call.number = SYS_execve;
	err = record_exec_event(recorder, &task);
	while (!err && task->phase != CALL_NONE && recorder->live_tasks)
		err = wait_any(recorder, 0);
	return err;
}

static void end_tasks(struct recorder *recorder)
{
	if (recorder->options->detach_on_failure && !recorder->stop_signal)
		record_detach_all(recorder);
	else
		for (struct record_task *task = recorder->all; task;
		     task = task->next_all)
			kill(task->task.tgid ? task->task.tgid :
			     task->task.tid, SIGKILL);
	while (recorder->all)
		recorder_remove(recorder, recorder->all);
}

static int finish_trace(struct recorder *recorder,
			struct record_summary *summary)
{
	struct trace_info *info = &recorder->info;
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	info->end_realtime_ns = time.tv_sec * 1000000000ll + time.tv_nsec;
	info->exit_status = recorder->root_status;
	info->event_count = trace_writer_event_count(recorder->writer);
	info->task_count = recorder->task_count;
	info->process_count = recorder->process_count;
	record_sites_describe(recorder, info);
	info->complete = !recorder->stop_signal && !recorder->is_cut_short;
	summary->events = info->event_count;
	summary->tasks = info->task_count;
	summary->processes = info->process_count;
	summary->wait_status = recorder->root_status;
	summary->elapsed_ns = now_ns() - recorder->start_ns;
	summary->audit_failures = recorder->audit_failures;
	return recorder->failure ? recorder->failure :
		trace_writer_finish(recorder->writer, info);
}

/* Files of a process that is not dumpable belong to root (proc(5)). */
static int has_privilege(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { { 0 } };

	return geteuid() == 0 && !syscall(SYS_capget, &header, data) &&
	       (data[0].effective & 1u << CAP_SYS_PTRACE);
}

static int run_session(struct recorder *recorder,
		       struct record_summary *summary)
{
	pid_t child = -1;
	int err = record_launch(recorder, &child), finish_err;

	if (err) {
		if (child > 0)
			kill(child, SIGKILL);
		return err;
	}
	err = trace_writer_create(recorder->options->trace_path,
				  &recorder->info, &recorder->writer);
	if (!err) {
		if (recorder->options->store_path)
			trace_writer_share(recorder->writer,
				   recorder->options->store_path);
		record_pin(recorder, child);
		err = record_root(recorder, child);
	}
	if (!err)
		err = session_loop(recorder);
	record_end_peers(recorder);
	if (err || recorder->stop_signal)
		end_tasks(recorder);
	if (recorder->stop_signal && !recorder->has_root_status)
		recorder->root_status = recorder->stop_signal;
	if (!recorder->writer) {
		kill(child, SIGKILL);
		return err;
	}
	recorder->is_cut_short = err != 0;
	finish_err = finish_trace(recorder, summary);
	summary->trace_bytes = trace_writer_size(recorder->writer);
	return err ? err : finish_err;
}

int record_run(const struct record_options *options,
	       struct record_summary *summary_out)
{
	struct recorder *recorder = xcalloc(1, sizeof(*recorder));
	struct itimerval no_timer = { 0 };
	int err;

	*summary_out = (struct record_summary){ 0 };
	if (!proc_is_ours()) {
		free(recorder);
		return report(-ENOENT, "record without /proc of this pid "
			      "namespace (unshare --mount-proc mounts it)");
	}
	recorder->options = options;
	recorder->start_ns = now_ns();
	recorder->recorder_pid = getpid();
	recorder->is_privileged = has_privilege();
	record_cores_init(recorder);
	record_chaos_init(recorder);
	if (options->cpu && !strcmp(options->cpu, "x86-64-v2"))
		recorder->cpu = CPU_X86_64_V2;
	else if (options->cpu && !strcmp(options->cpu, "x86-64-v3"))
		recorder->cpu = CPU_X86_64_V3;
	for (int fd = 0; fd < 3; fd++)
		if (fstat(fd, &recorder->standard[fd]))
			recorder->standard[fd] = (struct stat){ 0 };
	/* What must be seen of each call, a stop alone shows. */
	if (!options->is_agentless && !options->audit &&
	    !options->is_chaotic && !options->detach_on_failure &&
	    record_agent_is_possible())
		record_agent_init(recorder);
	record_describe(recorder);
	err = run_session(recorder, summary_out);
	setitimer(ITIMER_REAL, &no_timer, NULL);
	if (recorder->writer)
		trace_writer_destroy(recorder->writer);
	record_files_free(recorder);
	free(recorder->deferred);
	free(recorder->agent_rules);
	trace_info_deinit(&recorder->info);
	if (recorder->is_pinned)
		sched_setaffinity(0, sizeof(recorder->original_affinity),
				  &recorder->original_affinity);
	free(recorder);
	return err;
}
