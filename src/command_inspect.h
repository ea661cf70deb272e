/* SPDX-License-Identifier: MIT */
/*
 * What bt, disasm, read and maps share: they replay a trace up to an event and
 * look at a task there.
 */
#ifndef REEL_COMMAND_INSPECT_H
#define REEL_COMMAND_INSPECT_H

#include "replay/inspect.h"
#include "src/options.h"
#include "traces/reader.h"

struct inspection {
	pid_t pid; /* --pid: this process or thread; 0: the event's */
	const char *debug_files; /* --debug-files; NULL: the usual ones */
	uint64_t event;
	struct trace_reader *reader; /* beside the replayer's own */
	struct replayer *replayer;
	struct replay_options options; /* private, as all that follow */
	struct replay_summary summary;
	char *path;
};

/* Rows of the options that inspections have, and a paragraph for help. */
#define INSPECTION_PID { "pid", 'p', "P", inspection_pid_help }
#define INSPECTION_DEBUG_FILES { "debug-files", 0, "DIR", \
				 inspection_debug_files_help }
extern const char inspection_pid_help[];
extern const char inspection_debug_files_help[];
extern const char inspection_details[];

/* What these options do. */
int inspection_set_option(struct inspection *inspection,
			  const struct option_row *option,
			  const char *argument);

/* A number, decimal or 0x..., that what is called so: -EINVAL, reported. */
int inspection_number(const char *what, const char *text,
		      uint64_t *number_out);

/* Opens the trace; nothing has been replayed yet. */
int inspection_open(struct inspection *inspection, const char *trace);
/* The same, and replays up to the event. */
int inspection_begin(struct inspection *inspection, const char *trace,
		     const char *event);
void inspection_end(struct inspection *inspection);

/* A command whose options are those of inspections, and nothing else. */
int inspection_run(const struct command *command, int argc, char **argv,
		   int (*show)(struct inspection *inspection,
			       char **operands));

/* The task that the options ask for; -ESRCH, reported, when there is none. */
int inspection_task(const struct inspection *inspection,
		    struct replay_task **task_out);

/* Says that there is none: -ESRCH. */
int inspection_no_task(const struct inspection *inspection);

/* Prints the event's line as reel dump does. */
int inspection_print_event(struct inspection *inspection, uint64_t event);

#endif
