/* SPDX-License-Identifier: MIT */
#include "src/demangle.h"

#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>

/* traces/report.h is not for here: both headers have an xmemdup(). */
#define SYMBOL_MAX 4096u /* the library takes stack in proportion */
#define ROOM 1024u
#define HOW (DMGL_PARAMS | DMGL_ANSI)

struct name {
	char bytes[ROOM];
	size_t length;
	int is_cut;
};

static void append(const char *bytes, size_t length, void *context)
{
	struct name *name = context;
	size_t room = sizeof(name->bytes) - sizeof("...") - name->length;

	if (length > room) {
		length = room;
		name->is_cut = 1;
	}
	memcpy(name->bytes + name->length, bytes, length);
	name->length += length;
}

char *demangle(const char *symbol)
{
	struct name name = { .length = 0 };

	if (symbol[0] != '_' || (symbol[1] != 'Z' && symbol[1] != 'R') ||
	    strlen(symbol) > SYMBOL_MAX)
		return NULL;
	/* Rust's first: its older names are valid ones of C++, too. */
	if (!rust_demangle_callback(symbol, HOW, append, &name)) {
		name.length = 0;
		name.is_cut = 0;
		if (!cplus_demangle_v3_callback(symbol, HOW, append, &name))
			return NULL;
	}
	strcpy(name.bytes + name.length, name.is_cut ? "..." : "");
	return strdup(name.bytes);
}
