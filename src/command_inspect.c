/* SPDX-License-Identifier: MIT */
#include "src/command_inspect.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/dump.h"
#include "src/session_page.h"
#include "src/trace_path.h"
#include "traces/report.h"

const char inspection_pid_help[] =
	"look at this process or thread, not at the event's";

const char inspection_debug_files_help[] =
	"look for debug files of this machine in DIR, not in\n"
	INSPECT_DEBUG_FILES "; none: only in the trace";

const char inspection_details[] =
	"TRACE is a path or a name that `reel ls' shows; `reel dump' numbers "
	"the events.\n"
	"The trace is replayed up to the EVENT, so the place is that just "
	"behind it.";

int inspection_number(const char *what, const char *text, uint64_t *number_out)
{
	char *end;

	errno = 0;
	*number_out = strtoull(text, &end, 0);
	if (*text >= '0' && *text <= '9' && !*end && !errno)
		return 0;
	report(0, "%s: '%s' is not a number", what, text);
	return -EINVAL;
}

int inspection_set_option(struct inspection *inspection,
			  const struct option_row *option,
			  const char *argument)
{
	uint64_t number;
	int err;

	if (!strcmp(option->name, "debug-files")) {
		inspection->debug_files = argument;
		return 0;
	}
	err = options_number(option, argument, &number);
	if (err)
		return err;
	if (!number || number > INT_MAX) {
		report(0, "--%s: %s is out of range", option->name, argument);
		return -ERANGE;
	}
	inspection->pid = (pid_t)number;
	return 0;
}

static void use_debug_files(const struct inspection *inspection)
{
	const char *directory = inspection->debug_files;

	if (!directory)
		directory = INSPECT_DEBUG_FILES;
	if (strcmp(directory, "none"))
		inspect_use_debug_files(inspection->replayer, directory);
}

int inspection_open(struct inspection *inspection, const char *trace)
{
	int err;

	if (refuse_inside_recording())
		return -EPERM;
	err = trace_path_find(trace, &inspection->path);
	if (err)
		return err;
	inspection->options = (struct replay_options){
		.trace_path = inspection->path,
		.quiet = 1,
	};
	replay_prepare();
	err = trace_reader_open(inspection->path, &inspection->reader);
	if (!err)
		err = replay_open(&inspection->options, &inspection->summary,
				  &inspection->replayer);
	if (!err)
		use_debug_files(inspection);
	return err;
}

int inspection_begin(struct inspection *inspection, const char *trace,
		     const char *event)
{
	int err = inspection_number("event", event, &inspection->event);

	if (!err)
		err = inspection_open(inspection, trace);
	return err ? err : inspect_go(inspection->replayer, inspection->event);
}

void inspection_end(struct inspection *inspection)
{
	replay_close(inspection->replayer);
	trace_reader_close(inspection->reader);
	free(inspection->path);
}

int inspection_run(const struct command *command, int argc, char **argv,
		   int (*show)(struct inspection *inspection,
			       char **operands))
{
	struct inspection inspection = { 0 };
	int first = options_parse(command, argc, argv, &inspection);
	int err;

	if (first < 0)
		return options_exit_status(command, first);
	err = show(&inspection, argv + first);
	inspection_end(&inspection);
	return err ? command->failure : 0;
}

int inspection_task(const struct inspection *inspection,
		    struct replay_task **task_out)
{
	const struct replayer *replayer = inspection->replayer;

	*task_out = inspection->pid ? inspect_find(replayer, inspection->pid) :
				      inspect_current(replayer);
	return *task_out ? 0 : inspection_no_task(inspection);
}

int inspection_no_task(const struct inspection *inspection)
{
	if (inspection->pid)
		return report(-ESRCH, "process %d at event %" PRIu64,
			      inspection->pid, inspection->event);
	return report(-ESRCH, "the task of event %" PRIu64 " ended there",
		      inspection->event);
}

int inspection_print_event(struct inspection *inspection, uint64_t event)
{
	struct dump_options options = {
		.from = event,
		.to = event,
		.stream = stdout,
	};
	int err = trace_reader_seek(inspection->reader, 1);

	return err ? err : dump_trace(inspection->reader, &options);
}
