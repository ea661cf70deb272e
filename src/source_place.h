/* SPDX-License-Identifier: MIT */
/* Places in the source, by debug information (DWARF) that may be anything. */
#ifndef REEL_SOURCE_PLACE_H
#define REEL_SOURCE_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include <elfutils/libdw.h>

/* The strings belong to the Dwarf. */
struct source_place {
	const char *function; /* NULL: not known */
	uint64_t start;	      /* of the function; 0 where it was inlined */
	const char *file;     /* NULL: not known */
	int line;
};

/*
 * Where the address is: in the functions that were inlined there, innermost
 * first, and at last in the one that they became a part of.  Returns how many
 * places there are, at most room; 0 when nothing is known.
 */
size_t source_places(Dwarf *dwarf, uint64_t address,
		     struct source_place *places_out, size_t room);

#endif
