/* SPDX-License-Identifier: MIT */
/*
 * Code that tells, inside of a task and without the kernel, whether it is at a
 * point: an in-process conditional breakpoint.
 *
 * The task jumps to it from the instruction at the point.  It compares one
 * thing after the other without touching flags or registers; where one differs
 * it does what the replaced instructions did and jumps back; when all are equal
 * it traps.
 */
#ifndef REEL_POINT_CODE_H
#define REEL_POINT_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "src/code_patch.h"

#define POINT_CODE_LENGTH 8192u /* then a page of data */
#define POINT_DATA_LENGTH 4096u
#define POINT_BLOCK_LENGTH (POINT_CODE_LENGTH + POINT_DATA_LENGTH)
/* Of the data, what the code writes; rcx comes first, where a trap left it. */
#define POINT_SAVED POINT_CODE_LENGTH
#define POINT_SAVED_LENGTH 1024u
#define POINT_COUNTER (POINT_SAVED + POINT_SAVED_LENGTH) /* passes left */
#define POINT_TESTS_MAX 60u

enum point_test_kind {
	POINT_REGISTER, /* where: number in instructions, 0 (rax) to 15 */
	POINT_WORD,	/* where: address */
	POINT_FLAGS,	/* value: eflags */
	POINT_XSTATE,	/* where: offset in the standard XSAVE format */
	POINT_COUNT,	/* that many passes, counted at POINT_COUNTER */
};

struct point_test {
	enum point_test_kind kind;
	uint64_t where;
	uint64_t value;
};

struct point_code {
	/* in */
	struct memory *memory; /* of the task */
	remote_addr rip;       /* of the point */
	unsigned length;       /* of what the jump replaces; or 0 */
	remote_addr block;     /* where the code will be */
	struct point_test tests[POINT_TESTS_MAX];
	size_t test_count;
	/* out; the program's own code is looked at once only */
	uint8_t program[CODE_PATCH_ROOM];
	size_t program_length;
	remote_addr program_at; /* in the block */
	remote_addr miss; /* to go on after a trap: rcx is restored there */
	remote_addr trap; /* rip after it */
	uint8_t bytes[POINT_CODE_LENGTH];
	size_t used;
};

/* Whether there is code for a test of this word of the XSAVE area. */
int point_code_can_test_xstate(uint64_t offset);

/*
 * Makes the code.  Without a length, the loop that leads back to the point is
 * copied: the task is brought into it by other means.  0 or -ERANGE: too far
 * away, or no such loop.
 */
int point_code_make(struct point_code *code);

/* The instruction of the program that the block has at this place. */
remote_addr point_code_origin(const struct point_code *code, remote_addr at);

#endif
