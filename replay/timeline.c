/* SPDX-License-Identifier: MIT */
#include "replay/timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "replay/inspect.h"
#include "traces/report.h"

/* ---- positions ---- */

/* What comes after an arrival at an instruction is not that arrival again. */
static int can_join(const struct leg *last, const struct leg *leg)
{
	if (last->kind != leg->kind)
		return 0;
	return leg->kind == LEG_STEPS ||
	       (leg->kind == LEG_BREAK && last->address == leg->address);
}

/*
 * Arrivals at one instruction, a step from there, and arrivals there again: the
 * same as all these arrivals, since a pass steps over each of them.
 */
static int can_join_over_step(const struct position *position,
			      const struct leg *leg)
{
	const struct leg *before;

	if (leg->kind != LEG_BREAK || position->leg_count < 2)
		return 0;
	before = &position->legs[position->leg_count - 2];
	return before->kind == LEG_BREAK && before->address == leg->address &&
	       before[1].kind == LEG_STEPS && before[1].count == 1;
}

void position_append(struct position *position, const struct leg *leg)
{
	struct leg *last = position->leg_count ?
		&position->legs[position->leg_count - 1] : NULL;

	if (last && can_join(last, leg)) {
		last->count += leg->count;
	} else if (can_join_over_step(position, leg)) {
		last[-1].count += leg->count;
		position->leg_count--;
	} else {
		bug_unless(position->leg_count < LEGS_MAX,
			   "a trail of more than %u legs", LEGS_MAX);
		position->legs[position->leg_count++] = *leg;
	}
}

static int same_leg(const struct leg *a, const struct leg *b)
{
	return a->kind == b->kind && a->count == b->count &&
	       a->address == b->address && a->watch == b->watch &&
	       a->length == b->length && a->is_soft == b->is_soft &&
	       a->state.memory == b->state.memory &&
	       a->state.vectors == b->state.vectors &&
	       !memcmp(&a->state.registers, &b->state.registers,
		       sizeof(a->state.registers));
}

int position_leads_to(const struct position *a, const struct position *b)
{
	if (a->event != b->event)
		return a->event < b->event;
	if (a->leg_count > b->leg_count)
		return 0;
	for (size_t i = 0; i < a->leg_count; i++)
		if (!same_leg(&a->legs[i], &b->legs[i]))
			return 0;
	return 1;
}

/* ---- processes ---- */

int timeline_is_attached(const struct timeline *timeline, pid_t process)
{
	for (size_t i = 0; i < timeline->attached_count; i++)
		if (timeline->attached[i] == process)
			return 1;
	return 0;
}

void timeline_attach(struct timeline *timeline, pid_t process)
{
	if (!timeline_is_attached(timeline, process) &&
	    timeline->attached_count < ATTACHED_MAX)
		timeline->attached[timeline->attached_count++] = process;
}

/* Number of the event that the process began with. */
static uint64_t birth_of(const struct timeline *timeline, pid_t process)
{
	for (size_t i = 0; i < timeline->image_count; i++)
		if (timeline->images[i].process == process)
			return timeline->images[i].event;
	return 0;
}

/* Before all that are left began there is nothing for the debugger. */
static void begin_later(struct timeline *timeline)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < timeline->attached_count; i++) {
		uint64_t birth = birth_of(timeline, timeline->attached[i]);

		if (birth < first)
			first = birth;
	}
	if (timeline->attached_count && first + 1 > timeline->begin.event) {
		memset(&timeline->begin, 0, sizeof(timeline->begin));
		timeline->begin.event = first + 1;
	}
}

void timeline_detach(struct timeline *timeline, pid_t process)
{
	size_t kept = 0;

	for (size_t i = 0; i < timeline->attached_count; i++)
		if (timeline->attached[i] != process)
			timeline->attached[kept++] = timeline->attached[i];
	timeline->attached_count = kept;
	breakpoints_forget(&timeline->breakpoints, process);
	begin_later(timeline);
}

struct replay_task *timeline_task(struct timeline *timeline, pid_t thread)
{
	return inspect_find(timeline->replayer, thread);
}

struct replay_task *timeline_current(struct timeline *timeline)
{
	struct replay_task *task = NULL;
	const struct event *event;

	if (!replay_peek(timeline->replayer, &event))
		task = replay_find(timeline->replayer, event->task);
	if (task && timeline_is_attached(timeline, task->recorded_tgid))
		return task;
	for (task = inspect_next(timeline->replayer, NULL); task;
	     task = inspect_next(timeline->replayer, task))
		if (timeline_is_attached(timeline, task->recorded_tgid))
			return task;
	return NULL;
}

int timeline_browse(struct timeline *timeline, uint64_t number,
		    struct event *event_out)
{
	int err = trace_reader_seek(timeline->browser, number);

	if (!err)
		err = trace_reader_next(timeline->browser, event_out);
	return err > 0 ? report(-ERANGE, "no event %" PRIu64, number) : err;
}

/* ---- open, close ---- */

static int start(struct timeline *timeline)
{
	int err = replay_open(&timeline->options, &timeline->summary,
			      &timeline->replayer);

	if (err)
		return err;
	timeline->now.event = 1;
	timeline->replayer->watcher = &timeline->watcher;
	timeline->replayer->keeps_checkpoints = 1;
	return timeline_checkpoints_init(timeline);
}

int timeline_open(const char *trace_path, struct timeline **timeline_out)
{
	struct timeline *timeline = xcalloc(1, sizeof(*timeline));
	int err;

	timeline->watcher.run = timeline_run;
	timeline->watcher.reach = timeline_reach;
	timeline->options.trace_path = trace_path;
	timeline->options.quiet = 1;
	timeline->breakpoints.program_of = timeline_program;
	timeline->breakpoints.context = timeline;
	err = trace_reader_open(trace_path, &timeline->browser);
	if (!err)
		err = start(timeline);
	if (err) {
		timeline_close(timeline);
		return err;
	}
	*timeline_out = timeline;
	return 0;
}

void timeline_close(struct timeline *timeline)
{
	if (!timeline)
		return;
	timeline_checkpoints_deinit(timeline);
	replay_close(timeline->replayer);
	trace_reader_close(timeline->browser);
	breakpoints_deinit(&timeline->breakpoints);
	timeline_free_images(timeline);
	free(timeline);
}

void timeline_interrupt(struct timeline *timeline)
{
	timeline->is_interrupted = 1;
	if (timeline->running > 0)
		kill(timeline->running, SIGSTOP);
}

/* ---- what happens at events ---- */

static int is_at_target(const struct timeline *timeline)
{
	const struct position *now = &timeline->now;
	const struct position *target = timeline->target;
	size_t count = now->leg_count;

	/* In the middle of steps there are some of the leg's. */
	return target && target->event == now->event &&
	       target->leg_count == count &&
	       (!count || target->legs[count - 1].count ==
			  now->legs[count - 1].count);
}

/* An event happened in the middle of a trail that was to be followed. */
static int is_past_target(const struct timeline *timeline)
{
	return timeline->target &&
	       timeline->now.event > timeline->target->event;
}

int timeline_notice(struct timeline *timeline, const struct leg *leg,
		    const struct debug_stop *stop)
{
	if (timeline_is_held(timeline, stop))
		return 0;
	if (timeline->mode == PASS_RECORDS) {
		if (!leg && !timeline->is_part &&
		    is_at_target(timeline) && stop->kind != STOP_EXEC &&
		    stop->kind != STOP_WATCH)
			return 0;
		timeline->found = timeline->now;
		if (leg)
			position_append(&timeline->found, leg);
		timeline->found_stop = *stop;
		if (!timeline->notices_left || --timeline->notices_left)
			return 0;
		timeline->cut = -E2BIG;
		return REPLAY_STOPPED;
	}
	if (timeline->mode != PASS_STOPS)
		return 0;
	if (leg) {
		position_append(&timeline->now, leg);
		timeline->is_at_leg = 1;
		breakpoints_count_anew(&timeline->breakpoints);
	}
	timeline->stop = *stop;
	return REPLAY_STOPPED;
}

static int is_last_of_process(struct timeline *timeline,
			      const struct replay_task *task)
{
	const struct replay_task *other = NULL;

	while ((other = inspect_next(timeline->replayer, other)))
		if (other != task && other->recorded_tgid ==
		    task->recorded_tgid)
			return 0;
	return 1;
}

/* A process that ends is looked at for the last time before that. */
static int before_event(struct timeline *timeline, const struct event *event)
{
	struct replay_task *task = replay_find(timeline->replayer,
					       event->task);
	struct debug_stop stop = { .kind = STOP_END };

	if (event->kind != EVENT_EXIT || !task ||
	    timeline->attached_count != 1 ||
	    !timeline_is_attached(timeline, task->recorded_tgid) ||
	    !is_last_of_process(timeline, task) ||
	    timeline->mode != PASS_STOPS)
		return 0;
	stop.process = task->recorded_tgid;
	stop.thread = task->recorded_tid;
	return timeline_notice(timeline, NULL, &stop);
}

/* What of the event must be known behind it, when its task may be gone. */
struct passed {
	enum event_kind kind;
	uint32_t task, child;
	int is_entered, is_catched;
	struct debug_stop stop;
};

static int is_new_process(const struct effect *made)
{
	return made && !(made->extent & CLONE_THREAD);
}

static void look_at(struct timeline *timeline, const struct event *event,
		    struct passed *passed)
{
	const struct replay_task *task = replay_find(timeline->replayer,
						     event->task);
	const struct effect *made = event_find_effect(event, EFFECT_TASK);

	*passed = (struct passed){ .kind = event->kind, .task = event->task };
	passed->stop.number = event->detail;
	passed->is_entered = event->kind == EVENT_SYSCALL ||
			     event->kind == EVENT_SYSCALL_ENTER;
	if (event->kind == EVENT_CLONE && is_new_process(made)) {
		passed->child = made->id;
		passed->stop.kind = made->extent & CLONE_VFORK ?
				    STOP_VFORK : STOP_FORK;
		passed->stop.child = (pid_t)made->offset;
	}
	if (!task)
		return;
	passed->stop.process = task->recorded_tgid;
	passed->stop.thread = task->recorded_tid;
	if (event->kind == EVENT_EXIT && is_last_of_process(timeline, task))
		passed->stop.kind = STOP_EXITED;
	if (event->kind == EVENT_SYSCALL_EXIT)
		passed->stop.number = task->call.number;
}

static int behind_fork(struct timeline *timeline, const struct passed *passed)
{
	int is_vfork = passed->stop.kind == STOP_VFORK;

	if (is_vfork ? !timeline->reports_vforks : !timeline->reports_forks)
		return 0;
	if (timeline->mode == PASS_STOPS) {
		timeline_attach(timeline, passed->stop.child);
		if (is_vfork)
			timeline->vforked = passed->task;
		else
			breakpoints_copy(&timeline->breakpoints,
					 passed->stop.process,
					 passed->stop.child);
		return timeline_notice(timeline, NULL, &passed->stop);
	}
	return 0;
}

static int behind_exec(struct timeline *timeline, struct passed *passed)
{
	const struct debug_image *image;

	image = timeline_image(timeline, passed->stop.process);
	passed->stop.kind = STOP_EXEC;
	passed->stop.path = image ? image->path : "";
	if (timeline->mode == PASS_STOPS)
		breakpoints_forget(&timeline->breakpoints,
				   passed->stop.process);
	return timeline->reports_execs ?
		timeline_notice(timeline, NULL, &passed->stop) : 0;
}

int timeline_catches(const struct timeline *timeline, int number)
{
	if (!timeline->catches_calls || number < 0)
		return 0;
	if (timeline->catches_all)
		return 1;
	for (size_t i = 0; i < timeline->catch_count; i++)
		if (timeline->catches[i] == (uint32_t)number)
			return 1;
	return 0;
}

static int behind_call(struct timeline *timeline, struct passed *passed)
{
	struct replay_task *task = replay_find(timeline->replayer,
					       passed->task);
	remote_addr address;
	struct breakpoint *changed = task ?
		breakpoints_changed(&timeline->breakpoints, task, &address) :
		NULL;

	if (changed) {
		passed->stop.kind = STOP_WATCH;
		passed->stop.watch = changed->kind;
		passed->stop.address = address;
		return timeline_notice(timeline, NULL, &passed->stop);
	}
	if (passed->kind == EVENT_SYSCALL_ENTER ||
	    (passed->kind != EVENT_SYSCALL &&
	     passed->kind != EVENT_SYSCALL_EXIT))
		return 0;
	if (timeline->vforked == passed->task &&
	    timeline->mode == PASS_STOPS) {
		timeline->vforked = 0;
		timeline->next_stop = passed->stop;
		timeline->next_stop.kind = STOP_CALL_RETURN;
		passed->stop.kind = STOP_VFORK_DONE;
		return timeline_notice(timeline, NULL, &passed->stop);
	}
	if (timeline_catches(timeline, passed->stop.number)) {
		passed->stop.kind = STOP_CALL_RETURN;
		return timeline_notice(timeline, NULL, &passed->stop);
	}
	return 0;
}

static int behind_end(struct timeline *timeline, const struct passed *passed)
{
	if (timeline->mode != PASS_STOPS)
		return 0;
	timeline_detach(timeline, passed->stop.process);
	return timeline_notice(timeline, NULL, &passed->stop);
}

static int is_step_over(struct timeline *timeline, const struct passed *passed)
{
	struct replay_task *task;

	if (!timeline->stepped || timeline->stepped != passed->task ||
	    timeline->mode != PASS_STOPS)
		return 0;
	task = replay_find(timeline->replayer, passed->task);
	return task && !task->is_in_call && passed->kind != EVENT_DIGEST &&
	       passed->kind != EVENT_NOTE && passed->kind != EVENT_POINT &&
	       passed->kind != EVENT_CLONE &&
	       (replay_get_registers(timeline->replayer, task) ||
		inspect_has_place(task));
}

static int behind_event(struct timeline *timeline, struct passed *passed)
{
	struct debug_stop step = passed->stop;
	int err = 0;

	if (!timeline_is_attached(timeline, passed->stop.process))
		return 0;
	if (passed->stop.kind == STOP_FORK || passed->stop.kind == STOP_VFORK)
		err = behind_fork(timeline, passed);
	else if (passed->stop.kind == STOP_EXITED)
		err = behind_end(timeline, passed);
	else if (passed->kind == EVENT_EXEC)
		err = behind_exec(timeline, passed);
	else
		err = behind_call(timeline, passed);
	if (err || !is_step_over(timeline, passed))
		return err;
	step.kind = STOP_STEP;
	return timeline_notice(timeline, NULL, &step);
}

/* ---- passes ---- */

int timeline_one_event(struct timeline *timeline)
{
	struct passed passed;
	const struct event *event;
	int err = replay_peek(timeline->replayer, &event);

	if (!err)
		err = before_event(timeline, event);
	if (err)
		return err;
	look_at(timeline, event, &passed);
	err = replay_next(timeline->replayer);
	if (err)
		return err;
	timeline_add_image(timeline, event);
	timeline_follow_names(timeline, event);
	timeline->now.event = event->number + 1;
	timeline->now.leg_count = 0;
	timeline->leg_hits = 0;
	timeline->has_run = 0;
	breakpoints_count_anew(&timeline->breakpoints);
	timeline_checkpoints_pass(timeline);
	timeline_checkpoints_between(timeline);
	return behind_event(timeline, &passed);
}

static void end_of_trace(struct timeline *timeline)
{
	struct replay_task *task = timeline_current(timeline);

	timeline->stop = (struct debug_stop){ .kind = STOP_END };
	if (task) {
		timeline->stop.process = task->recorded_tgid;
		timeline->stop.thread = task->recorded_tid;
	}
}

static void refresh_watched(struct timeline *timeline)
{
	struct replay_task *task = NULL;
	remote_addr address;

	while ((task = inspect_next(timeline->replayer, task)))
		breakpoints_changed(&timeline->breakpoints, task, &address);
}

int timeline_pass(struct timeline *timeline, enum pass_mode mode,
		  struct position *target)
{
	int err = 0;

	if (timeline->is_lost)
		return -EIO;
	timeline->mode = mode;
	timeline->target = target;
	timeline->leg_hits = 0;
	timeline->is_reached = 0;
	timeline->cut = 0;
	timeline->found_stop.kind = STOP_NONE;
	timeline->stop = (struct debug_stop){ .kind = STOP_NONE };
	breakpoints_count_anew(&timeline->breakpoints);
	if (timeline->breakpoints.count)
		refresh_watched(timeline);
	timeline_checkpoints_start(timeline);
	while (!err && !is_at_target(timeline) && !is_past_target(timeline))
		err = timeline_one_event(timeline);
	timeline_checkpoints_stop();
	if (err == REPLAY_ENDED) {
		end_of_trace(timeline);
		return 0;
	}
	if (err == REPLAY_STOPPED && timeline->cut)
		timeline->now.event = UINT64_MAX; /* no trail says where */
	if (!err || err == REPLAY_STOPPED)
		return timeline->cut;
	timeline->is_lost = 1;
	return err > 0 ? -EIO : err;
}

int timeline_try(struct timeline *timeline, const struct position *target)
{
	struct position copy = *target;
	int err = timeline->is_lost ? -EIO :
		timeline_checkpoints_return(timeline, &copy);

	timeline->next_stop.kind = STOP_NONE;
	if (!err)
		err = timeline_pass(timeline, PASS_FOLLOWS, &copy);
	timeline->target = NULL;
	if (err || (timeline->now.event == copy.event &&
		    timeline->now.leg_count == copy.leg_count))
		return err;
	return REPLAY_STOPPED;
}

int timeline_go(struct timeline *timeline, const struct position *target)
{
	uint64_t event = target->event;
	int err = timeline_try(timeline, target);

	if (err != REPLAY_STOPPED)
		return err;
	timeline->is_lost = 1;
	return report(-EIO, "the replay did not come back to event %" PRIu64,
		      event);
}

/*
 * The return of vfork, where the debugger was told of the end of that: it
 * catches no calls meanwhile.
 */
static int take_next_stop(struct timeline *timeline)
{
	struct debug_stop stop = timeline->next_stop;

	timeline->next_stop.kind = STOP_NONE;
	if (stop.kind == STOP_NONE ||
	    !timeline_catches(timeline, stop.number))
		return 0;
	timeline->stop = stop;
	return 1;
}

int timeline_carefully(struct timeline *timeline, const struct position *here,
		       int err, int (*go_on)(struct timeline *timeline))
{
	int interrupted = timeline->is_interrupted;

	if (err != -EAGAIN)
		return err;
	do {
		timeline->is_interrupted = 0;
		err = timeline_go(timeline, here);
	} while (err == -EINTR);
	timeline->is_interrupted |= interrupted;
	timeline->breakpoints.is_careful = 1;
	if (!err)
		err = go_on(timeline);
	timeline->breakpoints.is_careful = 0;
	return err;
}

static int to_next_stop(struct timeline *timeline)
{
	timeline_checkpoints_forward(timeline);
	return timeline_pass(timeline, PASS_STOPS, NULL);
}

static int run_forwards(struct timeline *timeline)
{
	struct position here = timeline->now;

	return timeline_carefully(timeline, &here, to_next_stop(timeline),
				  to_next_stop);
}

int timeline_continue(struct timeline *timeline)
{
	if (take_next_stop(timeline))
		return 0;
	timeline->stepped = 0;
	return run_forwards(timeline);
}

int timeline_step(struct timeline *timeline, pid_t thread, remote_addr start,
		  remote_addr end)
{
	struct replay_task *task = timeline_task(timeline, thread);
	int err;

	if (take_next_stop(timeline))
		return 0;
	timeline->stepped = task ? task->task.serial : 0;
	timeline->range_start = start;
	timeline->range_end = end;
	timeline->left = task && !replay_get_registers(timeline->replayer,
						       task) &&
			 inspect_is_within(task) ?
		inspect_program_place(task) : 0;
	err = run_forwards(timeline);
	timeline->stepped = 0;
	return err;
}

/* "memfd:NAME (deleted)" is called NAME, and so is a path that ends in it. */
static int is_called(const char *path, const char *name)
{
	const char *base = strrchr(path, '/');
	size_t length = strlen(name);

	base = base ? base + 1 : path;
	if (!strncmp(base, "memfd:", 6) && strncmp(name, "memfd:", 6))
		base += 6;
	return !strcmp(path, name) ||
	       (!strncmp(base, name, length) &&
		(!base[length] || !strcmp(base + length, " (deleted)")));
}

static int is_wanted(const struct debug_image *image, pid_t process,
		     const char *name)
{
	if (process && image->process != process)
		return 0;
	return !name || is_called(image->path, name) ||
	       (image->is_exec && is_called(image->arguments, name));
}

static int has_image(const struct timeline *timeline, pid_t process,
		     const char *name)
{
	for (size_t i = 0; i < timeline->image_count; i++)
		if (is_wanted(&timeline->images[i], process, name))
			return 1;
	return 0;
}

static void begin_at(struct timeline *timeline, pid_t process,
		     const char *exec)
{
	timeline_attach(timeline, process);
	timeline->begin = timeline->now;
	if (exec)
		timeline->begin.event = birth_of(timeline, process) + 1;
}

int timeline_go_to_exec(struct timeline *timeline, pid_t process,
			const char *name, const char *exec)
{
	size_t seen = 0;
	int err = 0;

	timeline->mode = PASS_FOLLOWS;
	while (!err) {
		for (; seen < timeline->image_count; seen++) {
			struct debug_image *image = &timeline->images[seen];

			if (exec ? !image->is_exec ||
				   !is_wanted(image, process, exec) ||
				   !has_image(timeline, image->process, name) :
				   !is_wanted(image, process, name))
				continue;
			begin_at(timeline, image->process, exec);
			timeline_checkpoints_is_due(timeline);
			timeline_checkpoints_add(timeline, NULL);
			return 0;
		}
		err = timeline_one_event(timeline);
	}
	return err == REPLAY_ENDED ?
		report(-ESRCH, "no process of that name or number executed a "
		       "program%s%s", exec ? " called " : "",
		       exec ? exec : "") : err > 0 ? -EIO : err;
}
