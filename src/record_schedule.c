/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is: one task runs user code at a time, until it waits, or until
 * its turn is over; a tick says when to look.  What happens to others meanwhile
 * has its effects when it stops.
 */
#include "src/recorder.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "src/process_maps.h"
#include "src/record_agent.h"
#include "src/record_chaos.h"
#include "src/record_filters.h"
#include "src/record_ptrace.h"
#include "src/session_page.h"
#include "traces/report.h"

#define TICK_US 20000		  /* how often a waiting session looks around */
#define DISK_NS 50000000ull	  /* a disk may take so long */

static volatile sig_atomic_t ticked;
static uint64_t next_tick_ns;

/* ---- ticks ---- */

static void on_tick(int signal)
{
	(void)signal;
	ticked = 1; /* and waitpid() returns EINTR, if it waits just then */
}

void recorder_start_ticking(struct sigaction *before_out, sigset_t *mask_out)
{
	struct sigaction action = { .sa_handler = on_tick };
	struct itimerval interval = { { 0, TICK_US }, { 0, TICK_US } };
	sigset_t tick;

	sigemptyset(&tick);
	sigaddset(&tick, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &tick, mask_out);
	sigaction(SIGALRM, &action, before_out);
	setitimer(ITIMER_REAL, &interval, NULL);
	next_tick_ns = now_ns() + TICK_US * 1000ull;
}

/*
 * When the next tick comes is known without a call: from then on there is one
 * every TICK_US.
 */
void recorder_tick_in(uint64_t duration_ns)
{
	struct itimerval interval = {
		{ 0, TICK_US }, { 0, (suseconds_t)(duration_ns / 1000) },
	};
	uint64_t now = now_ns();

	if (next_tick_ns <= now)
		next_tick_ns += ((now - next_tick_ns) / (TICK_US * 1000ull) +
				 1) * (TICK_US * 1000ull);
	/* A signal that comes often must not put it off for ever. */
	if (next_tick_ns <= now + duration_ns)
		return;
	setitimer(ITIMER_REAL, &interval, NULL);
	next_tick_ns = now + duration_ns;
}

/* ---- turns ---- */

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

		/* The agent's memory is none that the program looks at. */
		if (!map->is_shared ||
		    (map->start >= SESSION_PAGE && map->end <= AGENT_END))
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

/*
 * Early in a turn, while others wait for theirs: who waits for them by spinning
 * needs none (record_point.c).
 */
static void look_whether_it_spins(const struct recorder *recorder,
				  struct record_task *current)
{
	if (recorder->options->is_chaotic || current->withheld ||
	    current->tracing || current->task.space->users < 2 ||
	    (!record_next_in_line(recorder) && !recorder->deferred_count) ||
	    record_turn_left(current, SOON_NS) ||
	    record_time_left(current, &current->last_look,
			     current->look_pause_ns))
		return;
	record_mark_time(current, &current->last_look);
	current->look_pause_ns = SLICE_NS;
	current->point_wanted = POINT_IF_IT_SPINS;
	recorder_interrupt(current);
}

/* The turn is, for others who wait; else a tick comes when it may be. */
static int is_over(const struct recorder *recorder,
		   struct record_task *current)
{
	uint64_t left;

	if (!record_next_in_line(recorder) && !recorder->deferred_count)
		return 0;
	if (!record_has_core(recorder, current))
		return 1;
	left = record_turn_left(current, record_slice(current));
	/* Where others compete for the processor, that is no time to wait. */
	if (left && record_has_processor(current))
		recorder_tick_in(left < SOON_NS ? SOON_NS : left);
	return !left;
}

/*
 * A task that computes while others wait for their turn, or a signal for it,
 * is stopped wherever it is.  As long as nobody shares its memory and no signal
 * is to be delivered, its place needs no event.
 */
static void preempt(struct recorder *recorder, struct record_task *current)
{
	uint64_t pause;

	if (current->state != TASK_RUNNING || current->phase != CALL_NONE ||
	    current->is_interrupt_sent)
		return;
	if (now_ns() - current->resumed_ns >= SOON_NS)
		record_agent_may_yield(current);
	current->point_wanted = record_wants_point(current) ?
		POINT_WANTED : POINT_NOT_WANTED;
	if (current->point_wanted == POINT_NOT_WANTED) {
		if (current->withheld || record_slice(current) < SLICE_NS)
			recorder_tick_in(SOON_NS);
		if (!is_over(recorder, current)) {
			look_whether_it_spins(recorder, current);
			return;
		}
		if (!recorder_is_alone(recorder, current))
			current->point_wanted = POINT_WANTED;
		pause = record_time_left(current, &current->last_point,
					 current->point_pause_ns);
		if (current->point_wanted == POINT_WANTED && pause) {
			if (recorder->options->is_chaotic)
				recorder_tick_in(pause);
			return;
		}
		/* Whatever its turns are from here on, this one is over. */
		record_end_turn(current);
	}
	/* A call is a better place, if one comes soon. */
	if (record_agent_stop_at_call(current)) {
		recorder_tick_in(SOON_NS);
		return;
	}
	recorder_interrupt(current);
}

void recorder_interrupt(struct record_task *task)
{
	task->is_interrupt_sent = 1;
	task->interrupt_ns = now_ns();
	ptrace(PTRACE_INTERRUPT, task->task.tid, NULL, NULL);
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

/*
 * Told to stop a while ago, it has not: the kernel holds it in the same call
 * all the time, where it does not just work.
 */
static int is_held_in_agent(const struct record_task *task)
{
	char state;

	if (task->phase != CALL_NONE || task->state != TASK_RUNNING ||
	    !task->is_interrupt_sent || !task->interrupt_ns ||
	    now_ns() - task->interrupt_ns < DISK_NS)
		return 0;
	state = task_kernel_state(task->task.tid);
	return state == 'D' || state == 'S';
}

/* Once a tick: what waits in the kernel gets announced. */
static int look_around(struct recorder *recorder)
{
	struct record_task *current = recorder->current;
	int err = 0;

	if (current)
		preempt(recorder, current);
	if (current && is_held_in_agent(current))
		record_agent_let_go(recorder, current, &err);

	/* Another's event may have announced its call already. */
	if (!err && current && current->phase != CALL_NONE &&
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
	record_end_turn(task);
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
		err = record_begin_late_waits(recorder);
	if (!err)
		err = look_around(recorder);
	ticked = 0; /* one that came meanwhile: stops get their turn */
	return err;
}

/*
 * Ticks that came while a stop was dealt with count, too: a program's own timer
 * may keep time with ours.
 */
int recorder_wait(struct recorder *recorder, int options)
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
	int err = -EAGAIN;

	if (!task->will_wait) {
		sched_yield();
		err = recorder_wait(recorder, WNOHANG);
	}
	if (err != -EAGAIN)
		return err;
	if (task->will_wait || is_asleep(task)) {
		err = record_blocked_call(recorder, task);
		task->state = TASK_IN_CALL;
		return err;
	}
	return 0;
}

/* The turn ends before it has begun, some instructions from here. */
static void cut_turn(struct recorder *recorder, struct record_task *task)
{
	task->chaos_is_cut = 0;
	if (!recorder->ready_first || task->state != TASK_RUNNING ||
	    task->phase != CALL_NONE || task->is_interrupt_sent)
		return;
	task->point_wanted = recorder_is_alone(recorder, task) ?
		POINT_NOT_WANTED : POINT_WANTED;
	recorder_interrupt(task);
}

static int run_current(struct recorder *recorder, struct record_task *task)
{
	int err = 0;

	recorder->current = task;
	task->state = TASK_RUNNING;
	task->resumed_ns = now_ns();
	if (record_slice(task) < SLICE_NS && recorder->ready_first)
		recorder_tick_in(record_slice(task));
	else if (task->task.space->users > 1)
		recorder_tick_in(SOON_NS + SOON_NS / 8);
	record_make_up_stop(task);
	err = task->is_wait_late ? record_run_late_wait(recorder, task) :
				   record_run_task(recorder, task, 0);
	if (!err && recorder->current == task && task->chaos_is_cut)
		cut_turn(recorder, task);
	while (!err && recorder->current == task &&
	       task->state == TASK_RUNNING && !recorder->stop_signal) {
		if (task->phase != CALL_NONE && recorder->ready_first &&
		    may_wait(task))
			err = wait_while_call_runs(recorder, task);
		else
			err = recorder_wait(recorder, 0);
	}
	return err;
}

static int is_in_turn(struct record_task *task)
{
	return record_turn_left(task, record_slice(task)) != 0;
}

/* Its last call did, and its turn is not new any more (agent_futex_wake()). */
static int has_woken(struct record_task *task)
{
	const struct syscall_call *call = &task->call;
	int operation = (int)call->arguments[1] & FUTEX_CMD_MASK;

	return call->number == SYS_futex && call->result > 0 &&
	       (operation == FUTEX_WAKE || operation == FUTEX_WAKE_BITSET ||
		operation == FUTEX_WAKE_OP) &&
	       !record_turn_left(task, SOON_NS);
}

/*
 * Who was woken by a call of the current task, or by a timer, is not seen while
 * that goes on from stop to stop; but at the end of its turn, and where it has
 * woken others for a while: threads that stop each other and go on might bring
 * on none of the rest.
 */
static int look_for_woken(struct recorder *recorder)
{
	struct record_task *current = recorder->current;
	int err;

	if (recorder->options->is_chaotic || recorder->live_tasks < 2 ||
	    !current || current->state != TASK_READY ||
	    !current->turn_began.ns ||
	    (is_in_turn(current) && !has_woken(current)))
		return 0;
	err = recorder_yield(recorder, current);
	current = recorder->current;
	if (!err && current && record_next_in_line(recorder) == current)
		record_begin_turn(current);
	return err;
}

static void leave_turn(struct recorder *recorder)
{
	struct record_task *current = recorder->current;

	if (current)
		record_leave_turn(current);
	recorder->current = NULL;
}

static struct record_task *pick_task(struct recorder *recorder)
{
	struct record_task *current = recorder->current;
	struct record_task *first = record_next_in_line(recorder);
	int wants_yield = current && current->call.number == SYS_sched_yield;

	if (recorder->options->is_chaotic) {
		first = record_chaos_pick(recorder);
		if (first)
			recorder_unready(recorder, first);
		return first;
	}
	if (current && current->state == TASK_READY && current != first &&
	    !wants_yield && is_in_turn(current) &&
	    record_has_core(recorder, current))
		first = current;
	if (!first)
		return NULL;
	if (first != current) {
		leave_turn(recorder);
		record_begin_turn(first);
	}
	recorder_unready(recorder, first);
	return first;
}

int recorder_loop(struct recorder *recorder)
{
	int err = 0;

	while (!err && recorder->live_tasks && !recorder->stop_signal) {
		struct record_task *task;

		err = look_for_woken(recorder);
		if (err)
			break;
		task = pick_task(recorder);
		if (task) {
			err = run_current(recorder, task);
		} else {
			leave_turn(recorder);
			err = recorder_wait(recorder, 0);
		}
	}
	return err == -ECHILD ? 0 : err;
}
