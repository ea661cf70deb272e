/* SPDX-License-Identifier: MIT */
/* Events as JSON, for programs; docs/dump-json.md says what is in it. */
#ifndef REEL_DUMP_JSON_H
#define REEL_DUMP_JSON_H

#include <stdio.h>

#include "src/dump_tasks.h"
#include "traces/event.h"

/* The files that events so far have told of. */
struct dump_file {
	uint32_t id;
	struct event_file fixed;
};

struct dump_files {
	struct dump_file *files;
	size_t count;
};

/* The file of that number; NULL for 0 and for one never told. */
const struct dump_file *dump_files_find(const struct dump_files *files,
					uint32_t id);

/* "rdtsc"; "instruction" for a kind unknown. */
const char *dump_instruction_name(int32_t kind);

/* Writes the event as one line; an error of the stream stays in it. */
void dump_json(FILE *stream, const struct event *event,
	       struct dump_task *task, const struct dump_files *files);

#endif
