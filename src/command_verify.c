/* SPDX-License-Identifier: MIT */
/* reel verify. */
#include <stdio.h>

#include "src/commands.h"
#include "src/human.h"
#include "src/trace_path.h"
#include "traces/reader.h"
#include "traces/report.h"

static int run(const struct command *command, int argc, char **argv)
{
	AUTO(heap_free) char *path = NULL;
	int first = options_parse(command, argc, argv, NULL);
	int err;

	if (first < 0)
		return options_exit_status(command, first);
	if (trace_path_find(argv[first], &path))
		return command->failure;
	progress_begin("verify");
	err = trace_verify(path, progress_show);
	progress_end();
	if (err)
		return command->failure;
	printf("%s: good\n", path);
	return 0;
}

const struct command command_verify = {
	.name = "verify",
	.operands = "[TRACE]",
	.most = 1,
	.summary = "Check every checksum, index and hash of a trace",
	.details = "Each fault is one line on stderr; the exit status is then "
		   "1.",
	.example = "  reel verify latest && reel pack latest /tmp/case.reel",
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.run = run,
};
