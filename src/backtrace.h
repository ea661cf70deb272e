/* SPDX-License-Identifier: MIT */
/* Backtraces and disassembly of a tracee, for people. */
#ifndef REEL_BACKTRACE_H
#define REEL_BACKTRACE_H

#include <stdio.h>

#include "src/memory.h"
#include "src/registers.h"

/* One mapping of the tracee. */
struct code_map {
	remote_addr start, end;
	int protection;	   /* PROT_* */
	uint64_t offset;   /* of start in the file */
	const char *name;  /* path, memfd label, "[stack]", "" */
	int fd;		   /* the file's content, or -1 */
};

/*
 * Prints at most 64 frames, one a line: number, address, function+offset,
 * source line where DWARF has it, mapping.  Unwinds by libunwind with the
 * unwind tables in the files behind fd (.eh_frame, .debug_frame), so it needs
 * neither the original files nor names that lead anywhere.
 */
void backtrace_print(FILE *stream, struct memory *memory,
		     const struct registers *registers,
		     const struct code_map *maps, size_t map_count);

/*
 * Prints some instructions before and after address, marking that one and
 * any system call instruction.
 */
void disassembly_print(FILE *stream, struct memory *memory,
		       remote_addr address);

#endif
