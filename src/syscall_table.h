/* SPDX-License-Identifier: MIT */
/*
 * The system call model: syscalls.def turned into answers.
 *
 * A row says which memory the kernel reads and writes in a call and what replay
 * does with it.  This interpreter is the only reader of the rows.  It works on
 * a struct memory, so it needs no ptrace: the recorder gives it a live task,
 * the dumper gives it the bytes that an event saved.
 */
#ifndef REEL_SYSCALL_TABLE_H
#define REEL_SYSCALL_TABLE_H

#include <stdint.h>

#include "src/memory.h"

#define SYSCALL_ARGUMENTS 6

/* Pieces kept per call; those of longer vectors are read again at exit. */
#define SYSCALL_PIECES 64

enum syscall_replay {
	REPLAY_EMULATE, /* inject result and outputs */
	REPLAY_REPEAT,	/* run it again: it changes the address space */
	REPLAY_HOOK,	/* functions of its own, in recorder and replayer */
	REPLAY_REFUSE,	/* never performed: the program gets row->refusal */
	REPLAY_UNKNOWN, /* no row (or no row for this request): degrade */
};

/* What may happen to the task while the call runs; the scheduler asks. */
enum syscall_blocking {
	BLOCKING_NEVER, /* returns without waiting for anybody else */
	BLOCKING_MAYBE, /* may wait for another task, a device or time */
};

struct syscall_row; /* private to syscall_table.c and the decoders */

/* One call, live or out of a trace. */
struct syscall_call {
	int number;
	uint64_t arguments[SYSCALL_ARGUMENTS];
	int64_t result;	/* valid at exit */
	const struct syscall_row *row; /* request row where there is one */
	/*
	 * Measured by syscall_enter(), because the kernel reads these once, at
	 * entry, and the program may change or overwrite them meanwhile: bytes
	 * of room of each argument, and the pieces of memory that vectors and
	 * message headers name (those of argument i begin at nested[i]).
	 */
	uint64_t room[SYSCALL_ARGUMENTS];
	uint64_t nested[SYSCALL_ARGUMENTS];
	unsigned piece_count;
	struct syscall_piece {
		remote_addr address;
		uint64_t length;
	} pieces[SYSCALL_PIECES];
};

/*
 * Looks up the row and measures at entry what can be known only then (INOUT
 * lengths, iovecs, msghdrs).  Never fails: a call without a row has row NULL,
 * a request without one has the row of its call, which is REPLAY_UNKNOWN.
 *
 * restart_syscall (219) continues the thread's call that ended in -516, whose
 * arguments the registers still hold: pass that call's number instead.
 */
void syscall_enter(struct syscall_call *call, int number,
		   const uint64_t arguments[SYSCALL_ARGUMENTS],
		   struct memory *memory);

/* One piece of memory that a call read or wrote. */
struct syscall_extent {
	unsigned argument; /* counted from 0 */
	remote_addr address;
	uint64_t length;
	int is_text;	   /* a path or string: save it whole, up to PATH_MAX */
	int is_bulk;	   /* payload (write, send): a reader needs the start */
};

typedef int (*syscall_visit)(void *context,
			     const struct syscall_extent *extent);

/*
 * Visits what the kernel reads (valid from entry on) or has written (valid at
 * exit, after call->result was set; nothing when the call failed, except where
 * the kernel writes all the same).  Length is never 0 and never exceeds the
 * room.  A positive or negative value of visit ends the walk and is returned.
 */
int syscall_inputs(const struct syscall_call *call, struct memory *memory,
		   syscall_visit visit, void *context);
int syscall_outputs(const struct syscall_call *call, struct memory *memory,
		    syscall_visit visit, void *context);

enum syscall_replay syscall_replay_of(const struct syscall_call *call);
enum syscall_blocking syscall_blocking_of(const struct syscall_call *call);

/* Negative errno that a REPLAY_REFUSE call is answered with. */
int syscall_refusal(const struct syscall_call *call);

/* "openat", or "syscall_999" in a static buffer for a number unknown. */
const char *syscall_name(int number);

/* The number of a name, or -1. */
int syscall_number(const char *name);

/* Highest number with a row, plus one. */
int syscall_table_size(void);

#endif
