/* SPDX-License-Identifier: MIT */
/*
 * A syscall instruction is replaced by a jump to a trampoline
 * (src/agent_layout.h), in one of three ways:
 *
 * The instruction before it alone makes room for the jump, when it has five
 * bytes or more: nothing can jump into its middle, and the syscall instruction
 * stays, so who comes to it by another way, or is in the kernel from there,
 * finds what was there.
 *
 * Or the syscall instruction alone becomes a short jump, a hop, to room between
 * functions nearby, which takes the jump; the rest is as in the first way.
 *
 * Or the syscall instruction itself and those behind it make room.  Who comes
 * to one of these (a task that is in the kernel, a signal handler's return, a
 * jump) finds an int3 in the jump's distance, and goes on in the trampoline: a
 * detour.  So not every place is fit for such a trampoline.
 *
 * Instructions whose result the program's state does not determine
 * (src/instruction.h) are replaced likewise; "call" stands for them, too.
 *
 * Pure code: nothing here writes to the program.
 */
#ifndef REEL_CALL_PATCH_H
#define REEL_CALL_PATCH_H

#include <stddef.h>
#include <stdint.h>

#include "src/code_patch.h"
#include "src/instruction.h"
#include "src/memory.h"

#define CALL_PATCH_ROOM 64u
#define CALL_PATCH_PIECES 3u

enum call_patch_failure {
	CALL_PATCH_POSSIBLE,
	CALL_PATCH_NO_CALL,    /* no syscall instruction can be read there */
	CALL_PATCH_NOT_MOVING, /* what follows is not the same elsewhere */
	CALL_PATCH_AT_END,     /* it leaves, and other code follows */
	CALL_PATCH_ENTERED,    /* what follows is jumped to */
	CALL_PATCH_DATA,       /* it is read as data, too */
	CALL_PATCH_NO_PLACE,   /* none in reach that is fit */
	CALL_PATCH_FAILURES,
};

/* An instruction, and what stands for it in the trampoline. */
struct call_patch_piece {
	remote_addr from, to;
	int signal; /* who comes to it gets: SIGTRAP, SIGILL, or 0 for none */
};

struct call_patch {
	/* call_patch_plan(): */
	remote_addr call_end;  /* behind the syscall instruction */
	unsigned call_length;  /* of it */
	struct instruction instruction; /* that it is, or INSTRUCTION_NONE */
	remote_addr start;     /* of what is replaced: */
	unsigned length;       /* whole instructions */
	unsigned moved_length; /* of these, from the syscall instruction on */
	unsigned is_before;    /* the first way */
	remote_addr hop_at;    /* the second way: what is hopped from, or 0 */
	uint8_t hop[2];	       /* to be written there, after the jump */
	uint8_t hop_original[2];
	unsigned is_end;       /* the last moved instruction leaves */
	uint8_t entries;       /* bits: offsets in the jump with detours */
	uint8_t original[CODE_REPLACED_MAX];

	/* call_patch_build(): */
	remote_addr trampoline;
	uint8_t code[CALL_PATCH_ROOM];
	size_t code_length;
	remote_addr continuation; /* 2 behind the traced syscall instruction */
	uint8_t jump[CODE_JUMP_LENGTH]; /* to be written to start */
	struct call_patch_piece pieces[CALL_PATCH_PIECES];
	unsigned piece_count;
};

/*
 * Finds out what is to be replaced so that the syscall instruction before
 * call_end, met with this number in rax, needs no stop.  The memory must show
 * the program's code as it is, with the patches that are in place; a plan that
 * call_patch_overlaps() one of these must not be carried out.
 */
enum call_patch_failure call_patch_plan(struct memory *memory,
					remote_addr call_end, uint64_t number,
					struct call_patch *patch_out);
/*
 * The same for one of the other instructions, which ends at call_end.  In this
 * memory it must be there itself, even if a trap stands for it.
 */
enum call_patch_failure call_patch_plan_instruction(struct memory *memory,
						    remote_addr call_end,
						    struct instruction found,
						    struct call_patch *out);
/*
 * How the plan makes room, and of what, in a word, which is not 0: where the
 * code around is the same, call_patch_plan_again() makes the same plan of it,
 * and need not look for what may be jumped to or loaded as data, which takes
 * most of the time.  The code that is replaced it does compare.  Ways are kept
 * (src/record_jumps.c): who changes what is planned gives the note a new name.
 */
uint64_t call_patch_way(const struct call_patch *patch);
/* For the syscall instruction where found is none. */
enum call_patch_failure call_patch_plan_again(struct memory *memory,
					      remote_addr call_end,
					      struct instruction found,
					      uint64_t way,
					      struct call_patch *out);
/* True when the two replace some byte both. */
int call_patch_overlaps(const struct call_patch *a, const struct call_patch *b);
/* True when it replaces, or stands for, some byte in [start, end). */
int call_patch_touches(const struct call_patch *patch, remote_addr start,
		       remote_addr end);
/* What is in the way, for people. */
const char *call_patch_failure_text(enum call_patch_failure failure);

/*
 * Makes the bytes for a planned patch, with its trampoline at an address that
 * call_patch_place() found.  The memory must be as it was for the plan.
 * CALL_PATCH_NO_PLACE when this is not a fit place.
 */
enum call_patch_failure call_patch_build(struct memory *memory,
					 struct call_patch *patch,
					 remote_addr trampoline);

/*
 * Where a task that stopped at rip, with the jump in place, is in the
 * trampoline, or 0.  SIGTRAP comes behind the int3; SIGILL, which only the
 * fifth byte of the jump may give, comes at it.
 */
remote_addr call_patch_detour(const struct call_patch *patch, remote_addr rip,
			      int signal);
/*
 * Where the program would be without the patch, for a task at rip in the
 * trampoline: what a signal handler is to find.  0 where there is no such
 * place (in the middle of a moved instruction that became several).
 */
remote_addr call_patch_original(const struct call_patch *patch,
				remote_addr rip);

/*
 * What is behind the syscall instruction that a trampoline stands for, when a
 * task is behind the trampoline's own one: where the program believes to be.
 * Else 0.  It needs no patch, only the code there.
 */
remote_addr call_patch_call_end(struct memory *memory, remote_addr rip);
/*
 * The instruction that a trampoline stands for, when a task is about to do what
 * is there instead of it; else 0.
 */
remote_addr call_patch_call_at(struct memory *memory, remote_addr rip);

/* ---- places for trampolines ---- */

#define CALL_AREA_LENGTH 0x10000u
#define CALL_AREA_UNIT 16u

struct call_area {
	remote_addr start; /* of CALL_AREA_LENGTH bytes of code of ours */
	uint64_t used[CALL_AREA_LENGTH / CALL_AREA_UNIT / 64]; /* units */
};

/*
 * Takes a place in the area and builds the patch there.  CALL_PATCH_NO_PLACE
 * when the area has none that is fit.
 */
enum call_patch_failure call_patch_place(struct memory *memory,
					 struct call_patch *patch,
					 struct call_area *area);
/* Takes the place that the patch was built for: true, or 0 when it is taken. */
int call_patch_take(const struct call_patch *patch, struct call_area *area);
/* Gives the place back. */
void call_patch_release(const struct call_patch *patch, struct call_area *area);
/*
 * Where in [low, high), a hole between mappings, a new area could be that has a
 * place for the planned patch: a page's address, or 0.
 */
remote_addr call_area_find(const struct call_patch *patch, remote_addr low,
			   remote_addr high);

#endif
