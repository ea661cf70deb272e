/* SPDX-License-Identifier: MIT */
/*
 * Looks at the tasks of a replay that stands behind an event: replay_open(),
 * replay_to(), then these.  A task that ended at that event is no more; one
 * that is inside a call is where it entered it.
 */
#ifndef REEL_INSPECT_H
#define REEL_INSPECT_H

#include <stdio.h>

#include "replay/replay.h"
#include "src/code_module.h"
#include "src/process_maps.h"
#include "src/registers.h"

struct replay_task;

/* Number of the last event that was replayed; 0: none yet. */
uint64_t inspect_event(const struct replayer *replayer);

/*
 * replay_to() for events from 1 on: -ERANGE, reported, when the trace has no
 * such event or the replay is behind it already; a divergence is -EIO.
 */
int inspect_go(struct replayer *replayer, uint64_t event);

/* The same message for an event that a trace of count events has not. */
int inspect_check_event(uint64_t event, uint64_t count);

/* ---- tasks ---- */

/* The one with the next serial number after last's (NULL: the first). */
struct replay_task *inspect_next(const struct replayer *replayer,
				 const struct replay_task *last);

/* The task of the last event; NULL when it ended there. */
struct replay_task *inspect_current(const struct replayer *replayer);

/* By its recorded tid; else one of the process that is called so, or NULL. */
struct replay_task *inspect_find(const struct replayer *replayer, pid_t tid);

struct inspect_task {
	uint32_t serial;
	pid_t tid, tgid; /* recorded */
	pid_t replayed;	 /* the process that stands for it */
	int call;	 /* the system call that it is inside, or -1 */
};

struct inspect_task inspect_describe(const struct replay_task *task);

/* -ESRCH, reported, when the replayed task was killed. */
int inspect_registers(struct replayer *replayer, struct replay_task *task,
		      struct registers *registers_out);

/*
 * The task's registers, which are known, as the program has them: where it is
 * in a trampoline (src/call_patch.h) at, or behind, an instruction that stands
 * for one of the program's, they are those at that one.
 */
struct registers inspect_program_registers(struct replay_task *task);
/* The address of these registers alone. */
remote_addr inspect_program_place(struct replay_task *task);
/*
 * Whether the task, whose registers are known, runs code that is reel's, and
 * stands for no instruction of the program.
 */
int inspect_is_within(struct replay_task *task);
/* Whether inspect_program_registers() are the program's. */
int inspect_has_place(struct replay_task *task);

/* Belongs to the task; pages of any protection can be read. */
struct memory *inspect_memory(struct replay_task *task);
/* The same with the program's instructions where reel has replaced some. */
struct memory *inspect_shown_memory(struct replay_task *task);

/* ---- mappings ---- */

struct inspect_map {
	int is_shared;
	uint64_t device, inode; /* recorded; 0: no file */
};

/* With the names that they had when they were recorded. */
struct inspect_maps {
	struct code_map *code;	  /* for backtrace_print() */
	struct inspect_map *maps; /* what else is known of each */
	size_t count;
	struct process_maps own; /* private */
};

/* -ENOENT, reported, where there is no /proc of this pid namespace. */
int inspect_maps_read(const struct replayer *replayer,
		      const struct replay_task *task,
		      struct inspect_maps *maps_out);
void inspect_maps_deinit(struct inspect_maps *maps);

/* ---- for people ---- */

/* Where debug files of this machine are, usually. */
#define INSPECT_DEBUG_FILES "/usr/lib/debug"

/*
 * Debug information is looked for in this directory, too, by build-id and
 * .gnu_debuglink (src/debug_file.h); NULL, as in the beginning: in the trace
 * alone.  The string must live as long as the replayer.
 */
void inspect_use_debug_files(struct replayer *replayer, const char *directory);

enum inspect_part {
	INSPECT_BACKTRACE = 1,
	INSPECT_CODE = 2, /* instructions around the place */
};

/*
 * Prints parts (or'ed) of where the task stands.  A confined child does it,
 * which reads symbols, unwind tables and lines out of the trace; what goes
 * wrong there is warned about only.
 */
int inspect_print(struct replayer *replayer, struct replay_task *task,
		  FILE *stream, unsigned parts);

#endif
