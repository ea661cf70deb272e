/* SPDX-License-Identifier: MIT */
/*
 * Replacing instructions of a program by a jump: which ones can be replaced,
 * and what they are like elsewhere.
 */
#ifndef REEL_CODE_PATCH_H
#define REEL_CODE_PATCH_H

#include <stddef.h>
#include <stdint.h>

#include "src/memory.h"

#define CODE_JUMP_LENGTH 5u
/* A jump replaces no more than this. */
#define CODE_REPLACED_MAX 19u
/* A relocated piece of code is no longer than this. */
#define CODE_PATCH_ROOM 96u

/*
 * How many bytes from addr on a jump to elsewhere would replace: whole
 * instructions, at least CODE_JUMP_LENGTH bytes.  0 when they can't be moved,
 * or something nearby may jump between them, or read them.
 */
unsigned code_patch_length(struct memory *memory, remote_addr addr);
/* True when this is a single instruction: nothing can jump into its middle. */
int code_patch_is_safe(struct memory *memory, remote_addr addr);

/*
 * A bit for each offset, within the jump and but for the first, at which one of
 * the replaced instructions begins.
 */
uint8_t code_patch_entries(struct memory *memory, remote_addr addr,
			   unsigned length);

/*
 * The code of these length bytes as it must be at new_addr, with a jump back
 * behind it.  Returns its length, or 0 when new_addr is too far away.
 */
size_t code_patch_relocate(struct memory *memory, remote_addr addr,
			   unsigned length, remote_addr new_addr,
			   uint8_t out[CODE_PATCH_ROOM]);
/*
 * The same for a short loop that leads from addr back to addr, and there jumps
 * to head instead.  Returns 0 too when there is no such loop.
 */
size_t code_patch_relocate_loop(struct memory *memory, remote_addr addr,
				remote_addr head, remote_addr new_addr,
				uint8_t out[CODE_PATCH_ROOM]);
/*
 * Where the instruction at this place of the relocated code or loop comes from;
 * 0 where none begins.
 */
remote_addr code_patch_origin(struct memory *memory, remote_addr addr,
			      unsigned length, remote_addr new_addr,
			      remote_addr at);
remote_addr code_patch_loop_origin(struct memory *memory, remote_addr addr,
				   remote_addr new_addr, remote_addr at);

/* ---- single instructions ---- */

enum code_kind {
	CODE_NONE,   /* no instruction, or it can't be read */
	CODE_FIXED,  /* not the same elsewhere */
	CODE_MOVES,  /* the same elsewhere, once code_patch_move() made it so */
	CODE_NOP,    /* so is this */
	CODE_JUMP,   /* so is this: it leaves for a fixed place */
	CODE_RETURN, /* so is this: it leaves, too */
	CODE_TRAP,   /* int3 */
};

/* Sets the length, 0 for CODE_NONE. */
enum code_kind code_patch_decode(struct memory *memory, remote_addr addr,
				 unsigned *length_out);

/* What it is to step over an instruction. */
enum code_step {
	CODE_STEP_PLAIN,   /* done by one step; also what is not known */
	CODE_STEP_REPEATS, /* a step is one repetition of it */
	CODE_STEP_CALL,    /* it enters the kernel */
	CODE_STEP_SEEN,	   /* it traps, or shows that it is stepped */
};

/* Sets the length, 0 for what is not known. */
enum code_step code_patch_step(struct memory *memory, remote_addr addr,
			       unsigned *length_out);

/* A moved instruction is no longer than this. */
#define CODE_MOVED_MAX 15u

/*
 * The instruction at addr as it must be at new_addr.  Returns its length there,
 * or 0 when that is too far away.
 */
size_t code_patch_move(struct memory *memory, remote_addr addr,
		       remote_addr new_addr, uint8_t out[CODE_MOVED_MAX]);
/* A jump of CODE_JUMP_LENGTH bytes; 0 when it does not reach. */
size_t code_patch_jump(remote_addr at, remote_addr target,
		       uint8_t out[CODE_JUMP_LENGTH]);

enum code_verdict { CODE_NO, CODE_YES, CODE_UNCERTAIN };

/* Whether an instruction begins at addr, as far as the code before it tells. */
enum code_verdict code_patch_begins(struct memory *memory, remote_addr addr);

/*
 * Whether a direct jump nearby leads between addr and addr + length, or may:
 * then bytes that only look like a jump count, too.
 */
enum code_certainty { CODE_MAYBE, CODE_LIKELY };
int code_patch_is_entered(struct memory *memory, remote_addr addr,
			  unsigned length, enum code_certainty certainty);

/*
 * Whether bytes at addr that a jump would replace may be loaded as data: by an
 * instruction nearby, relative to its own place, or as those of a movabs are.
 */
int code_patch_is_data(struct memory *memory, remote_addr addr);

/*
 * Bytes that stop a task which begins an instruction with them: int3 (SIGTRAP,
 * behind it), and some that are none in 64-bit mode (SIGILL, at it).
 */
#define CODE_INT3 0xccu
#define CODE_STOP_BYTES 10u
extern const uint8_t code_patch_stop_bytes[CODE_STOP_BYTES];

#endif
