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

#endif
