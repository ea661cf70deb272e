/* SPDX-License-Identifier: MIT */
/* reel ls. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/commands.h"
#include "src/decode_text.h"
#include "src/human.h"
#include "src/trace_path.h"
#include "traces/reader.h"
#include "traces/report.h"

struct ls_values {
	int is_json;
};

struct ls_row {
	char *name;	/* escaped, as the command */
	char *command;	/* words separated by blanks */
	int64_t start_ns, end_ns;
	uint64_t events;
	struct trace_size size;
	int is_complete;
	int exit_status;
};

static const struct option_row rows[] = {
	{ "json", 0, NULL, "print a JSON array" },
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	struct ls_values *values = context;

	(void)option;
	(void)argument;
	values->is_json = 1;
	return 0;
}

static char *command_text(char **arguments)
{
	struct text text = { 0 };

	for (char **at = arguments; at && *at; at++) {
		if (at != arguments)
			text_add(&text, " ");
		text_escape(&text, *at, strlen(*at));
	}
	if (!text.bytes)
		text_add(&text, "");
	return text.bytes;
}

static int read_row(const char *root, const char *name, struct ls_row *row_out)
{
	AUTO(heap_free) char *path = xasprintf("%s/%s", root, name);
	const struct trace_info *info;
	struct trace_reader *reader;
	int err = trace_reader_open(path, &reader);

	if (err)
		return err;
	info = trace_reader_info(reader);
	*row_out = (struct ls_row){
		.name = command_text((char *[]){ (char *)name, NULL }),
		.command = command_text(info->arguments),
		.start_ns = info->start_realtime_ns,
		.end_ns = info->end_realtime_ns,
		.events = trace_reader_event_count(reader),
		.is_complete = trace_reader_is_complete(reader),
		.exit_status = info->exit_status,
	};
	trace_reader_close(reader);
	return trace_size(path, &row_out->size);
}

static int by_date(const void *left, const void *right)
{
	const struct ls_row *a = left, *b = right;

	if (a->start_ns != b->start_ns)
		return a->start_ns < b->start_ns ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* A trace that cannot be read is reported, and does not hide the others. */
static int read_rows(DIR *directory, const char *root, struct ls_row **rows_out,
		     size_t *count_out)
{
	struct dirent *entry;
	size_t count = 0;
	int first_err = 0;

	*rows_out = NULL;
	while ((entry = readdir(directory))) {
		AUTO(heap_free) char *path = NULL;
		int err;

		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "latest"))
			continue;
		path = xasprintf("%s/%s", root, entry->d_name);
		if (!is_trace(path))
			continue;
		*rows_out = xrealloc(*rows_out,
				     (count + 1) * sizeof(**rows_out));
		err = read_row(root, entry->d_name, &(*rows_out)[count]);
		if (!err)
			count++;
		else if (!first_err)
			first_err = err;
	}
	if (count)
		qsort(*rows_out, count, sizeof(**rows_out), by_date);
	*count_out = count;
	return first_err;
}

static const char *duration_text(const struct ls_row *row, char *text)
{
	if (!row->is_complete || row->end_ns < row->start_ns)
		return strcpy(text, "-");
	return human_time((uint64_t)(row->end_ns - row->start_ns), text);
}

static void print_table(const struct ls_row *traces, size_t count)
{
	char date[HUMAN_LENGTH], time[HUMAN_LENGTH], status[HUMAN_LENGTH];
	char size[HUMAN_LENGTH];
	int width = 4;

	for (size_t i = 0; i < count; i++) {
		if ((int)strlen(traces[i].name) > width)
			width = (int)strlen(traces[i].name);
	}
	printf("%-*s  %-19s  %12s  %-14s  %10s  %9s  %s\n", width, "NAME",
	       "DATE", "DURATION", "STATUS", "EVENTS", "SIZE", "COMMAND");
	for (size_t i = 0; i < count; i++) {
		const struct ls_row *row = &traces[i];

		printf("%-*s  %-19s  %12s  %-14s  %10" PRIu64 "  %9s  %s\n",
		       width, row->name, human_date(row->start_ns, date),
		       duration_text(row, time),
		       row->is_complete ? human_status(row->exit_status,
						       status) : "incomplete",
		       row->events,
		       human_size(row->size.events + row->size.snapshots,
				  size),
		       row->command);
	}
}

static void print_json(const struct ls_row *traces, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct ls_row *row = &traces[i];
		json_t *object = json_pack(
			"{s:s, s:s, s:b, s:I, s:I, s:i, s:I, s:I, s:I}",
			"name", row->name, "command", row->command,
			"complete", row->is_complete,
			"start_ns", (json_int_t)row->start_ns,
			"end_ns", (json_int_t)row->end_ns,
			"wait_status", row->exit_status,
			"events", (json_int_t)row->events,
			"event_bytes", (json_int_t)row->size.events,
			"snapshot_bytes", (json_int_t)row->size.snapshots);

		bug_unless(object, "a trace that JSON cannot hold");
		json_array_append_new(array, object);
	}
	json_dumpf(array, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(array);
}

static int list_traces(const char *root, const struct ls_values *values)
{
	DIR *directory = opendir(root);
	struct ls_row *traces;
	size_t count;
	int err;

	if (!directory && errno != ENOENT)
		return report(-errno, "list the traces in %s", root);
	if (!directory && !values->is_json) {
		printf("no traces in %s\n", root);
		return 0;
	}
	if (!directory) {
		puts("[]");
		return 0;
	}
	err = read_rows(directory, root, &traces, &count);
	closedir(directory);
	if (values->is_json)
		print_json(traces, count);
	else if (count)
		print_table(traces, count);
	else
		printf("no traces in %s\n", root);
	for (size_t i = 0; i < count; i++) {
		free(traces[i].name);
		free(traces[i].command);
	}
	free(traces);
	return err;
}

static int run(const struct command *command, int argc, char **argv)
{
	AUTO(heap_free) char *root = NULL;
	struct ls_values values = { 0 };
	int first = options_parse(command, argc, argv, &values);

	if (first < 0)
		return options_exit_status(command, first);
	if (trace_root(&root) || list_traces(root, &values))
		return command->failure;
	return 0;
}

const struct command command_ls = {
	.name = "ls",
	.operands = "",
	.summary = "List the traces",
	.details = "Traces are in $REEL_TRACES, or in reel/ of the XDG data "
		   "directory\n(~/.local/share).  The oldest comes first.",
	.example = "  REEL_TRACES=/srv/traces reel ls",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
