/* SPDX-License-Identifier: MIT */
/* Disassembly of a tracee's code, for people. */
#ifndef REEL_DISASSEMBLY_H
#define REEL_DISASSEMBLY_H

#include <stdio.h>

#include "src/memory.h"

/*
 * Prints some instructions before and after address, marking that one and
 * any system call instruction.
 */
void disassembly_print(FILE *stream, struct memory *memory,
		       remote_addr address);

#endif
