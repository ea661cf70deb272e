/* SPDX-License-Identifier: MIT */
/* reel gc. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/commands.h"
#include "src/human.h"
#include "src/trace_path.h"
#include "traces/report.h"
#include "traces/store.h"

static const struct option_row rows[] = {
	{ "dry-run", 'n', NULL, "say what would be removed, remove nothing" },
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	int *dry_run = context;

	(void)option;
	(void)argument;
	*dry_run = 1;
	return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
	AUTO(heap_free) char *root = NULL;
	AUTO(heap_free) char *store = NULL;
	char size[HUMAN_LENGTH];
	uint64_t files = 0, bytes = 0;
	int dry_run = 0;
	int first = options_parse(command, argc, argv, &dry_run);

	if (first < 0)
		return options_exit_status(command, first);
	if (trace_root(&root))
		return command->failure;
	store = xasprintf("%s/store", root);
	if (access(store, F_OK) == 0 &&
	    store_gc(store, dry_run, &files, &bytes))
		return command->failure;
	printf("%s %" PRIu64 " unused snapshot%s, %s\n",
	       dry_run ? "would remove" : "removed", files,
	       files == 1 ? "" : "s", human_size(bytes, size));
	return 0;
}

const struct command command_gc = {
	.name = "gc",
	.operands = "",
	.summary = "Remove snapshots that no trace uses any more",
	.details = "Traces share equal snapshots in the directory store/ "
		   "beside them.",
	.example = "  reel rm make-1 && reel gc",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
