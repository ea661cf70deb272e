/* SPDX-License-Identifier: MIT */
/*
 * Watched memory, while a task runs: by the debug registers, or, where these
 * are too few, by protecting its pages and looking at each instruction that
 * faults there.  When the task has stopped nothing of that is left in it.
 */
#ifndef REEL_WATCH_H
#define REEL_WATCH_H

#include <signal.h>
#include <sys/types.h>

#include "replay/memory_access.h"

struct replay_task;

#define WATCH_REGISTERS 4u
#define WATCH_REGIONS 64u
#define WATCH_CLOSED 256u /* pieces of mappings */

/* Of the debug control register (Intel SDM volume 3, chapter 18). */
#define WATCH_HOW_WRITE 1u
#define WATCH_HOW_ACCESS 3u

/* How it came to where it stopped. */
enum watch_stop {
	WATCH_STEPPED, /* by one instruction */
	WATCH_RAN,
	WATCH_OWN, /* by itself, and the stop is the program's own */
};

enum watch_kind { WATCH_FOR_WRITES, WATCH_FOR_READS, WATCH_FOR_BOTH };

struct watch_region {
	remote_addr address;
	uint64_t length;
	enum watch_kind kind;
	int is_soft;	    /* by page protection */
	unsigned registers; /* bits: those that are for it */
	uint8_t *before;    /* its content before; or NULL */
	remote_addr met_at; /* the first byte, or one near it */
};

struct watch {
	struct watch_region regions[WATCH_REGIONS];
	unsigned count;
	int is_set; /* debug registers are */
	struct {
		remote_addr address;
		unsigned length, how;
		int is_used;
		uint64_t saved;
	} registers[WATCH_REGISTERS];
	uint64_t saved_control;
	struct {
		remote_addr start, end;
		int protection;
	} closed[WATCH_CLOSED];
	unsigned closed_count;
	int is_incomplete; /* something could not be watched */
	struct registers before; /* the step */
	unsigned met; /* bits: registers that the last stop was for */
	int is_stop;  /* for these alone */
	int is_ambiguous; /* of met, it may be some */
	struct memory_access accesses[ACCESSES_MAX];
	unsigned access_count;
};

/* The longest piece from there on that a debug register can watch. */
unsigned watch_piece(remote_addr address, uint64_t length);

/* Nothing is watched any more; the task is as it was. */
void watch_clear(struct watch *watch);
/*
 * Watches it from now on, softly if that is said, or where there are not enough
 * debug registers left.
 */
void watch_add(struct watch *watch, struct replay_task *task,
	       const struct watch_region *region);
/* Before the task runs: soft regions' pages become inaccessible. */
void watch_close(struct watch *watch, struct replay_task *task);
/* Whether a stop is for one of these, and for nothing in the program. */
int watch_is_fault(const struct watch *watch, const struct replay_task *task,
		   int status);
/* Before a single step: what it is going to do. */
void watch_look(struct watch *watch, struct replay_task *task);
/*
 * Why it has stopped by this SIGTRAP, whose reason may be lost; for the next
 * two.  Before watch_take_out().
 */
void watch_take_reason(struct watch *watch, struct replay_task *task,
		       const siginfo_t *info, enum watch_stop stop);
/* Whether a debug register stopped it, be it a region that is met or not. */
int watch_has_stopped(const struct watch *watch);
/*
 * The regions that were met, a bit for each; after a step, soft ones, too.
 * Before watch_take_out().
 */
uint64_t watch_met(struct watch *watch, struct replay_task *task, int is_step);
/* Out of the task again, which has stopped; the regions are known still. */
int watch_take_out(struct watch *watch, struct replay_task *task);
/* The task is gone. */
void watch_forget(struct watch *watch);
void watch_deinit(struct watch *watch);

#endif
