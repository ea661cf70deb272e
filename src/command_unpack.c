/* SPDX-License-Identifier: MIT */
/* reel unpack. */
#include <stdio.h>
#include <string.h>

#include "src/commands.h"
#include "src/human.h"
#include "src/trace_path.h"
#include "traces/pack.h"
#include "traces/report.h"

static const struct option_row rows[] = {
	{ "output", 'o', "TRACE", "make the trace in this new directory" },
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	const char **output = context;

	(void)option;
	*output = argument;
	return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
	AUTO(heap_free) char *path = NULL;
	const char *output = NULL;
	int first = options_parse(command, argc, argv, &output);
	int err;

	if (first < 0)
		return options_exit_status(command, first);
	if (output)
		path = xstrdup(output);
	else if (trace_path_for_file(argv[first], &path))
		return command->failure;
	progress_begin("unpack");
	err = trace_unpack(argv[first], path);
	progress_end();
	if (err)
		return command->failure;
	puts(path);
	return 0;
}

const struct command command_unpack = {
	.name = "unpack",
	.operands = "FILE",
	.least = 1,
	.most = 1,
	.summary = "Make a trace of a packed file, verifying every hash",
	.details = "Without -o the trace goes to the traces directory, under "
		   "the name of FILE, with\n"
		   "a number when that is taken.  The path of the trace is "
		   "printed.",
	.example = "  reel unpack crash.reel -o /tmp/crash && reel replay "
		   "/tmp/crash",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
