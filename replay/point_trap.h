/* SPDX-License-Identifier: MIT */
/* A trap at the place of a point: set, met, removed. */
#ifndef REEL_POINT_TRAP_H
#define REEL_POINT_TRAP_H

#include "replay/point_code.h"
#include "replay/replayer.h"

#define POINT_GUARDS 8u

/* A page that holds the code, made read-only: where, and as it was. */
struct point_guard {
	remote_addr page;
	int protection;
};

struct point_trap {
	struct replayer *replayer;
	struct replay_task *task;
	const struct event *event;
	remote_addr rip;	/* of the point */
	struct point_code code;
	remote_addr area;	/* mapped for the code; 0: none */
	remote_addr landing;	/* where the jump at rip leads to */
	uint64_t area_length;
	uint8_t entries;	/* offsets from rip where instructions begin */
	int has_jump;		/* at rip */
	int has_register;	/* a debug register is for rip */
	int is_hidden;		/* the jump, for the moment */
	unsigned pristine;	/* pages of it that were still the file's */
	int is_shared;		/* the page, with others */
	int is_open;		/* to writes in too many ways to guard it */
	uint8_t original[CODE_REPLACED_MAX], jump[CODE_JUMP_LENGTH];
	struct point_guard guards[POINT_GUARDS];
	unsigned guard_count;
	unsigned writes;	/* seen, to guarded pages */
	unsigned entered;	/* so often, in the middle of the jump */
};

/*
 * The task is stopped and not in a call; trap->code.tests says what to compare.
 * 0, REPLAY_DIVERGED or negative.
 */
int point_trap_set(struct point_trap *trap);

/* Runs the task to the trap: its registers are as at rip. */
int point_trap_run(struct point_trap *trap);

/* Whose a stop is, of a task that runs while the trap is set. */
enum point_stop {
	POINT_STOP_OTHER,
	POINT_STOP_DONE, /* the trap's, and dealt with: the task may go on */
	POINT_STOP_MET,	 /* it is at the trap */
};

/* For who runs the task otherwise than by point_trap_run(). */
int point_trap_take(struct point_trap *trap, int status,
		    enum point_stop *stop_out);

/* From there on, as if there were no trap. */
int point_trap_go_on(struct point_trap *trap);

/* What the code saved is not memory of the program's. */
int point_trap_clear_saved(struct point_trap *trap);

/* One more test; the task is at the trap. */
int point_trap_add_test(struct point_trap *trap, const struct point_test *test);

/* The program's memory as it is without the trap, and back. */
void point_trap_hide(struct point_trap *trap);
void point_trap_show(struct point_trap *trap);

void point_trap_remove(struct point_trap *trap);

#endif
