/* SPDX-License-Identifier: MIT */
/* Backtraces of a tracee, for people. */
#ifndef REEL_BACKTRACE_H
#define REEL_BACKTRACE_H

#include <stdio.h>

#include "src/code_module.h"
#include "src/memory.h"
#include "src/registers.h"

/*
 * Prints at most 64 frames, one a line: number, address, function+offset,
 * source line where DWARF has it, mapping.  A '?' behind the number marks a
 * frame that was found without unwind tables, by looking at the stack.
 * Unwinds by libunwind with the tables in the files behind fd (.eh_frame,
 * .debug_frame), so it needs neither the original files nor names that lead
 * anywhere.
 */
void backtrace_print(FILE *stream, struct memory *memory,
		     const struct registers *registers,
		     const struct code_map *maps, size_t map_count);

#endif
