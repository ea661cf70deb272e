/* SPDX-License-Identifier: MIT */
/* reel dump. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/commands.h"
#include "src/dump.h"
#include "src/trace_path.h"
#include "traces/reader.h"
#include "traces/report.h"

struct dump_values {
	struct dump_options options;
	char *names; /* what options.calls points into */
};

static const struct option_row rows[] = {
	{ "json", 0, NULL, "print one JSON object for each event, one a line" },
	{ "from", 0, "N", "begin with event N" },
	{ "to", 0, "N", "end with event N" },
	{ "pid", 0, "P", "only events of this process or thread" },
	{ "call", 0, "NAME,...", "only these system calls" },
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

static int dump(const char *path, struct dump_values *values)
{
	struct trace_reader *reader;
	int err = trace_reader_open(path, &reader);

	if (err)
		return err;
	split_calls(values);
	values->options.stream = stdout;
	err = dump_trace(reader, &values->options);
	trace_reader_close(reader);
	return err;
}

static int run(const struct command *command, int argc, char **argv)
{
	AUTO(heap_free) char *path = NULL;
	struct dump_values values = { .options.from = 1 };
	int first = options_parse(command, argc, argv, &values);
	int status = 0;

	if (first < 0)
		status = options_exit_status(command, first);
	else if (trace_path_find(argv[first], &path) || dump(path, &values))
		status = command->failure;
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
		   "  reel dump --from 100 --to 200 --pid 4711 make-3",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
