/* SPDX-License-Identifier: MIT */
/* Which memory an instruction is going to read and write. */
#ifndef REEL_MEMORY_ACCESS_H
#define REEL_MEMORY_ACCESS_H

#include "src/memory.h"
#include "src/registers.h"

#define ACCESSES_MAX 4u

struct memory_access {
	remote_addr address;
	uint64_t length;
	int is_read, is_written;
};

/*
 * Those of the instruction at rip (a repeated one is done once); returns
 * how many there are.  What gathers and scatters does is not told.
 */
unsigned memory_accesses(struct memory *memory,
			 const struct registers *registers,
			 struct memory_access accesses_out[ACCESSES_MAX]);
/*
 * Those of the instruction of this length at start, which has just been
 * executed, if it can have been; up to ACCESSES_MAX.  A length of 0: one that
 * repeats itself, and is not done.  Where it has changed what its addresses are
 * made of (but as strings and the stack do), they are wrong.
 */
unsigned memory_accesses_behind(struct memory *memory,
				const struct registers *registers,
				remote_addr start, unsigned length,
				struct memory_access *accesses_out);
/* Whether a call of this length is there. */
int memory_is_call(struct memory *memory, remote_addr start, unsigned length);

#endif
