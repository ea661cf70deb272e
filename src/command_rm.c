/* SPDX-License-Identifier: MIT */
/* reel rm. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/commands.h"
#include "src/trace_path.h"
#include "traces/report.h"

/* `latest` must not be left pointing at nothing. */
static int forget_latest(const char *path)
{
	AUTO(heap_free) char *root = NULL;
	AUTO(heap_free) char *link = NULL;
	AUTO(heap_free) char *target = NULL;

	if (trace_root(&root))
		return 0;
	link = xasprintf("%s/latest", root);
	target = realpath(link, NULL);
	if (!target || strcmp(target, path))
		return 0;
	if (unlink(link) && errno != ENOENT)
		return report(-errno, "remove %s", link);
	return 0;
}

static int remove_trace(const char *operand)
{
	AUTO(heap_free) char *path = NULL;
	AUTO(heap_free) char *real = NULL;
	int err = trace_path_find(operand, &path);

	if (err)
		return err;
	real = realpath(path, NULL);
	if (!real)
		return report(-errno, "remove %s", path);
	if (!is_trace(real)) {
		report(0, "rm: %s is left alone: it is no trace (it has no "
			  "trace.json)", path);
		return -EINVAL;
	}
	err = forget_latest(real);
	return err ? err : remove_tree(real);
}

static int run(const struct command *command, int argc, char **argv)
{
	int first = options_parse(command, argc, argv, NULL);
	int status = 0;

	if (first < 0)
		return options_exit_status(command, first);
	for (char **operand = argv + first; *operand; operand++) {
		if (remove_trace(*operand))
			status = command->failure;
	}
	return status;
}

const struct command command_rm = {
	.name = "rm",
	.operands = "TRACE...",
	.least = 1,
	.most = -1,
	.summary = "Remove traces",
	.details = "What no other trace needs stays in the shared store until "
		   "`reel gc'.",
	.example = "  reel rm date-1 date-2 && reel gc",
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.run = run,
};
