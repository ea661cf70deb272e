/* SPDX-License-Identifier: MIT */
/* A task on its way to its event, under a timeline's eyes. */
#ifndef REEL_TIMELINE_RUN_H
#define REEL_TIMELINE_RUN_H

#include "replay/timeline.h"

enum outcome {
	OUTCOME_NATURAL, /* for the replay */
	OUTCOME_BREAK,
	OUTCOME_WATCH,
	OUTCOME_STEPPED,
	OUTCOME_FOREIGN, /* stopped by an interrupt */
	OUTCOME_NOTHING, /* it goes on */
};

struct run {
	struct timeline *timeline;
	struct replay_task *task;
	struct point_trap *trap; /* the event's or our own; or NULL */
	int is_plain;	 /* the trap's jump is out of the way */
	int is_stepping; /* over what it has arrived at */
	int status;
	uint64_t watches; /* regions that were met */
	int is_own;	    /* the trap is own: set for a leg's state */
	int is_without_own; /* no such trap can be set */
	struct point_trap own;
	uint64_t passes; /* that own counts down from; 0: none */
};

/* timeline_run.c */
/* The leg that the pass follows now, or NULL. */
const struct leg *run_next_leg(const struct timeline *timeline);
int run_step_once(struct run *run, const struct leg *leg,
		  enum outcome *outcome_out);
/* The leg is done: REPLAY_STOPPED when that was the last one. */
int run_end_leg(struct timeline *timeline, const struct leg *leg);
int run_meet_watches(struct run *run, const struct leg *leg);
/* In the trap's code. */
int run_is_in_block(const struct run *run);

/* timeline_state.c */
int run_get_state(struct run *run, struct debug_state *state_out);
int run_is_in_state(struct run *run, const struct debug_state *state);
/* Where the task was stopped for it, or soon after; or not at all. */
int run_take_checkpoint(struct run *run, int *is_natural);
/* Whether the pass counts arrivals now. */
int run_counts(const struct run *run);
/* Whether our own trap counts those of the leg. */
int run_is_counted(const struct run *run, const struct leg *leg);
/*
 * A leg to a state in a loop of many passes: a trap there stops the task only
 * when it is in that state, or nearly.  Or one to the last of many arrivals, or
 * what timeline->count_at wants: the trap counts.
 */
int run_choose_own_trap(struct run *run);
/* The task stopped, and not for the debugger. */
int run_meet_own_trap(struct run *run, int *is_natural);
void run_remove_own_trap(struct run *run);

#endif
