/* SPDX-License-Identifier: MIT */
/* reel dump: the events of a trace, one a line, as strace(1) writes them. */
#ifndef REEL_DUMP_H
#define REEL_DUMP_H

#include <stdint.h>
#include <stdio.h>

#include "traces/reader.h"

struct dump_options {
	int json;	   /* one JSON object a line (docs/dump-json.md) */
	uint64_t from, to; /* event numbers; to 0: up to the end */
	int pid;	   /* only this process or thread; 0: all */
	char **calls;	   /* only these, NULL-terminated; NULL: all */
	const uint64_t *only; /* only these, in order, instead of all from */
	size_t only_count;    /* `from` to `to`; 0: all */
	FILE *stream;
	/* Called behind the line of an event, if not NULL; an error ends it. */
	int (*after_line)(void *context, const struct event *event);
	void *context;
};

/*
 * Writes the events that the options ask for.  Reads the trace from its start,
 * because the names of tasks and the beginnings of calls are there.  An unknown
 * call, or a `from` past the end, is an error: -EINVAL, -ERANGE.
 */
int dump_trace(struct trace_reader *reader,
	       const struct dump_options *options);

#endif
