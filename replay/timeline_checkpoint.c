/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints of a timeline, taken on the way.  There are never more than so
 * many, nor do they take more than a part of the memory: when there would be,
 * every other one goes and they are taken half as often.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "replay/checkpoint.h"
#include "replay/timeline.h"
#include "traces/report.h"

#define PLACES_MAX 24u
#define INTERVAL_NS 50000000u /* between checkpoints, at first */
#define COST_FACTOR 20u	      /* taking them is so small a part of it all */
#define MEMORY_PART 4u	      /* of all memory that they may take */
#define FINE_MAX 32u	      /* places near to each other */
#define NEAR_NS 100000u	      /* what a pass may take to be near */
#define SHOTS_MAX 48u
#define SHOT_AGAIN_US 50
#define SLICE_NS 100000u /* the least there is */

static uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* ---- places ---- */

static int take(struct timeline *timeline, const struct point_trap *trap,
		struct place *place)
{
	place->state = NULL;
	place->position = timeline->now;
	place->vforked = timeline->vforked;
	return checkpoint_create(timeline->replayer, trap, &place->state);
}

static int restore(struct timeline *timeline, const struct place *place)
{
	int err = checkpoint_restore(timeline->replayer, place->state);

	if (err)
		timeline->is_lost = 1;
	timeline->now = place->position;
	timeline->is_at_leg = 1;
	timeline->vforked = place->vforked;
	timeline->leg_hits = 0;
	timeline->checkpoints.base =
		timeline_checkpoints_before(timeline, &timeline->now);
	timeline->checkpoints.base_ns = now_ns();
	return err;
}

static void drop(struct timeline *timeline, struct place *place)
{
	checkpoint_destroy(timeline->replayer, place->state);
	place->state = NULL;
}

static int is_good(const struct place *place)
{
	return place->state && !checkpoint_is_void(place->state);
}

/* ---- which are kept ---- */

static void remove_place(struct timeline *timeline, size_t number)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;

	drop(timeline, &all->places[number]);
	all->count--;
	memmove(&all->places[number], &all->places[number + 1],
		(all->count - number) * sizeof(*all->places));
	if (all->base >= number)
		all->base--;
	if (all->start >= number && all->start)
		all->start--;
	if (all->bound == number)
		all->bound = 0;
	else if (all->bound > number)
		all->bound--;
}

static void remove_void(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;

	for (size_t i = all->count; i-- > 1;)
		if (!is_good(&all->places[i]))
			remove_place(timeline, i);
	if (!is_good(&all->near))
		drop(timeline, &all->near);
}

static uint64_t bytes_of_all(const struct timeline_checkpoints *all)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < all->count; i++)
		bytes += checkpoint_bytes(all->places[i].state);
	return bytes;
}

static uint64_t bytes_limit(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? UINT64_MAX :
		(uint64_t)info.totalram * info.mem_unit / MEMORY_PART;
}

/* The last one stays, and those that a pass needs. */
static void thin_out(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	size_t i = 1;

	if (!all->is_interval_given)
		all->interval_ns *= 2;
	while (i + 1 < all->count) {
		if (all->places[i].is_fine) {
			i++;
			continue;
		}
		if (i == all->base || i == all->bound || i == all->start)
			i++;
		else
			remove_place(timeline, i);
		i++;
	}
}

static size_t count_kind(const struct timeline_checkpoints *all, int is_fine)
{
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++)
		count += all->places[i].is_fine == is_fine;
	return count;
}

static void drop_fine(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;

	for (size_t i = all->count; i-- > 1;)
		if (all->places[i].is_fine && i != all->base &&
		    i != all->bound && i != all->start)
			remove_place(timeline, i);
}

static void limit(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	size_t before = all->count + 1;

	while (all->count < before && (count_kind(all, 0) > PLACES_MAX ||
	       bytes_of_all(all) > bytes_limit())) {
		before = all->count;
		thin_out(timeline);
	}
}

/* ---- while passes run ---- */

static struct timeline *ticking; /* for the signal handler */

static void on_tick(int signal)
{
	struct timeline *timeline = ticking;
	int saved = errno;

	(void)signal;
	if (!timeline)
		return;
	timeline->checkpoints.is_due = 1;
	if (timeline->running > 0 && timeline->mode != PASS_COUNTS)
		kill(timeline->running, SIGSTOP);
	errno = saved;
}

static void set_timer(uint64_t first_us, uint64_t then_us)
{
	struct itimerval timer = {
		{ (time_t)(then_us / 1000000),
		  (suseconds_t)(then_us % 1000000) },
		{ (time_t)(first_us / 1000000),
		  (suseconds_t)(first_us % 1000000) },
	};

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* What it has used of the processor, whatever else that does meanwhile. */
static uint64_t used_ns(pid_t tid)
{
	struct timespec time;
	clockid_t clock;

	if (tid <= 0 || clock_getcpuclockid(tid, &clock) ||
	    clock_gettime(clock, &time))
		return 0;
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void timeline_checkpoints_resume(struct timeline *timeline, pid_t tid)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	uint64_t left;

	if (!all->shot_ns)
		return;
	left = all->shot_ns > all->run_ns ? all->shot_ns - all->run_ns : 0;
	all->run_ns -= used_ns(tid);
	set_timer(left / 1000 + 1, SHOT_AGAIN_US);
}

void timeline_checkpoints_stopped(struct timeline *timeline, pid_t tid)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;

	if (!all->shot_ns)
		return;
	all->run_ns += used_ns(tid);
	set_timer(0, 0);
}

void timeline_checkpoints_start(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	struct sigaction action = { .sa_handler = on_tick,
				    .sa_flags = SA_RESTART };
	sigset_t tick;

	ticking = timeline;
	all->is_due = all->is_taken = 0;
	all->base_ns = now_ns();
	sigemptyset(&tick);
	sigaddset(&tick, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &tick, NULL);
	sigaction(SIGALRM, &action, NULL);
	if (!all->shot_ns)
		set_timer(all->interval_ns / 1000, all->interval_ns / 1000);
}

void timeline_checkpoints_stop(void)
{
	set_timer(0, 0);
	ticking = NULL;
}

void timeline_checkpoints_pass(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;

	while (all->base + 1 < all->count) {
		const struct position *next =
			&all->places[all->base + 1].position;

		if (next->event > timeline->now.event ||
		    (next->event == timeline->now.event && next->leg_count))
			return;
		all->base++;
		all->base_ns = now_ns();
	}
}

#define FOREVER ((uint64_t)1000000000000)

/*
 * Twice the same place, and who looks for the one before it finds it again.  On
 * a busy machine a tick comes before the task has done anything.
 */
static int is_there(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	const struct position *now = &timeline->now;

	for (size_t i = 0; i < all->count; i++) {
		const struct position *at = &all->places[i].position;

		if (at->event != now->event ||
		    at->leg_count != now->leg_count ||
		    !is_good(&all->places[i]) || !position_leads_to(at, now))
			continue;
		all->base_ns = now_ns();
		if (all->shot_ns)
			all->shot_ns = FOREVER; /* no other in this pass */
		return 1;
	}
	return 0;
}

/* A place between those of base and the one after it, by all that is known. */
static int is_in_order(const struct timeline *timeline)
{
	const struct timeline_checkpoints *all = &timeline->checkpoints;
	const struct position *next;

	if (all->base + 1 == all->count || all->bound == all->base + 1)
		return 1;
	next = &all->places[all->base + 1].position;
	return next->event > timeline->now.event ||
	       (next->event == timeline->now.event &&
		!timeline->now.leg_count && next->leg_count);
}

static void add(struct timeline *timeline, const struct point_trap *trap)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	struct place place;
	uint64_t cost;

	if (take(timeline, trap, &place)) {
		all->interval_ns *= 2;
		return;
	}
	place.is_fine = all->shot_ns != 0;
	all->is_taken = 1;
	all->places = xrealloc(all->places, (all->count + 1) *
			       sizeof(*all->places));
	all->base++;
	memmove(&all->places[all->base + 1], &all->places[all->base],
		(all->count - all->base) * sizeof(*all->places));
	if (all->bound >= all->base)
		all->bound++;
	if (all->start >= all->base)
		all->start++;
	all->places[all->base] = place;
	all->count++;
	all->base_ns = now_ns();
	cost = all->base_ns - all->due_ns;
	if (!all->is_interval_given && !place.is_fine &&
	    all->interval_ns < cost * COST_FACTOR)
		all->interval_ns = cost * COST_FACTOR;
	limit(timeline);
}

int timeline_checkpoints_is_due(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	int is_due = all->is_due;

	all->is_due = 0;
	all->due_ns = now_ns();
	if (all->shot_ns)
		return is_due;
	return is_due && timeline->mode != PASS_COUNTS &&
	       is_in_order(timeline) &&
	       all->due_ns - all->base_ns >= all->interval_ns / 2;
}

void timeline_checkpoints_between(struct timeline *timeline)
{
	if (!timeline->checkpoints.shot_ns &&
	    timeline_checkpoints_is_due(timeline) && !is_there(timeline))
		add(timeline, NULL);
}

/* Where no place among the others is known for it. */
static void take_near(struct timeline *timeline, const struct point_trap *trap)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;

	drop(timeline, &all->near);
	if (take(timeline, trap, &all->near))
		all->near.state = NULL;
	else
		all->is_taken = 1;
}

void timeline_checkpoints_add(struct timeline *timeline,
			      const struct point_trap *trap)
{
	if (is_there(timeline))
		return;
	if (is_in_order(timeline))
		add(timeline, trap);
	else if (timeline->checkpoints.shot_ns)
		take_near(timeline, trap);
}

int timeline_checkpoints_is_shot(const struct timeline *timeline)
{
	return timeline->checkpoints.shot_ns && timeline->checkpoints.is_taken;
}

void timeline_checkpoints_forward(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;

	all->bound = all->start = 0;
	while (all->base + 1 < all->count &&
	       all->places[all->base + 1].position.event ==
	       timeline->now.event &&
	       all->places[all->base + 1].position.leg_count)
		remove_place(timeline, all->base + 1);
}

struct replay_task *
timeline_checkpoints_task(const struct timeline *timeline,
			  const struct debug_state *state, uint32_t serial)
{
	const struct timeline_checkpoints *all = &timeline->checkpoints;

	for (size_t i = 0; i < all->count; i++) {
		const struct position *at = &all->places[i].position;

		if (at->leg_count == 1 && at->legs[0].kind == LEG_STATE &&
		    !memcmp(&at->legs[0].state, state, sizeof(*state)) &&
		    is_good(&all->places[i]))
			return checkpoint_task(all->places[i].state, serial);
	}
	return NULL;
}

/* ---- going back ---- */

size_t timeline_checkpoints_before(const struct timeline *timeline,
				   const struct position *position)
{
	const struct timeline_checkpoints *all = &timeline->checkpoints;
	size_t i = all->count;

	while (--i && !(is_good(&all->places[i]) &&
			position_leads_to(&all->places[i].position, position)))
		;
	return i;
}

static int is_behind(const struct position *a, const struct position *b)
{
	return a->event > b->event ||
	       (a->event == b->event && a->leg_count > b->leg_count);
}

int timeline_checkpoints_return(struct timeline *timeline,
				const struct position *target)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	const struct place *best;

	remove_void(timeline);
	best = &all->places[timeline_checkpoints_before(timeline, target)];
	if (all->near.state &&
	    position_leads_to(&all->near.position, target) &&
	    is_behind(&all->near.position, &best->position))
		best = &all->near;
	if (position_leads_to(&timeline->now, target) &&
	    !is_behind(&best->position, &timeline->now))
		return 0;
	return restore(timeline, best);
}

const struct position *
timeline_checkpoints_previous(const struct timeline *timeline,
			      const struct position *place)
{
	const struct timeline_checkpoints *all = &timeline->checkpoints;
	size_t i = timeline_checkpoints_before(timeline, place);
	const struct position *at = &all->places[i].position;

	if (!i || at->event != place->event ||
	    at->leg_count != place->leg_count ||
	    all->places[i - 1].position.event != at->event ||
	    !is_good(&all->places[i - 1]))
		return NULL;
	return &all->places[i - 1].position;
}

struct position position_on_to(const struct position *from,
			       const struct position *to)
{
	struct position target = *to;

	if (from->event != to->event || !from->leg_count)
		return target;
	target = *from;
	for (size_t i = 0; i < to->leg_count; i++)
		position_append(&target, &to->legs[i]);
	return target;
}

/* ---- nearer and nearer ---- */

/* A pass from there to the target, or for so long; how long it took. */
static int try_pass(struct timeline *timeline, const struct position *from,
		    struct position *target, uint64_t *ns)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	int err = timeline_go(timeline, from);

	all->shot_ns = *ns;
	all->run_ns = 0;
	if (!err)
		err = timeline_pass(timeline, PASS_FOLLOWS, target);
	timeline->target = NULL;
	all->shot_ns = 0;
	*ns = all->run_ns;
	return err;
}

int timeline_checkpoints_narrow(struct timeline *timeline,
				struct position *from,
				struct position *target, unsigned patience)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	uint64_t ns = FOREVER, shot;
	unsigned misses = 0;
	struct position to = *target;
	int err;

	if (count_kind(all, 1) > FINE_MAX)
		drop_fine(timeline);
	err = try_pass(timeline, from, &to, &ns);
	for (unsigned i = 0; i < SHOTS_MAX && !err && ns > NEAR_NS &&
	     misses < patience; i++) {
		to = *target;
		shot = ns / 8 * (7 - 2 * (misses % 4));
		err = try_pass(timeline, from, &to, &shot);
		if (err)
			break;
		if (!all->is_taken) {
			misses++;
			ns = shot;
			continue;
		}
		misses = 0;
		*from = timeline->now;
		*target = to;
		ns = FOREVER;
		err = try_pass(timeline, from, &to, &ns);
	}
	return err;
}

/* ---- the person's ---- */

void timeline_place_take(struct timeline *timeline, struct place *place)
{
	if (take(timeline, NULL, place))
		place->state = NULL;
}

void timeline_checkpoints_every(struct timeline *timeline, uint64_t ns)
{
	timeline->checkpoints.interval_ns = ns;
	timeline->checkpoints.is_interval_given = 1;
}

void timeline_place_drop(struct timeline *timeline, struct place *place)
{
	drop(timeline, place);
}

int timeline_place_go(struct timeline *timeline, const struct place *place)
{
	timeline->next_stop.kind = STOP_NONE;
	return is_good(place) && !timeline->is_lost ?
		restore(timeline, place) :
		timeline_go(timeline, &place->position);
}

/*
 * A tick is of no use to who is let in only when the task has used its slice of
 * the processor that both share: a shorter one goes first (sched(7), Linux
 * 6.12).  An older kernel takes no notice.
 */
static void ask_for_short_slices(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attributes;

	if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) ||
	    attributes.policy != SCHED_OTHER)
		return;
	attributes.runtime = SLICE_NS;
	syscall(SYS_sched_setattr, 0, &attributes, 0);
}

/* ---- from the beginning to the end ---- */

int timeline_checkpoints_init(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;

	ask_for_short_slices();
	all->interval_ns = INTERVAL_NS;
	all->places = xcalloc(1, sizeof(*all->places));
	all->count = 1;
	if (take(timeline, NULL, &all->places[0]))
		return report(-ENODATA, "the trace has no events");
	return 0;
}

void timeline_checkpoints_deinit(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;

	for (size_t i = 0; i < all->count; i++)
		drop(timeline, &all->places[i]);
	drop(timeline, &all->near);
	free(all->places);
}
