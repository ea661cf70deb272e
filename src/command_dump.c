/* SPDX-License-Identifier: MIT */
/* reel dump. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/command_inspect.h"
#include "src/commands.h"
#include "src/dump.h"
#include "src/trace_path.h"
#include "traces/reader.h"
#include "traces/report.h"

struct dump_values {
	struct dump_options options;
	struct inspection inspection; /* for the stacks */
	int with_stacks;
	char *names; /* what options.calls points into */
};

static const struct option_row rows[] = {
	{ "json", 0, NULL, "print one JSON object for each event, one a line" },
	{ "from", 0, "N", "begin with event N" },
	{ "to", 0, "N", "end with event N" },
	{ "pid", 0, "P", "only events of this process or thread" },
	{ "call", 0, "NAME,...", "only these system calls" },
	{ "stack", 0, NULL,
	  "replay the trace, and print the backtrace of each event" },
	INSPECTION_DEBUG_FILES,
	{ 0 },
};

/* Adds the names of a comma-separated list. */
static void add_calls(struct dump_values *values, const char *argument)
{
	char *rest;

	/* A second --call adds to the first. */
	rest = values->names ? xasprintf("%s,%s", values->names, argument) :
			       xstrdup(argument);
	free(values->names);
	values->names = rest;
}

static void split_calls(struct dump_values *values)
{
	size_t count = 1, at = 0;
	char *place = NULL, *name;

	if (!values->names)
		return;
	for (const char *c = values->names; *c; c++)
		count += *c == ',';
	values->options.calls = xcalloc(count + 1,
					sizeof(*values->options.calls));
	for (name = strtok_r(values->names, ",", &place); name;
	     name = strtok_r(NULL, ",", &place))
		values->options.calls[at++] = name;
}

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	struct dump_values *values = context;
	uint64_t number;
	int err;

	if (!strcmp(option->name, "json")) {
		values->options.json = 1;
		return 0;
	}
	if (!strcmp(option->name, "call")) {
		add_calls(values, argument);
		return 0;
	}
	if (!strcmp(option->name, "stack")) {
		values->with_stacks = 1;
		return 0;
	}
	if (!strcmp(option->name, "debug-files"))
		return inspection_set_option(&values->inspection, option,
					     argument);
	err = options_number(option, argument, &number);
	if (err)
		return err;
	if (!number || (!strcmp(option->name, "pid") && number > INT_MAX)) {
		report(0, "dump: --%s: %s is out of range", option->name,
		       argument);
		return -ERANGE;
	}
	if (!strcmp(option->name, "from"))
		values->options.from = number;
	else if (!strcmp(option->name, "to"))
		values->options.to = number;
	else
		values->options.pid = (int)number;
	return 0;
}

static int print_stack(void *context, const struct event *event)
{
	struct inspection *inspection = context;
	struct replay_task *task;
	int err = inspect_go(inspection->replayer, event->number);

	if (err)
		return err;
	task = inspect_current(inspection->replayer);
	return task ? inspect_print(inspection->replayer, task, stdout,
				    INSPECT_BACKTRACE) : 0;
}

static int dump_with_stacks(const char *trace, struct dump_values *values)
{
	struct inspection *inspection = &values->inspection;
	int err = inspection_open(inspection, trace);

	values->options.after_line = print_stack;
	values->options.context = inspection;
	if (!err)
		err = dump_trace(inspection->reader, &values->options);
	inspection_end(inspection);
	return err;
}

static int dump(const char *trace, struct dump_values *values)
{
	AUTO(heap_free) char *path = NULL;
	struct trace_reader *reader;
	int err;

	split_calls(values);
	values->options.stream = stdout;
	if (values->with_stacks)
		return dump_with_stacks(trace, values);
	err = trace_path_find(trace, &path);
	if (!err)
		err = trace_reader_open(path, &reader);
	if (err)
		return err;
	err = dump_trace(reader, &values->options);
	trace_reader_close(reader);
	return err;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct dump_values values = { .options.from = 1 };
	int first = options_parse(command, argc, argv, &values);
	int status = 0;

	if (first < 0) {
		status = options_exit_status(command, first);
	} else if (values.with_stacks && values.options.json) {
		report(0, "dump: --stack and --json exclude each other");
		status = command->usage;
	} else if (dump(argv[first], &values)) {
		status = command->failure;
	}
	free(values.options.calls);
	free(values.names);
	return status;
}

const struct command command_dump = {
	.name = "dump",
	.operands = "[TRACE]",
	.most = 1,
	.summary = "Print the events of a trace, system calls as strace does",
	.details = "Each line begins with the event's number and the process.",
	.example = "  reel dump --call openat,execve latest\n"
		   "  reel dump --from 100 --to 200 --pid 4711 make-3\n"
		   "  reel dump --call execve --stack make-3",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
