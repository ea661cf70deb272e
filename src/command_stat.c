/* SPDX-License-Identifier: MIT */
/* reel stat. */
#include <stdio.h>

#include "src/commands.h"
#include "src/stat.h"
#include "src/trace_path.h"
#include "traces/reader.h"
#include "traces/report.h"

static const struct option_row rows[] = {
	{ "json", 0, NULL, "print a JSON object" },
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	int *is_json = context;

	(void)option;
	(void)argument;
	*is_json = 1;
	return 0;
}

static int print_stat(const char *path, int is_json)
{
	struct trace_reader *reader;
	int err = trace_reader_open(path, &reader);

	if (err)
		return err;
	err = stat_trace(reader, stdout, is_json);
	trace_reader_close(reader);
	return err;
}

static int run(const struct command *command, int argc, char **argv)
{
	AUTO(heap_free) char *path = NULL;
	int is_json = 0;
	int first = options_parse(command, argc, argv, &is_json);

	if (first < 0)
		return options_exit_status(command, first);
	if (trace_path_find(argv[first], &path) || print_stat(path, is_json))
		return command->failure;
	return 0;
}

const struct command command_stat = {
	.name = "stat",
	.operands = "[TRACE]",
	.most = 1,
	.summary = "Count the system calls of a trace, and their errors",
	.details = "Times are those of calls that waited while others ran.",
	.example = "  reel stat make-3",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
