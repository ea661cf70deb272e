/* SPDX-License-Identifier: MIT */
/*
 * Reverse execution.  To go back to the last breakpoint is to run from the last
 * checkpoint to here, which shows the last one on the way, and once more to
 * there; or else from the checkpoint before to that one, and so on.  To go back
 * an instruction is to come near by breakpoints, and count the single steps
 * from there.
 */
#include <errno.h>
#include <string.h>

#include "replay/inspect.h"
#include "replay/replaced_code.h"
#include "replay/timeline.h"
#include "traces/report.h"

#define NOTICES_MAX 5000u /* on the way; more are looked at closely */

#define SAME_PLACE 1

static int same_position(const struct position *a, const struct position *b)
{
	return a->event == b->event && a->leg_count == b->leg_count &&
	       position_leads_to(a, b);
}

static int is_begin(const struct timeline *timeline,
		    const struct position *position)
{
	return position->event < timeline->begin.event ||
	       same_position(position, &timeline->begin);
}

static int go_to_begin(struct timeline *timeline)
{
	struct replay_task *task;
	int err = timeline_go(timeline, &timeline->begin);

	timeline->stop = (struct debug_stop){ .kind = STOP_BEGIN };
	task = err ? NULL : timeline_current(timeline);
	if (task) {
		timeline->stop.process = task->recorded_tgid;
		timeline->stop.thread = task->recorded_tid;
	}
	return err;
}

/* ---- one instruction ---- */

static remote_addr current_rip(struct timeline *timeline,
			       struct replay_task *task)
{
	return task && !replay_get_registers(timeline->replayer, task) ?
		task->registers.value[R_RIP] : 0;
}

/* Whether it is in code of reel's. */
static int is_task_within(struct timeline *timeline, uint32_t serial)
{
	struct replay_task *task = replay_find(timeline->replayer, serial);

	return task && !replay_get_registers(timeline->replayer, task) &&
	       inspect_is_within(task);
}

/* The task of the event that comes next, which a trail is of. */
static int is_within(struct timeline *timeline)
{
	const struct event *event;

	return !replay_peek(timeline->replayer, &event) &&
	       is_task_within(timeline, event->task);
}

/*
 * How many steps from there until the leg is done; without a leg, until the
 * event has happened.
 */
static int count_steps(struct timeline *timeline, const struct position *from,
		       const struct leg *until, uint64_t *steps_out)
{
	int err = timeline_go(timeline, from);

	timeline->outside_before = UINT64_MAX;
	timeline->outside = err || is_within(timeline) ? UINT64_MAX : 0;
	timeline->mode = PASS_COUNTS;
	timeline->until = until;
	timeline->steps = 0;
	timeline->is_reached = 0;
	timeline->cut = 0;
	while (!err && timeline->now.event == from->event)
		err = timeline_one_event(timeline);
	timeline->until = NULL;
	/* No trail leads on from here. */
	if (err == REPLAY_STOPPED)
		timeline->now.event = UINT64_MAX;
	*steps_out = timeline->steps;
	if ((!err && !until) || (err == REPLAY_STOPPED &&
				 timeline->is_reached))
		return 0;
	if (err == REPLAY_STOPPED && timeline->cut)
		return timeline->cut;
	timeline->is_lost = 1;
	return err < 0 ? err : report(-EIO, "the replay lost its way back");
}

/*
 * From a position in the same event to the last arrival at this instruction
 * before target; *from stays where there is none.
 */
static int to_last_arrival(struct timeline *timeline, remote_addr rip,
			   const struct position *target,
			   struct position *from)
{
	struct leg leg = { .kind = LEG_BREAK, .address = rip };
	const struct leg *last = target->leg_count ?
		&target->legs[target->leg_count - 1] : NULL;
	struct position copy = *target;
	int err;

	/* Those before the one that is the target are counted already. */
	if (last && last->kind == LEG_BREAK && last->address == rip)
		return 0;
	err = timeline_go(timeline, from);
	timeline->count_at = rip;
	timeline->count_event = from->event;
	timeline->count = 0;
	if (!err)
		err = timeline_pass(timeline, PASS_FOLLOWS, &copy);
	timeline->target = NULL;
	timeline->count_at = 0;
	leg.count = timeline->count;
	if (!err && leg.count)
		position_append(from, &leg);
	return err;
}

/*
 * Comes nearer to target, from a position in the same event: to the last
 * arrival at this instruction before, or at the one where computing was left
 * last.
 */
static int come_near(struct timeline *timeline, remote_addr rip,
		     const struct position *target, struct position *from)
{
	struct position to = *target, start;
	const struct leg *last;
	int err = timeline_checkpoints_narrow(timeline, from, &to, 4);

	start = *from;
	if (!err)
		err = to_last_arrival(timeline, rip, &to, from);
	if (err || !start.leg_count || !same_position(from, &start))
		return err;
	last = &start.legs[start.leg_count - 1];
	return last->kind != LEG_STATE ? 0 :
		to_last_arrival(timeline, last->state.registers.value[R_RIP],
				&to, from);
}

/*
 * Steps from `from` to target: the one before the last that is in code of the
 * program, in *before_out.
 */
static int before_last_step(struct timeline *timeline,
			    struct position *from, const struct leg *until,
			    struct position *before_out)
{
	struct leg steps = { .kind = LEG_STEPS };
	uint64_t count, outside;
	int err = count_steps(timeline, from, until, &count);

	*before_out = *from;
	/* No step at all: it is the same place under another name. */
	if (err || !count)
		return err ? err : SAME_PLACE;
	outside = timeline->outside < count ? timeline->outside :
					      timeline->outside_before;
	steps.count = outside < count ? outside : count - 1;
	if (steps.count)
		position_append(before_out, &steps);
	return 0;
}

static int is_there_already(struct timeline *timeline,
			    const struct position *from, const struct leg *leg,
			    uint32_t serial)
{
	if (leg->kind != LEG_BREAK || leg->count > 1)
		return 0;
	return !timeline_go(timeline, from) &&
	       current_rip(timeline, replay_find(timeline->replayer,
						 serial)) == leg->address;
}

/*
 * From all but the last of what a leg counts to the last.  At an instruction it
 * would be there at once: so a step further.
 */
static struct position one_more(struct position *from, const struct leg *leg)
{
	struct leg step = { .kind = LEG_STEPS, .count = 1 };
	struct position target;

	if (leg->kind == LEG_BREAK)
		position_append(from, &step);
	target = *from;
	bug_unless(target.leg_count < LEGS_MAX, "a trail of too many legs");
	target.legs[target.leg_count] = *leg;
	target.legs[target.leg_count++].count = 1;
	return target;
}

/* Before the last of the steps that end at `here`; or one further outside. */
static int before_in_steps(struct timeline *timeline, const struct leg *steps,
			   const struct position *here,
			   struct position *before)
{
	struct position from = *here;
	int err = timeline_go(timeline, before);

	if (err || !is_within(timeline))
		return err;
	from.leg_count--;
	return before_last_step(timeline, &from, steps, before);
}

/* The position before `here`, which has a trail; or SAME_PLACE. */
static int before_in_trail(struct timeline *timeline, uint32_t serial,
			   const struct position *here,
			   struct position *before_out)
{
	struct replay_task *task = replay_find(timeline->replayer, serial);
	remote_addr rip = current_rip(timeline, task);
	struct position from = *here, target = *here;
	struct leg leg = from.legs[--from.leg_count], less = leg;
	const struct position *previous;
	int err;

	previous = leg.kind == LEG_STATE ?
		timeline_checkpoints_previous(timeline, here) : NULL;
	if (previous) {
		from = *previous;
		target = position_on_to(previous, here);
	}
	if (--less.count)
		position_append(&from, &less);
	*before_out = from;
	if (leg.kind == LEG_STEPS)
		return before_in_steps(timeline, &leg, here, before_out);
	if (is_there_already(timeline, &from, &leg, serial))
		return SAME_PLACE;
	if (less.count)
		target = one_more(&from, &leg);
	err = come_near(timeline, rip, &target, &from);
	return err ? err : before_last_step(timeline, &from, &leg, before_out);
}

/*
 * Before a call: at the instruction that makes it.  That is the program's own,
 * or one of the agent's (src/agent_layout.h).
 */
static int before_call(struct timeline *timeline, const struct event *event,
		       struct position *before_out)
{
	struct leg leg = { .kind = LEG_BREAK, .count = 1,
			   .address = event->registers[R_RIP] - 2 };
	struct position end = { .event = event->number };
	uint32_t serial = event->task;
	int is_buffered = event->is_buffered, err = REPLAY_STOPPED;
	struct replay_task *task;

	position_append(before_out, &leg);
	if (!is_buffered)
		err = timeline_try(timeline, before_out);
	if (err != REPLAY_STOPPED)
		return err;
	*before_out = end;
	leg.kind = LEG_END;
	position_append(&end, &leg);
	err = timeline_go(timeline, &end);
	task = replay_find(timeline->replayer, serial);
	if (err || !task)
		return err ? err : -ESRCH;
	return come_near(timeline, current_rip(timeline, task), &end,
			 before_out);
}

/* The last arrival there may be the point itself: then from the one before. */
static int before_point(struct timeline *timeline, const struct event *event,
			struct position *before_out)
{
	struct position from = { .event = event->number };
	struct position end = { .event = event->number + 1 };
	int err = replay_find(timeline->replayer, event->task) ?
		come_near(timeline, event->registers[R_RIP], &end, &from) : 0;
	struct leg *last;

	if (!err)
		err = before_last_step(timeline, &from, NULL, before_out);
	last = from.leg_count ? &from.legs[from.leg_count - 1] : NULL;
	if (err != SAME_PLACE || !last || last->kind != LEG_BREAK)
		return err;
	from.leg_count -= --last->count == 0;
	return before_last_step(timeline, &from, NULL, before_out);
}

/* The last instruction before this event of the task's; or SAME_PLACE. */
static int before_end(struct timeline *timeline, const struct event *event,
		      struct position *before_out)
{
	struct leg leg = { .kind = LEG_BREAK, .count = 1 };

	*before_out = (struct position){ .event = event->number };
	switch (event->kind) {
	case EVENT_SYSCALL:
	case EVENT_SYSCALL_ENTER:
		return before_call(timeline, event, before_out);
	case EVENT_INSTRUCTION:
		leg.kind = LEG_END;
		position_append(before_out, &leg);
		return 0;
	case EVENT_SIGNAL:
		if (event->result != SIGNAL_HANDLED)
			return SAME_PLACE;
		leg.kind = LEG_END;
		position_append(before_out, &leg);
		return 0;
	case EVENT_POINT:
		return before_point(timeline, event, before_out);
	default:
		return SAME_PLACE;
	}
}

/* One step back from *here, which another event's effects may be between. */
static int step_back(struct timeline *timeline, uint32_t serial,
		     struct position *here, struct position *before_out)
{
	struct event event;
	int err = timeline_browse(timeline, here->event, &event);

	if (!err && here->leg_count && event.task == serial) {
		err = before_in_trail(timeline, serial, here, before_out);
		*here = *before_out;
		return err;
	}
	here->leg_count = 0;
	here->event--;
	*before_out = *here;
	if (is_begin(timeline, here))
		return 0;
	err = timeline_browse(timeline, here->event, &event);
	if (err)
		return err;
	return event.task == serial ?
		before_end(timeline, &event, before_out) : SAME_PLACE;
}

/*
 * What takes too long, or was interrupted, leaves everything where it was, and
 * the debugger must not try again.
 */
static int give_up(struct timeline *timeline, const struct position *here,
		   pid_t thread, int err)
{
	const struct replay_task *task;

	if (err != -E2BIG && err != -EINTR)
		return err;
	timeline->message = err == -EINTR ?
		"reel: going back was interrupted; nothing has moved\n" :
		"reel: a step back from here would take too long: a loop of "
		"very many passes comes just before (docs/limits.md, "
		"\"Debugging\"); nothing has moved\n";
	do {
		timeline->is_interrupted = 0;
		err = timeline_go(timeline, here);
	} while (err == -EINTR);
	task = timeline_task(timeline, thread);
	timeline->stop = (struct debug_stop){
		.kind = STOP_INTERRUPT,
		.process = task ? task->recorded_tgid : 0,
		.thread = thread,
	};
	return err;
}

static int reverse_step(struct timeline *timeline, pid_t thread)
{
	const struct replay_task *task = timeline_task(timeline, thread);
	struct position here = timeline->now, before = here;
	uint32_t serial = task ? task->task.serial : 0;
	pid_t process = task ? task->recorded_tgid : 0;
	int err = SAME_PLACE;

	do {
		err = SAME_PLACE;
		while (err == SAME_PLACE && !is_begin(timeline, &here))
			err = step_back(timeline, serial, &here, &before);
		if (err < 0)
			return err;
		if (err == SAME_PLACE || is_begin(timeline, &before))
			return go_to_begin(timeline);
		here = before;
		err = timeline_go(timeline, &before);
	} while (!err && is_task_within(timeline, serial));
	timeline->stop = (struct debug_stop){ STOP_STEP, process, thread,
					      .number = 5 };
	return err;
}

int timeline_reverse_step(struct timeline *timeline, pid_t thread)
{
	struct position here = timeline->now;

	return give_up(timeline, &here, thread,
		       reverse_step(timeline, thread));
}

/* ---- to the last stop ---- */

static const char *path_before(const struct timeline *timeline, pid_t process,
			       uint64_t event)
{
	const char *path = "";

	for (size_t i = 0; i < timeline->image_count; i++)
		if (timeline->images[i].process == process &&
		    timeline->images[i].event < event)
			path = timeline->images[i].path;
	return path;
}

static int go_to_found(struct timeline *timeline)
{
	struct position found = timeline->found;
	struct debug_stop stop = timeline->found_stop;
	int err;

	if (stop.kind == STOP_EXEC) {
		found.event--;
		breakpoints_forget(&timeline->breakpoints, stop.process);
		stop.path = path_before(timeline, stop.process, found.event);
	}
	err = timeline_go(timeline, &found);
	if (!err && stop.kind == STOP_WATCH)
		err = reverse_step(timeline, stop.thread);
	if (timeline->stop.kind != STOP_BEGIN || stop.kind != STOP_WATCH)
		timeline->stop = stop;
	return err;
}

static struct position start_of(const struct timeline *timeline, size_t place)
{
	const struct position *position =
		&timeline->checkpoints.places[place].position;

	return position->event <= timeline->begin.event ? timeline->begin :
							  *position;
}

/* What is the last on the way: no more than so many things, or 0 for all. */
static int look(struct timeline *timeline, const struct position *from,
		struct position *to, uint64_t most)
{
	int err = timeline_go(timeline, from);

	timeline->notices_left = most;
	if (!err)
		err = timeline_pass(timeline, PASS_RECORDS, to);
	timeline->target = NULL;
	timeline->notices_left = 0;
	return err;
}

/* Arrivals in a trampoline are arrivals there. */
static int is_elsewhere(struct timeline *timeline, remote_addr address)
{
	struct replay_task *task = timeline_task(timeline,
						 timeline->found_stop.thread);

	return !task || replaced_code_other(task, address);
}

/*
 * Whether arrivals at the instruction that was met too often can be counted on
 * the way: to the next event, or to one more thing.
 */
static int can_count(struct timeline *timeline, const struct position *from,
		     const struct position *to)
{
	remote_addr address = timeline->found_stop.address;
	const struct breakpoint *met;
	const struct leg *leg;

	if (timeline->found_stop.kind != STOP_BREAK ||
	    from->leg_count + 4 > LEGS_MAX)
		return 0;
	met = breakpoints_at(&timeline->breakpoints,
			     timeline->found_stop.process, address);
	if (!met || met->condition || is_elsewhere(timeline, address))
		return 0;
	if (to->event != from->event)
		return to->event == from->event + 1 && !to->leg_count;
	leg = &to->legs[from->leg_count];
	return to->leg_count == from->leg_count + 1 &&
	       (leg->count == 1 ||
		(leg->kind == LEG_BREAK && leg->address == address));
}

/* The last arrival there, if nothing else comes behind it. */
static int look_behind_last(struct timeline *timeline,
			    const struct position *from,
			    const struct position *to)
{
	struct debug_stop stop = timeline->found_stop;
	struct position last = *from, behind, rest = *to;
	struct leg leg = { .kind = LEG_BREAK, .address = stop.address };
	int err = 0;

	if (to->event == from->event)
		leg = to->legs[from->leg_count];
	if (leg.count > 1 && leg.kind == LEG_BREAK) {
		leg.count--;
		position_append(&last, &leg);
	} else {
		err = to_last_arrival(timeline, stop.address, to, &last);
	}
	if (err)
		return err;
	behind = last;
	if (to->event == from->event)
		rest = one_more(&behind, &to->legs[from->leg_count]);
	err = look(timeline, &last, &rest, 0);
	if (err || timeline->found_stop.kind)
		return err;
	timeline->found = last;
	timeline->found_stop = stop;
	return 0;
}

/* Where there is too much to see on the way, its last part is enough. */
static int look_closely(struct timeline *timeline, struct position *from,
			const struct position *to)
{
	struct position copy = *to, rest;
	int err = look(timeline, from, &copy, NOTICES_MAX);

	if (err != -E2BIG)
		return err;
	copy = *to;
	err = timeline_checkpoints_narrow(timeline, from, &copy, 24);
	if (err)
		return err;
	rest = copy;
	err = look(timeline, from, &rest, NOTICES_MAX);
	if (err != -E2BIG)
		return err;
	return can_count(timeline, from, &copy) ?
		look_behind_last(timeline, from, &copy) :
		look(timeline, from, &copy, 0);
}

/* The way that leads to the one that was looked at last. */
static struct position way_before(struct timeline *timeline,
				  struct position *from)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	struct position to = *from;

	all->start = timeline_checkpoints_before(timeline, &to);
	all->bound = 0;
	if (all->start &&
	    same_position(&to, &all->places[all->start].position))
		all->bound = all->start--;
	*from = start_of(timeline, all->start);
	return position_on_to(from, &to);
}

static int find_last(struct timeline *timeline, struct position *target)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	struct position from, to = *target;
	int err;

	all->start = timeline_checkpoints_before(timeline, target);
	/* Not that very place again. */
	if (all->start &&
	    same_position(target, &all->places[all->start].position))
		to = way_before(timeline, target);
	from = start_of(timeline, all->start);
	err = look_closely(timeline, &from, &to);
	while (!err && !timeline->found_stop.kind &&
	       !is_begin(timeline, &from)) {
		timeline->is_part = 1;
		to = way_before(timeline, &from);
		err = look_closely(timeline, &from, &to);
	}
	timeline->is_part = 0;
	all->start = 0; /* what was found is before bound still */
	return err;
}

static int reverse_continue(struct timeline *timeline)
{
	struct position target = timeline->now;
	int err;

	if (is_begin(timeline, &target))
		return go_to_begin(timeline);
	err = find_last(timeline, &target);
	if (err)
		return err;
	return timeline->found_stop.kind ? go_to_found(timeline) :
					   go_to_begin(timeline);
}

int timeline_reverse_continue(struct timeline *timeline)
{
	const struct replay_task *task = timeline_current(timeline);
	struct position here = timeline->now;
	pid_t thread = task ? task->recorded_tid : 0;

	return give_up(timeline, &here, thread,
		       timeline_carefully(timeline, &here,
					  reverse_continue(timeline),
					  reverse_continue));
}
