/* SPDX-License-Identifier: MIT */
/*
 * Breakpoints and watched memory of a debugger.  They are in the replayed
 * memory and registers only while a task runs: whoever looks at it when it has
 * stopped, the debugger or the replay, sees the program's own.
 */
#ifndef REEL_BREAKPOINT_H
#define REEL_BREAKPOINT_H

#include "replay/replayer.h"
#include "replay/watch.h"

struct gdb_condition;

#define BREAKPOINTS_MAX 4096u
#define BREAKPOINTS_INSERTED_MAX (2 * BREAKPOINTS_MAX + 4)
#define WATCHES_MAX 48u /* of a process */
#define WATCHED_MAX (1u << 20) /* bytes, of these */

/* Numbers as in the packets Z0 to Z4. */
enum break_kind {
	BREAK_SOFTWARE,
	BREAK_HARDWARE,
	WATCH_WRITE,
	WATCH_READ,
	WATCH_ACCESS,
};

struct breakpoint {
	enum break_kind kind;
	pid_t process; /* recorded */
	uint64_t program; /* the one of its programs that it is in */
	remote_addr address;
	uint64_t length; /* watched */
	int is_soft;	 /* watched: there was no debug register left */
	uint64_t hits;	 /* since breakpoints_count_anew() */
	uint8_t *bytes;	 /* watched: as last seen */
	const struct gdb_condition *condition; /* the server's; NULL: none */
};

struct breakpoints {
	struct breakpoint *all;
	size_t count;
	/* Numbers of the program that a process runs now. */
	uint64_t (*program_of)(const void *context, pid_t process);
	const void *context;
	/* Whether the task meets the condition of what it arrived at. */
	int (*is_met)(void *judge, struct replay_task *task,
		      const struct gdb_condition *condition);
	void *judge;
	/* What is in the task now. */
	struct {
		remote_addr address;
		uint8_t original;
	} inserted[BREAKPOINTS_INSERTED_MAX];
	size_t inserted_count;
	struct watch watch;
	int is_careful; /* no debug registers: the machine lost a reason */
};

void breakpoints_deinit(struct breakpoints *breakpoints);

/* -ENOSPC, -EINVAL or 0; not reported. */
int breakpoints_add(struct breakpoints *breakpoints, enum break_kind kind,
		    pid_t process, remote_addr address, uint64_t length);
int breakpoints_remove(struct breakpoints *breakpoints, enum break_kind kind,
		       pid_t process, remote_addr address, uint64_t length);
/* The one that was added so; lengths of code don't count.  NULL: none. */
struct breakpoint *breakpoints_find(struct breakpoints *breakpoints,
				    enum break_kind kind, pid_t process,
				    remote_addr address, uint64_t length);
void breakpoints_forget(struct breakpoints *breakpoints, pid_t process);
/* Those of the program alone that the process runs now. */
void breakpoints_forget_program(struct breakpoints *breakpoints,
				pid_t process);
void breakpoints_copy(struct breakpoints *breakpoints, pid_t from, pid_t to);
void breakpoints_count_anew(struct breakpoints *breakpoints);

/* The one to execute at this address, or NULL. */
struct breakpoint *breakpoints_at(struct breakpoints *breakpoints,
				  pid_t process, remote_addr address);
/* With a condition that the task meets, or none. */
struct breakpoint *breakpoints_met(struct breakpoints *breakpoints,
				   struct replay_task *task,
				   remote_addr address);
int breakpoints_is_met(const struct breakpoints *breakpoints,
		       const struct breakpoint *one,
		       struct replay_task *task);
/* Of a place that a breakpoint is at. */
void breakpoints_set_condition(struct breakpoints *breakpoints,
			       enum break_kind kind, pid_t process,
			       remote_addr address,
			       const struct gdb_condition *condition);
int breakpoints_any(const struct breakpoints *breakpoints, pid_t process,
		    int is_watch);

/* Into the task, which is stopped, and out again. */
void breakpoints_insert_code(struct breakpoints *breakpoints,
			     struct replay_task *task, remote_addr address);
void breakpoints_insert(struct breakpoints *breakpoints,
			struct replay_task *task);
/* One that is watched whatever else is: before the others. */
void breakpoints_watch_one(struct breakpoints *breakpoints,
			   struct replay_task *task, remote_addr address,
			   uint64_t length, enum break_kind kind, int is_soft);
/* Those of the process. */
void breakpoints_watch(struct breakpoints *breakpoints,
		       struct replay_task *task);
/* -EIO, reported: the task's memory is not what it was. */
int breakpoints_take_out(struct breakpoints *breakpoints,
			 struct replay_task *task);
/* The task ended with them. */
void breakpoints_lose(struct breakpoints *breakpoints);
int breakpoints_is_inserted(const struct breakpoints *breakpoints,
			    remote_addr address);
/* Where it was met, as one of these regions (watch_met()); or NULL. */
const struct watch_region *
breakpoints_region(const struct breakpoints *breakpoints, uint64_t met,
		   enum break_kind kind, remote_addr address, uint64_t length);

/*
 * Watched memory (for writing or any access) of the process whose bytes are not
 * what they were when this was called last, and where they differ first; or
 * NULL.
 */
struct breakpoint *breakpoints_changed(struct breakpoints *breakpoints,
				       struct replay_task *task,
				       remote_addr *address_out);

#endif
