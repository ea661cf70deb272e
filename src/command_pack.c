/* SPDX-License-Identifier: MIT */
/* reel pack. */
#include <stddef.h>

#include "src/commands.h"
#include "src/human.h"
#include "src/trace_path.h"
#include "traces/pack.h"
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
	progress_begin("pack");
	err = trace_pack(path, argv[first + 1]);
	progress_end();
	return err ? command->failure : 0;
}

const struct command command_pack = {
	.name = "pack",
	.operands = "TRACE FILE",
	.least = 2,
	.most = 2,
	.summary = "Make one portable file of a trace with its snapshots",
	.details = "The trace is verified first.  FILE appears when it is "
		   "whole.",
	.example = "  reel pack latest crash.reel\n"
		   "  scp crash.reel elsewhere: && ssh elsewhere reel unpack "
		   "crash.reel",
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.run = run,
};
