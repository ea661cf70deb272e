/* SPDX-License-Identifier: MIT */
/* The caller of a function without unwind tables, guessed. */
#ifndef REEL_STACK_GUESS_H
#define REEL_STACK_GUESS_H

#include <stddef.h>

#include "src/code_module.h"
#include "src/memory.h"
#include "src/registers.h"

/* True when one of the maps is executable at the address. */
int stack_guess_is_code(const struct code_map *maps, size_t map_count,
			remote_addr address);

/* True for what signal handlers return to, which makes the sigreturn call. */
int stack_guess_is_signal_return(struct memory *memory, remote_addr address);

#define STACK_GUESS_NONE 1

/*
 * Turns registers into those of the caller (rip, rsp and rbp only), judging by
 * the words on the stack that can be return addresses; or returns
 * STACK_GUESS_NONE.
 */
int stack_guess_caller(struct memory *memory, const struct code_map *maps,
		       size_t map_count, struct registers *registers);

#endif
