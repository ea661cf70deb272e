/* SPDX-License-Identifier: MIT */
/*
 * Looks on while a task runs to its event: breakpoints, watched memory, steps,
 * and the legs of a trail that the pass follows.
 *
 * Where replay looks for a point (replay/point_trap.h), the task may run in
 * copied code.  A debugger must not see that: where it could, the jump to the
 * copy is out of the way, and a breakpoint stands in its place.
 */
#include "replay/timeline_run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "replay/inspect.h"
#include "replay/point_trap.h"
#include "traces/report.h"

#ifndef PTRACE_SYSEMU_SINGLESTEP /* sys/ptrace.h has it as an enum */
#define PTRACE_SYSEMU_SINGLESTEP 32
#endif
#define STEPS_MAX 200000u /* some 4 s */
#define ARRIVALS_MAX 50000u /* a second or two */
static uint64_t *rip_of(struct run *run)
{
	return &run->task->registers.value[R_RIP];
}

const struct leg *run_next_leg(const struct timeline *timeline)
{
	const struct position *target = timeline->target;

	return target && target->event == timeline->now.event &&
	       target->leg_count > timeline->now.leg_count ?
		&target->legs[timeline->now.leg_count] : NULL;
}

/* One leg in place of many. */
static int shorten_trail(struct run *run)
{
	struct position *now = &run->timeline->now;
	struct leg leg = { .kind = LEG_STATE, .count = 1 };
	int err = run_get_state(run, &leg.state);

	if (err)
		return err;
	now->legs[0] = leg;
	now->leg_count = 1;
	return 0;
}

/* ---- resuming ---- */

static void watch_leg(struct run *run, const struct leg *leg)
{
	if (leg && leg->kind == LEG_WATCH)
		breakpoints_watch_one(&run->timeline->breakpoints, run->task,
				      leg->address, leg->length, leg->watch,
				      leg->is_soft);
}

static void say_incomplete(struct timeline *timeline)
{
	struct watch *watch = &timeline->breakpoints.watch;

	if (watch->is_incomplete)
		timeline->message = "reel: some of the watched memory can't be "
			"protected (docs/limits.md, \"Debugging\"): what is "
			"done to it may be missed\n";
	watch->is_incomplete = 0;
}

static void insert(struct run *run, const struct leg *leg)
{
	struct breakpoints *breakpoints = &run->timeline->breakpoints;

	watch_clear(&breakpoints->watch);
	watch_leg(run, leg);
	if (timeline_is_attached(run->timeline, run->task->recorded_tgid) &&
	    run->timeline->mode != PASS_FOLLOWS) {
		breakpoints_insert(breakpoints, run->task);
		breakpoints_watch(breakpoints, run->task);
	}
	if (leg && leg->kind == LEG_BREAK && !run_is_counted(run, leg))
		breakpoints_insert_code(breakpoints, run->task, leg->address);
	if (leg && leg->kind == LEG_STATE && (!run->is_own || run->is_plain))
		breakpoints_insert_code(breakpoints, run->task,
					leg->state.registers.value[R_RIP]);
	if (run_counts(run) && (!run->is_own || run->is_plain))
		breakpoints_insert_code(breakpoints, run->task,
					run->timeline->count_at);
	if (run->is_plain)
		breakpoints_insert_code(breakpoints, run->task,
					run->trap->rip);
	watch_close(&breakpoints->watch, run->task);
	say_incomplete(run->timeline);
}

/* Whether the recording has such a signal of the program's here. */
static int is_recorded(const struct run *run)
{
	const uint64_t *now = run->task->registers.value;
	const struct event *event;

	if (replay_peek(run->timeline->replayer, &event) ||
	    event->kind != EVENT_SIGNAL || event->signal != SIGTRAP ||
	    event->task != run->task->task.serial)
		return 0;
	for (int i = 0; i < R_COUNT; i++)
		if (i != R_ORIG_RAX && i != R_EFLAGS &&
		    now[i] != event->registers[i])
			return 0;
	return 1;
}

static enum outcome classify_trap(struct run *run, int was_step)
{
	struct breakpoints *breakpoints = &run->timeline->breakpoints;
	uint64_t rip = *rip_of(run);
	siginfo_t info;

	if (task_get_siginfo(&run->task->task, &info))
		return OUTCOME_NATURAL;
	if (info.si_code == SI_KERNEL &&
	    breakpoints_is_inserted(breakpoints, rip - 1)) {
		*rip_of(run) = rip - 1;
		return OUTCOME_BREAK;
	}
	watch_take_reason(&breakpoints->watch, run->task, &info,
			  was_step ? WATCH_STEPPED :
			  is_recorded(run) ? WATCH_OWN : WATCH_RAN);
	run->watches = watch_met(&breakpoints->watch, run->task, was_step);
	if (was_step && info.si_code != SI_KERNEL)
		return OUTCOME_STEPPED;
	if (watch_has_stopped(&breakpoints->watch))
		return run->watches ? OUTCOME_WATCH : OUTCOME_NOTHING;
	return OUTCOME_NATURAL;
}

static int resume(struct run *run, int request, enum outcome *outcome_out)
{
	struct timeline *timeline = run->timeline;
	int err;

	run->watches = 0;
	timeline_checkpoints_resume(timeline, run->task->task.tid);
	timeline->running = run->task->task.tid;
	timeline->has_run = 1;
	timeline->is_at_leg = 0;
	do
		err = replay_resume_task(timeline->replayer, run->task,
					 request, &run->status);
	while (!err && replay_takes_detour(run->task, run->status));
	timeline->running = 0;
	if (err)
		return err;
	timeline_checkpoints_stopped(timeline, run->task->task.tid);
	*outcome_out = OUTCOME_NATURAL;
	if (!WIFSTOPPED(run->status)) {
		breakpoints_lose(&timeline->breakpoints);
		return 0;
	}
	err = replay_get_registers(timeline->replayer, run->task);
	if (err)
		return err;
	if (WSTOPSIG(run->status) == SIGSTOP)
		*outcome_out = OUTCOME_FOREIGN;
	else if (WSTOPSIG(run->status) == SIGTRAP &&
		 !status_is_syscall(run->status))
		*outcome_out = classify_trap(run, request ==
					     PTRACE_SYSEMU_SINGLESTEP);
	return 0;
}

int run_step_once(struct run *run, const struct leg *leg,
		  enum outcome *outcome_out)
{
	struct breakpoints *breakpoints = &run->timeline->breakpoints;
	int err, failed;

	watch_clear(&breakpoints->watch);
	watch_leg(run, leg);
	if (timeline_is_attached(run->timeline, run->task->recorded_tgid) &&
	    run->timeline->mode != PASS_FOLLOWS)
		breakpoints_watch(breakpoints, run->task);
	watch_look(&breakpoints->watch, run->task);
	do
		err = resume(run, PTRACE_SYSEMU_SINGLESTEP, outcome_out);
	while (!err && *outcome_out == OUTCOME_FOREIGN);
	failed = breakpoints_take_out(breakpoints, run->task);
	return err ? err : failed;
}

/* What it was about to do with watched memory is done by a step. */
static int step_over_fault(struct run *run, const struct leg *leg,
			   enum outcome *outcome_out)
{
	int err = run_step_once(run, leg, outcome_out);

	if (!err && *outcome_out == OUTCOME_STEPPED)
		*outcome_out = run->watches ? OUTCOME_WATCH : OUTCOME_NOTHING;
	return err;
}

static int go(struct run *run, const struct leg *leg, enum outcome *outcome_out)
{
	struct breakpoints *breakpoints = &run->timeline->breakpoints;
	int err, failed, is_fault;

	insert(run, leg);
	err = resume(run, PTRACE_SYSEMU, outcome_out);
	is_fault = !err && watch_is_fault(&breakpoints->watch, run->task,
					  run->status);
	failed = breakpoints_take_out(breakpoints, run->task);
	if (err || failed)
		return err ? err : failed;
	return is_fault ? step_over_fault(run, leg, outcome_out) : 0;
}

/* ---- what was met ---- */

static struct debug_stop stop_of(const struct run *run, enum stop_kind kind)
{
	return (struct debug_stop){
		.kind = kind,
		.process = run->task->recorded_tgid,
		.thread = run->task->recorded_tid,
		.number = SIGTRAP,
	};
}

/* The leg is done: REPLAY_STOPPED when that was the last one. */
int run_end_leg(struct timeline *timeline, const struct leg *leg)
{
	timeline->now.legs[timeline->now.leg_count++] = *leg;
	timeline->is_at_leg = 1;
	timeline->leg_hits = 0;
	breakpoints_count_anew(&timeline->breakpoints);
	if (run_next_leg(timeline))
		return 0;
	timeline->is_reached = 1;
	return REPLAY_STOPPED;
}

static int is_last_leg(const struct timeline *timeline)
{
	return timeline->target->leg_count == timeline->now.leg_count + 1;
}

/* Whether this hit ends the leg. */
static int counts(struct timeline *timeline, const struct leg *leg)
{
	return ++timeline->leg_hits == leg->count;
}

/* The pass is not going to be finished. */
static int cut(struct timeline *timeline, int why)
{
	timeline->cut = why;
	return REPLAY_STOPPED;
}

static int meet_user_break(struct run *run)
{
	struct timeline *timeline = run->timeline;
	struct debug_stop stop = stop_of(run, STOP_BREAK);
	struct leg leg = { .kind = LEG_BREAK, .address = *rip_of(run) };
	remote_addr place = inspect_program_place(run->task);
	struct breakpoint *met;

	if (!timeline_is_attached(timeline, run->task->recorded_tgid))
		return 0;
	met = breakpoints_at(&timeline->breakpoints, run->task->recorded_tgid,
			     place);
	if (!met)
		return 0;
	leg.count = ++met->hits;
	stop.address = met->address;
	return breakpoints_is_met(&timeline->breakpoints, met, run->task) ?
		timeline_notice(timeline, &leg, &stop) : 0;
}

/* At the address of a breakpoint, which may be ours, the leg's, the trap's. */
static int meet_break(struct run *run, const struct leg *leg)
{
	struct timeline *timeline = run->timeline;
	remote_addr rip = *rip_of(run);
	int is_done = 0, err = 0;

	run->is_stepping = 1;
	if (rip == timeline->count_at && run_counts(run) &&
	    ++timeline->count == ARRIVALS_MAX)
		return cut(timeline, -E2BIG);
	if (leg && leg->kind == LEG_BREAK && leg->address == rip)
		is_done = counts(timeline, leg);
	else if (leg && leg->kind == LEG_STATE &&
		 leg->state.registers.value[R_RIP] == rip)
		is_done = run_is_in_state(run, &leg->state);
	if (!is_done || !is_last_leg(timeline))
		err = meet_user_break(run);
	if (!err && is_done)
		err = run_end_leg(timeline, leg);
	return err;
}

/* The one whose access ends the stretch that is counted from now's last leg. */
static struct breakpoint *count_met(struct run *run, struct leg *hit_out,
				    remote_addr *address_out)
{
	struct breakpoints *breakpoints = &run->timeline->breakpoints;
	struct breakpoint *found = NULL;

	for (size_t i = 0; i < breakpoints->count; i++) {
		struct breakpoint *one = &breakpoints->all[i];
		const struct watch_region *region;

		if (one->process != run->task->recorded_tgid ||
		    one->kind < WATCH_WRITE)
			continue;
		region = breakpoints_region(breakpoints, run->watches,
					    one->kind, one->address,
					    one->length);
		if (!region)
			continue;
		one->hits++;
		/* The last address is in all regions that were met there. */
		if (found && region->met_at <= *address_out)
			continue;
		found = one;
		*address_out = region->met_at;
		*hit_out = (struct leg){
			.kind = LEG_WATCH, .watch = one->kind,
			.is_soft = region->is_soft, .length = one->length,
			.address = one->address, .count = one->hits,
		};
	}
	return found;
}

static int meet_watch(struct run *run, const struct leg *leg)
{
	struct timeline *timeline = run->timeline;
	struct debug_stop stop = stop_of(run, STOP_WATCH);
	struct breakpoint *met;
	struct leg hit;

	met = count_met(run, &hit, &stop.address);
	if (!met)
		return 0;
	stop.watch = met->kind;
	return timeline_notice(timeline, timeline->stepped ||
			       (leg && leg->kind == LEG_STEPS) ? NULL : &hit,
			       &stop);
}

static int meets_leg_watch(const struct run *run, const struct leg *leg)
{
	const struct watch_region *region =
		leg && leg->kind == LEG_WATCH ?
		breakpoints_region(&run->timeline->breakpoints, run->watches,
				   leg->watch, leg->address, leg->length) :
		NULL;

	return region && region->is_soft == leg->is_soft;
}

int run_meet_watches(struct run *run, const struct leg *leg)
{
	struct timeline *timeline = run->timeline;
	int is_done = meets_leg_watch(run, leg) && counts(timeline, leg);
	int err = 0;

	/* What wrote just before the target is on the way back from there. */
	if (timeline_is_attached(timeline, run->task->recorded_tgid))
		err = meet_watch(run, leg);
	return err || !is_done ? err : run_end_leg(timeline, leg);
}

/* ---- steps ---- */

/* At the instruction that it was shown at, but for the jump back there. */
static int is_back(struct run *run)
{
	remote_addr left = run->timeline->left;

	run->timeline->left = 0;
	return left && *rip_of(run) == left;
}

static int is_at_user_break(struct run *run)
{
	return breakpoints_met(&run->timeline->breakpoints, run->task,
			       inspect_program_place(run->task)) != NULL;
}

/* One step of the debugger's is done. */
static int meet_step(struct run *run)
{
	struct timeline *timeline = run->timeline;
	struct leg leg = { .kind = LEG_STEPS, .count = 1 };
	/* A range of instructions may be a loop without an end. */
	struct debug_stop stop = stop_of(run, timeline->is_interrupted ?
					 STOP_INTERRUPT : STOP_STEP);
	int err = 0;

	position_append(&timeline->now, &leg);
	timeline->is_at_leg = 1;
	breakpoints_count_anew(&timeline->breakpoints);
	if (run->watches)
		err = meet_watch(run, NULL);
	if (!err && !timeline->is_interrupted &&
	    (inspect_is_within(run->task) || is_back(run)))
		return 0;
	if (err || timeline->is_interrupted ||
	    *rip_of(run) - timeline->range_start >=
	    timeline->range_end - timeline->range_start ||
	    is_at_user_break(run))
		return err ? err : timeline_notice(timeline, NULL, &stop);
	return 0;
}

/* One of the leg's steps: now is where it began until all are done. */
static int meet_leg_step(struct run *run, const struct leg *leg)
{
	struct timeline *timeline = run->timeline;
	struct position before = timeline->now;
	int is_done = counts(timeline, leg);
	int is_last = is_done && is_last_leg(timeline);
	int err = 0;

	if (timeline->mode == PASS_RECORDS) {
		struct leg so_far = { .kind = LEG_STEPS,
				      .count = timeline->leg_hits };

		position_append(&timeline->now, &so_far);
		if (!is_last && is_at_user_break(run) &&
		    timeline_is_attached(timeline, run->task->recorded_tgid)) {
			struct debug_stop stop = stop_of(run, STOP_BREAK);

			stop.address = inspect_program_place(run->task);
			timeline_notice(timeline, NULL, &stop);
		}
		if (run->watches)
			err = meet_watch(run, leg);
		timeline->now = before;
	}
	return err || !is_done ? err : run_end_leg(timeline, leg);
}

/* A pass that counts: whether it is where it shall be. */
static int meet_count(struct run *run)
{
	struct timeline *timeline = run->timeline;
	const struct leg *until = timeline->until;
	int is_there = 0;

	if (++timeline->steps == STEPS_MAX)
		return cut(timeline, -E2BIG);
	if (!inspect_is_within(run->task)) {
		timeline->outside_before = timeline->outside;
		timeline->outside = timeline->steps;
	}
	if (until && until->kind == LEG_BREAK)
		is_there = *rip_of(run) == until->address;
	else if (until && until->kind == LEG_WATCH)
		is_there = meets_leg_watch(run, until);
	else if (until && until->kind == LEG_STATE)
		is_there = run_is_in_state(run, &until->state);
	else if (until && until->kind == LEG_STEPS)
		is_there = timeline->steps == until->count;
	timeline->is_reached = is_there;
	return is_there ? REPLAY_STOPPED : 0;
}

/* ---- all of it ---- */

/* A step was the last thing that it did: no arrival was met there yet. */
static int is_behind_step(const struct timeline *timeline)
{
	const struct position *now = &timeline->now;

	return timeline->is_at_leg && now->leg_count &&
	       now->legs[now->leg_count - 1].kind == LEG_STEPS;
}

/*
 * The task must not be in copied code.  It is there when the replay has just
 * found the state at the trap to be another.
 */
static void leave_copy(struct run *run)
{
	struct point_trap *trap = run->trap;
	remote_addr *rip = rip_of(run);

	if (trap->code.block && *rip == trap->code.miss) {
		*rip = trap->rip;
		run->is_stepping = 1;
		point_trap_clear_saved(trap);
	} else if (*rip == trap->rip) { /* compared, too */
		run->is_stepping = !is_behind_step(run->timeline);
	}
}

static int is_replaced(const struct run *run, remote_addr address)
{
	return address - run->trap->rip < run->trap->code.length;
}

/* Whether it would be seen that the task runs in copied code. */
static int sees_copy(const struct run *run)
{
	struct timeline *timeline = run->timeline;
	struct breakpoints *breakpoints = &timeline->breakpoints;
	const struct point_trap *trap = run->trap;
	const struct leg *leg = run_next_leg(timeline);
	pid_t process = run->task->recorded_tgid;

	if (!trap->has_jump || timeline->mode == PASS_COUNTS ||
	    timeline->stepped == run->task->task.serial)
		return 1;
	if (leg && (leg->kind == LEG_STEPS ||
		    (leg->kind == LEG_BREAK &&
		     !(run->is_own && leg->address == run->own.rip) &&
		     is_replaced(run, leg->address)) ||
		    (leg->kind == LEG_STATE && !run->is_own &&
		     is_replaced(run, leg->state.registers.value[R_RIP]))))
		return 1;
	if (!run->is_own && run_counts(run) &&
	    is_replaced(run, timeline->count_at))
		return 1;
	/* The debugger's own are not there. */
	if (timeline->mode == PASS_FOLLOWS)
		return 0;
	for (unsigned i = 0; i < trap->code.length; i++)
		if (breakpoints_at(breakpoints, process, trap->rip + i))
			return 1;
	return 0;
}

int run_is_in_block(const struct run *run)
{
	return run->trap && run->task->registers.value[R_RIP] -
			    run->trap->area < run->trap->area_length;
}

/* Before it goes on: the jump to the copy is there, or not. */
static void choose_code(struct run *run)
{
	if (!run->trap || run_is_in_block(run))
		return;
	if (sees_copy(run)) {
		point_trap_hide(run->trap);
		run->is_plain = 1;
	} else if (!is_replaced(run, *rip_of(run))) {
		point_trap_show(run->trap);
		run->is_plain = 0;
	}
}

/*
 * What was watched was met in the copy.  It is noticed where the copy ends, a
 * few instructions later.
 */
static int leave_block(struct run *run)
{
	const struct leg *leg = run_next_leg(run->timeline);
	uint64_t met = run->watches;
	enum outcome outcome = OUTCOME_STEPPED;
	int err = 0;

	while (!err && run_is_in_block(run) && outcome == OUTCOME_STEPPED)
		err = run_step_once(run, leg, &outcome);
	run->watches = met;
	return err;
}

/* Where an interrupt stopped it; first out of the trap's code. */
static int meet_foreign(struct run *run, int *is_natural)
{
	struct timeline *timeline = run->timeline;
	struct debug_stop stop = stop_of(run, STOP_INTERRUPT);
	struct leg leg = { .kind = LEG_STATE, .count = 1 };
	enum outcome outcome = OUTCOME_STEPPED;
	int err = 0;

	if (!timeline->is_interrupted &&
	    timeline_checkpoints_is_due(timeline))
		return run_take_checkpoint(run, is_natural);
	if (!timeline->is_interrupted || timeline->mode != PASS_STOPS)
		return 0;
	/*
	 * Right behind an event that is all there is to say.  It may be where a
	 * detour begins, and an int3 for a state would take that.
	 */
	if (!timeline->has_run)
		return timeline_notice(timeline, NULL, &stop);
	while (!err && run_is_in_block(run) && outcome == OUTCOME_STEPPED)
		err = run_step_once(run, NULL, &outcome);
	*is_natural = outcome == OUTCOME_NATURAL;
	if (err || *is_natural)
		return err;
	err = run_get_state(run, &leg.state);
	return err ? err : timeline_notice(timeline, &leg, &stop);
}

static int wants_steps(const struct run *run, const struct leg *leg)
{
	const struct timeline *timeline = run->timeline;

	return (leg && leg->kind == LEG_STEPS) ||
	       timeline->mode == PASS_COUNTS ||
	       (timeline->mode == PASS_STOPS &&
		timeline->stepped == run->task->task.serial);
}

/* The replay is to compare: it arrived at the trap's place. */
static int is_at_trap(struct run *run, enum outcome outcome)
{
	return run->is_plain && !run->is_own &&
	       *rip_of(run) == run->trap->rip &&
	       (outcome == OUTCOME_BREAK || outcome == OUTCOME_STEPPED);
}

static int meet_stepped(struct run *run, const struct leg *leg, int is_over)
{
	struct timeline *timeline = run->timeline;

	if (timeline->mode == PASS_COUNTS)
		return meet_count(run);
	if (leg && leg->kind == LEG_STEPS)
		return meet_leg_step(run, leg);
	if (!is_over || timeline->stepped == run->task->task.serial)
		return meet_step(run);
	return run->watches ? run_meet_watches(run, leg) : 0;
}

/* One stop, and what it means; *is_natural: it is for the replay. */
static int run_once(struct run *run, int *is_natural)
{
	const struct leg *leg = run_next_leg(run->timeline);
	int is_over = run->is_stepping && !wants_steps(run, leg);
	enum outcome outcome;
	int err;

	if (is_over || wants_steps(run, leg))
		err = run_step_once(run, run->timeline->mode == PASS_COUNTS ?
				run->timeline->until : leg, &outcome);
	else
		err = go(run, leg, &outcome);
	if (err)
		return err;
	run->is_stepping = 0;
	if (outcome == OUTCOME_WATCH && run_is_in_block(run))
		err = leave_block(run);
	if (err)
		return err;
	if (outcome == OUTCOME_NATURAL && run->is_own)
		err = run_meet_own_trap(run, is_natural);
	else if (outcome == OUTCOME_NATURAL)
		*is_natural = 1;
	else if (outcome == OUTCOME_BREAK)
		err = meet_break(run, leg);
	else if (outcome == OUTCOME_WATCH)
		err = run->timeline->breakpoints.watch.is_ambiguous ?
			cut(run->timeline, -EAGAIN) :
			run_meet_watches(run, leg);
	else if (outcome == OUTCOME_STEPPED)
		err = meet_stepped(run, leg, is_over);
	else if (outcome == OUTCOME_FOREIGN)
		err = meet_foreign(run, is_natural);
	/* An instruction that jumps to itself: the step over it arrives. */
	if (!err && is_over && outcome == OUTCOME_STEPPED &&
	    is_at_trap(run, outcome))
		err = meet_break(run, leg);
	if (!err && is_at_trap(run, outcome)) {
		run->status = SIGTRAP << 8 | 0x7f;
		*is_natural = 1;
	}
	return err;
}

/* It arrived there already, and goes on. */
static int is_at_arrival(const struct run *run)
{
	const struct position *now = &run->timeline->now;
	const struct leg *last = now->leg_count ?
		&now->legs[now->leg_count - 1] : NULL;

	return run->timeline->is_at_leg && last && last->kind == LEG_BREAK &&
	       last->address == run->task->registers.value[R_RIP];
}

int timeline_run(const struct replay_watcher *watcher,
		 struct replayer *replayer, struct replay_task *task,
		 int *status_out)
{
	struct run run = {
		.timeline = (struct timeline *)(uintptr_t)watcher,
		.task = task,
		.trap = replayer->trap,
	};
	remote_addr address;
	int is_natural = 0;
	int err = replay_get_registers(replayer, task);

	if (!err && run.timeline->mode == PASS_STOPS &&
	    run.timeline->now.leg_count > LEGS_MAX - 4)
		err = shorten_trail(&run);
	if (!err && run.trap && sees_copy(&run))
		leave_copy(&run);
	run.is_stepping |= !err && is_at_arrival(&run);
	while (!err && !is_natural) {
		err = run_choose_own_trap(&run);
		if (err)
			break;
		choose_code(&run);
		if (run.timeline->is_interrupted &&
		    run.timeline->mode == PASS_STOPS && !run_is_in_block(&run))
			err = meet_foreign(&run, &is_natural);
		else if (run.timeline->is_interrupted && !run_is_in_block(&run))
			err = cut(run.timeline, -EINTR);
		else
			err = run_once(&run, &is_natural);
	}
	run_remove_own_trap(&run);
	*status_out = run.status;
	if (!err && WIFSTOPPED(run.status) &&
	    run.timeline->breakpoints.count)
		breakpoints_changed(&run.timeline->breakpoints, task,
				    &address);
	return err;
}

static int is_catched_call(const struct timeline *timeline,
			   const struct event *event)
{
	return (event->kind == EVENT_SYSCALL ||
		event->kind == EVENT_SYSCALL_ENTER) &&
	       timeline_catches(timeline, event->detail);
}

int timeline_reach(const struct replay_watcher *watcher,
		   struct replayer *replayer, struct replay_task *task,
		   const struct event *event)
{
	struct timeline *timeline = (struct timeline *)(uintptr_t)watcher;
	const struct leg *leg = run_next_leg(timeline);
	struct leg end = { .kind = LEG_END, .count = 1 };
	struct debug_stop stop = {
		.kind = STOP_SIGNAL,
		.process = task->recorded_tgid,
		.thread = task->recorded_tid,
		.number = (int)event->signal,
	};

	(void)replayer;
	if (timeline->mode == PASS_COUNTS && timeline->until &&
	    timeline->until->kind == LEG_END) {
		timeline->is_reached = 1;
		return REPLAY_STOPPED;
	}
	if (leg && leg->kind == LEG_END)
		return run_end_leg(timeline, leg);
	if (timeline->now.leg_count &&
	    timeline->now.legs[timeline->now.leg_count - 1].kind == LEG_END)
		return 0; /* seen already */
	if (!timeline_is_attached(timeline, stop.process))
		return 0;
	if (is_catched_call(timeline, event)) {
		stop.kind = STOP_CALL_ENTRY;
		stop.number = event->detail;
	} else if (event->kind != EVENT_SIGNAL ||
		   timeline->is_passed[event->signal & 127]) {
		return 0;
	}
	return timeline_notice(timeline, &end, &stop);
}
