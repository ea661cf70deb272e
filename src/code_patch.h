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
 * or something nearby may jump between them.
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

#endif
