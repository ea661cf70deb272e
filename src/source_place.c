/* SPDX-License-Identifier: MIT */
/*
 * The line table says where the address is; in an inlined function that is a
 * line of that one, and its debug information says what line called it.
 */
#include "src/source_place.h"

#include <dwarf.h>
#include <stdlib.h>

/* The compilation unit that has the address, by index or by looking at all. */
static Dwarf_Die *find_unit(Dwarf *dwarf, uint64_t address, Dwarf_Die *unit)
{
	Dwarf_Off offset = 0, next;
	size_t header_size;

	if (dwarf_addrdie(dwarf, address, unit))
		return unit;
	while (dwarf_nextcu(dwarf, offset, &next, &header_size, NULL, NULL,
			    NULL) == 0) {
		if (dwarf_offdie(dwarf, offset + header_size, unit) &&
		    dwarf_haspc(unit, address) == 1)
			return unit;
		if (next <= offset)
			break;
		offset = next;
	}
	return NULL;
}

/* The line that the inlined function was called from. */
static void read_caller(Dwarf_Die *unit, Dwarf_Die *inlined,
			struct source_place *place)
{
	Dwarf_Attribute attribute;
	Dwarf_Files *files;
	Dwarf_Word number, line;
	size_t count;

	if (!dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute),
			     &number) &&
	    !dwarf_getsrcfiles(unit, &files, &count) && number < count)
		place->file = dwarf_filesrc(files, number, NULL, NULL);
	if (!dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute),
			     &line))
		place->line = (int)line;
}

static void read_function(Dwarf_Die *function, struct source_place *place)
{
	Dwarf_Addr start;

	place->function = dwarf_diename(function);
	if (dwarf_tag(function) == DW_TAG_subprogram &&
	    !dwarf_entrypc(function, &start))
		place->start = start;
}

/*
 * The scopes around the address, innermost first.  For an inlined function
 * dwarf_getscopes() goes on to where that was written; those around the place
 * where it is are found from the innermost one.
 */
static int find_scopes(Dwarf *dwarf, Dwarf_Die *unit, uint64_t address,
		       Dwarf_Die **scopes_out)
{
	Dwarf_Die *scopes = NULL, inner;
	int count = dwarf_getscopes(unit, address, &scopes);

	if (count <= 0)
		return 0;
	if (!dwarf_offdie(dwarf, dwarf_dieoffset(&scopes[0]), &inner))
		count = 0;
	free(scopes);
	return count ? dwarf_getscopes_die(&inner, scopes_out) : 0;
}

size_t source_places(Dwarf *dwarf, uint64_t address,
		     struct source_place *places_out, size_t room)
{
	Dwarf_Die unit, *scopes = NULL;
	Dwarf_Line *line;
	size_t used = 1;
	int count;

	*places_out = (struct source_place){ 0 };
	if (!room || !find_unit(dwarf, address, &unit))
		return 0;
	line = dwarf_getsrc_die(&unit, address);
	if (line && !dwarf_lineno(line, &places_out->line))
		places_out->file = dwarf_linesrc(line, NULL, NULL);
	count = find_scopes(dwarf, &unit, address, &scopes);
	for (int i = 0; i < count; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag != DW_TAG_inlined_subroutine &&
		    tag != DW_TAG_subprogram)
			continue;
		read_function(&scopes[i], &places_out[used - 1]);
		if (tag == DW_TAG_subprogram || used == room)
			break;
		places_out[used] = (struct source_place){ 0 };
		read_caller(&unit, &scopes[i], &places_out[used++]);
	}
	free(scopes);
	return places_out->file || places_out->function ? used : 0;
}
