/* SPDX-License-Identifier: MIT */
/*
 * Call frame information that is there for debuggers only (.debug_frame): Go
 * programs and C programs without exceptions have it in place of .eh_frame.
 */
#ifndef REEL_DEBUG_FRAME_H
#define REEL_DEBUG_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include <libelf.h>

#define DEBUG_FRAME_ROOM 4096

/* One function's records, rewritten as .eh_frame has them. */
struct debug_frame {
	uint64_t start, end; /* the function's code, with bias */
	uint8_t bytes[DEBUG_FRAME_ROOM];
	size_t length;	    /* of bytes */
	size_t description; /* index of the function's own record */
};

#define DEBUG_FRAME_NONE 1

/*
 * Finds the function at address (without bias) in the section, which may be
 * compressed; or returns DEBUG_FRAME_NONE.
 */
int debug_frame_find(Elf_Scn *section, uint64_t address, uint64_t bias,
		     struct debug_frame *frame_out);

#endif
