/* SPDX-License-Identifier: MIT */
/* reel replay. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "replay/replay.h"
#include "src/commands.h"
#include "src/human.h"
#include "src/session_page.h"
#include "src/trace_path.h"
#include "traces/report.h"

struct replay_values {
	struct replay_options options;
	int stats;
};

static const struct option_row rows[] = {
	{ "quiet", 'q', NULL,
	  "do not print again what the program wrote to its stdout\n"
	  "and stderr" },
	{ "to", 0, "EVENT", "stop after this event" },
	{ "check", 0, "WHAT",
	  "memory: compare the recorded digests of all writable\n"
	  "memory too; registers: the default" },
	{ "stats", 0, NULL, "print counts and the time taken on stderr" },
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	struct replay_values *values = context;
	int err;

	if (!strcmp(option->name, "quiet")) {
		values->options.quiet = 1;
	} else if (!strcmp(option->name, "stats")) {
		values->stats = 1;
	} else if (!strcmp(option->name, "to")) {
		err = options_number(option, argument,
				     &values->options.last_event);
		if (err)
			return err;
		if (!values->options.last_event)
			return report(-ERANGE, "--to: events count from 1");
	} else if (!strcmp(argument, "memory")) {
		values->options.check = CHECK_MEMORY;
	} else if (strcmp(argument, "registers")) {
		report(0, "replay: --check wants memory or registers, not '%s'",
		       argument);
		return -EINVAL;
	}
	return 0;
}

static void print_stats(const struct replay_summary *summary)
{
	char time[HUMAN_LENGTH];

	fprintf(stderr,
		"reel: replayed %" PRIu64 " events in %s: %" PRIu64
		" calls, %" PRIu64 " signals, %" PRIu64
		" instructions, %" PRIu64 " digests, %" PRIu64 " stops\n",
		summary->events, human_time(summary->elapsed_ns, time),
		summary->syscalls, summary->signals, summary->instructions,
		summary->digests, summary->stops);
}

static int exit_status_of(const struct replay_values *values, int outcome,
			  const struct replay_summary *summary)
{
	if (outcome == REPLAY_INCOMPLETE)
		report(0, "%s is incomplete: its recorder was stopped before "
			  "the program ended; replayed to event %" PRIu64
			  ", its last",
		       values->options.trace_path, summary->events);
	if (outcome)
		return EXIT_REEL;
	if (values->options.last_event)
		return 0;
	if (WIFSIGNALED(summary->wait_status))
		return 128 + WTERMSIG(summary->wait_status);
	return WEXITSTATUS(summary->wait_status);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct replay_values values = { .options.check = CHECK_REGISTERS };
	struct replay_summary summary = { 0 };
	AUTO(heap_free) char *path = NULL;
	AUTO(heap_free) char *store = NULL;
	int first = options_parse(command, argc, argv, &values);
	int outcome;

	if (first < 0)
		return options_exit_status(command, first);
	if (refuse_inside_recording() || trace_path_find(argv[first], &path))
		return EXIT_REEL;
	store = trace_store();
	values.options.trace_path = path;
	values.options.store_path = store;
	outcome = replay_run(&values.options, &summary);
	if (values.stats)
		print_stats(&summary);
	return exit_status_of(&values, outcome, &summary);
}

const struct command command_replay = {
	.name = "replay",
	.operands = "[TRACE]",
	.most = 1,
	.summary = "Replay a trace",
	.details =
		"TRACE is a path or a name that `reel ls' shows; without it, "
		"the latest.\n"
		"The exit status is the recorded one (0 when --to ends the "
		"replay); 125 when the\n"
		"replay diverges, when the trace ends before the program does, "
		"or when reel\n"
		"itself failed.",
	.example = "  reel record -- sort /etc/passwd\n"
		   "  reel replay --check=memory --stats",
	.options = rows,
	.failure = EXIT_REEL,
	.usage = EXIT_REEL,
	.set_option = set_option,
	.run = run,
};
