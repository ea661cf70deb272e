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
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <time.h>

#include "replay/checkpoint.h"
#include "replay/timeline.h"
#include "traces/report.h"

#define PLACES_MAX 24u
#define INTERVAL_NS 50000000u /* between checkpoints, at first */
#define COST_FACTOR 20u	      /* taking them is so small a part of it all */
#define MEMORY_PART 4u	      /* of all memory that they may take */

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
		if (i == all->base || i == all->bound)
			i++;
		else
			remove_place(timeline, i);
		i++;
	}
}

static void limit(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	size_t before = all->count + 1;

	while (all->count < before && (all->count > PLACES_MAX ||
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

	(void)signal;
	if (timeline)
		timeline->checkpoints.is_due = 1;
}

void timeline_checkpoints_start(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;
	struct sigaction action = { .sa_handler = on_tick,
				    .sa_flags = SA_RESTART };
	uint64_t us = all->interval_ns / 1000;
	struct itimerval interval = {
		{ (time_t)(us / 1000000), (suseconds_t)(us % 1000000) },
		{ (time_t)(us / 1000000), (suseconds_t)(us % 1000000) },
	};

	ticking = timeline;
	all->is_due = 0;
	all->base_ns = now_ns();
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &interval, NULL);
}

void timeline_checkpoints_stop(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
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
	uint64_t start = now_ns(), cost;

	if (take(timeline, trap, &place)) {
		all->interval_ns *= 2;
		return;
	}
	all->places = xrealloc(all->places, (all->count + 1) *
			       sizeof(*all->places));
	all->base++;
	memmove(&all->places[all->base + 1], &all->places[all->base],
		(all->count - all->base) * sizeof(*all->places));
	if (all->bound >= all->base)
		all->bound++;
	all->places[all->base] = place;
	all->count++;
	all->base_ns = now_ns();
	cost = all->base_ns - start;
	if (!all->is_interval_given &&
	    all->interval_ns < cost * COST_FACTOR)
		all->interval_ns = cost * COST_FACTOR;
	limit(timeline);
}

void timeline_checkpoints_between(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;

	if (!all->is_due)
		return;
	all->is_due = 0;
	if (timeline->mode != PASS_COUNTS && is_in_order(timeline) &&
	    now_ns() - all->base_ns >= all->interval_ns / 2)
		add(timeline, NULL);
}

void timeline_checkpoints_add(struct timeline *timeline)
{
	if (is_in_order(timeline))
		add(timeline, NULL);
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

void timeline_checkpoints_near(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;

	drop(timeline, &all->near);
	if (take(timeline, NULL, &all->near))
		all->near.state = NULL;
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
	return is_good(place) && !timeline->is_lost ?
		restore(timeline, place) :
		timeline_go(timeline, &place->position);
}

/* ---- from the beginning to the end ---- */

int timeline_checkpoints_init(struct timeline *timeline)
{
	struct timeline_checkpoints *all = &timeline->checkpoints;

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
