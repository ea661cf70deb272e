/* SPDX-License-Identifier: MIT */
/* reel info. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/commands.h"
#include "src/decode_text.h"
#include "src/human.h"
#include "src/process_tree.h"
#include "src/trace_files.h"
#include "src/trace_path.h"
#include "traces/reader.h"
#include "traces/report.h"

/* All that there is to print. */
struct summary {
	const char *path;
	const struct trace_info *info;
	struct process_tree tree;
	struct trace_files files;
	struct trace_size size;
	uint64_t events;
	int is_complete;
};

static const struct option_row rows[] = {
	{ "json", 0, NULL, "print a JSON object" },
	{ "env", 0, NULL, "print the environment too" },
	{ 0 },
};

struct info_values {
	int is_json, with_environment;
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	struct info_values *values = context;

	(void)argument;
	if (!strcmp(option->name, "json"))
		values->is_json = 1;
	else
		values->with_environment = 1;
	return 0;
}

static void print_escaped(const char *string)
{
	struct text text = { 0 };

	text_escape(&text, string, strlen(string));
	fputs(text_string(&text), stdout);
	text_deinit(&text);
}

/* A word that needs no quotes in a shell, or C's escapes in quotes. */
static void print_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._+-/=:,@%^";
	struct text text = { 0 };

	if (*word && strspn(word, plain) == strlen(word)) {
		fputs(word, stdout);
		return;
	}
	text_quote(&text, word, strlen(word));
	fputs(text_string(&text), stdout);
	text_deinit(&text);
}

static void print_command(const struct summary *summary)
{
	printf("command    ");
	for (char **at = summary->info->arguments; at && *at; at++) {
		putchar(' ');
		print_word(*at);
	}
	putchar('\n');
}

static void print_line(const char *name, const char *value)
{
	printf("%-12s", name);
	print_escaped(value ? value : "-");
	putchar('\n');
}

static void print_times(const struct summary *summary)
{
	const struct trace_info *info = summary->info;
	char text[HUMAN_LENGTH];

	print_line("start", human_date(info->start_realtime_ns, text));
	if (!summary->is_complete) {
		print_line("status", "incomplete: the recorder was stopped "
				     "before the program ended");
		return;
	}
	print_line("end", human_date(info->end_realtime_ns, text));
	if (info->end_realtime_ns >= info->start_realtime_ns)
		print_line("duration",
			   human_time((uint64_t)(info->end_realtime_ns -
						 info->start_realtime_ns),
				      text));
	print_line("status", human_status(info->exit_status, text));
}

static void print_agent(const struct trace_info *info)
{
	if (info->agent_obstacle) {
		printf("%-12soff: ", "agent");
		print_escaped(info->agent_obstacle);
		putchar('\n');
	}
	if (!info->has_agent)
		return;
	printf("%-12s%" PRIu64 " calls without a stop, from %" PRIu64
	       " places", "agent", info->agent_calls, info->agent_sites);
	if (info->agent_failures) {
		printf("; %" PRIu64 " others stop (", info->agent_failures);
		print_escaped(info->agent_reasons ? info->agent_reasons : "");
		putchar(')');
	}
	putchar('\n');
}

static void print_counts(const struct summary *summary)
{
	char text[HUMAN_LENGTH];
	const char *separator = " (";

	printf("%-12s%" PRIu64, "events", summary->events);
	for (int kind = 1; kind < EVENT_KIND_END; kind++) {
		if (!summary->tree.event_counts[kind])
			continue;
		printf("%s%" PRIu64 " %s", separator,
		       summary->tree.event_counts[kind],
		       event_kind_name((enum event_kind)kind));
		separator = ", ";
	}
	puts(*separator == ',' ? ")" : "");
	print_agent(summary->info);
	printf("%-12s%s of events", "size",
	       human_size(summary->size.events, text));
	printf(", %s of snapshots (%zu files)\n",
	       human_size(summary->size.snapshots, text),
	       summary->files.count);
}

static void print_process(const struct process_tree *tree, size_t index)
{
	const struct process_node *node = &tree->nodes[index];
	size_t depth = node->depth;
	char text[HUMAN_LENGTH];

	/* A hostile trace may be deep; a terminal is not wide. */
	printf("  %*s%d ", (int)(2 * (depth < 40 ? depth : 40)), "", node->pid);
	print_escaped(node->comm ? node->comm : "?");
	if (node->exe) {
		printf(" [");
		print_escaped(node->exe);
		printf("]");
	}
	if (node->threads > 1)
		printf(", %" PRIu64 " threads", node->threads);
	printf(", %" PRIu64 " events, %s\n", node->events,
	       node->has_exited ? human_status(node->exit_status, text) :
				  "no end recorded");
}

/* A process and those it made, in the order they were made. */
static void print_family(const struct process_tree *tree, size_t root)
{
	size_t index = root;

	for (;;) {
		print_process(tree, index);
		if (tree->nodes[index].first_child != NO_PROCESS) {
			index = tree->nodes[index].first_child;
			continue;
		}
		while (index != root &&
		       tree->nodes[index].next_sibling == NO_PROCESS)
			index = tree->nodes[index].parent;
		if (index == root)
			return;
		index = tree->nodes[index].next_sibling;
	}
}

static void print_processes(const struct process_tree *tree)
{
	printf("%-12s%zu\n", "processes", tree->count);
	for (size_t i = 0; i < tree->count; i++) {
		if (tree->nodes[i].parent == NO_PROCESS)
			print_family(tree, i);
	}
}

static void print_text(const struct summary *summary, int with_environment)
{
	const struct trace_info *info = summary->info;

	print_line("trace", summary->path);
	print_command(summary);
	print_line("directory", info->directory);
	print_line("kernel", info->kernel);
	print_line("cpu", info->cpu);
	print_line("cpu choice", info->cpu_choice);
	if (info->is_chaotic)
		printf("%-12sseed %u\n", "chaos", info->chaos_seed);
	if (info->num_cores)
		printf("%-12s%u\n", "cores", info->num_cores);
	print_line("recorder", info->reel_version);
	printf("%-12s%u\n", "format", info->version);
	print_times(summary);
	print_counts(summary);
	print_processes(&summary->tree);
	if (!with_environment)
		return;
	printf("environment\n");
	for (char **at = info->environment; at && *at; at++) {
		printf("  ");
		print_escaped(*at);
		putchar('\n');
	}
}

static json_t *text_json(const char *string)
{
	struct text text = { 0 };
	json_t *json;

	if (!string)
		return json_null();
	text_escape(&text, string, strlen(string));
	json = json_string(text_string(&text));
	text_deinit(&text);
	return json;
}

static json_t *strings_json(char **strings)
{
	json_t *array = json_array();

	for (char **at = strings; at && *at; at++)
		json_array_append_new(array, text_json(*at));
	return array;
}

static json_t *processes_json(const struct process_tree *tree)
{
	json_t *array = json_array();

	for (size_t i = 0; i < tree->count; i++) {
		const struct process_node *node = &tree->nodes[i];
		json_t *parent = json_null(), *status = json_null();

		if (node->parent != NO_PROCESS)
			parent = json_integer(tree->nodes[node->parent].pid);
		if (node->has_exited)
			status = json_integer(node->exit_status);
		json_array_append_new(array, json_pack(
			"{s:i, s:o, s:I, s:o, s:o, s:I, s:I, s:o}",
			"pid", node->pid, "parent", parent,
			"task", (json_int_t)node->task,
			"comm", text_json(node->comm),
			"exe", text_json(node->exe),
			"threads", (json_int_t)node->threads,
			"events", (json_int_t)node->events,
			"wait_status", status));
	}
	return array;
}

static json_t *counts_json(const struct process_tree *tree)
{
	json_t *counts = json_object();

	for (int kind = 1; kind < EVENT_KIND_END; kind++)
		json_object_set_new(counts,
			event_kind_name((enum event_kind)kind),
			json_integer((json_int_t)tree->event_counts[kind]));
	return counts;
}

static void print_json(const struct summary *summary, int with_environment)
{
	const struct trace_info *info = summary->info;
	json_t *object = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:b, s:I, s:I}",
		"trace", text_json(summary->path),
		"command", strings_json(info->arguments),
		"directory", text_json(info->directory),
		"kernel", text_json(info->kernel), "cpu", text_json(info->cpu),
		"cpu_choice", text_json(info->cpu_choice),
		"recorder", text_json(info->reel_version),
		"format", (int)info->version,
		"complete", summary->is_complete,
		"start_ns", (json_int_t)info->start_realtime_ns,
		"events", (json_int_t)summary->events);

	bug_unless(object, "a trace that JSON cannot hold");
	if (info->is_chaotic)
		json_object_set_new(object, "chaos_seed",
				    json_integer(info->chaos_seed));
	if (info->num_cores)
		json_object_set_new(object, "num_cores",
				    json_integer(info->num_cores));
	if (info->agent_obstacle)
		json_object_set_new(object, "agent_obstacle",
				    text_json(info->agent_obstacle));
	if (info->has_agent)
		json_object_set_new(object, "agent", json_pack(
			"{s:I, s:I, s:I}",
			"calls", (json_int_t)info->agent_calls,
			"sites", (json_int_t)info->agent_sites,
			"failures", (json_int_t)info->agent_failures));
	if (summary->is_complete) {
		json_object_set_new(object, "end_ns", json_integer(
			(json_int_t)info->end_realtime_ns));
		json_object_set_new(object, "wait_status",
				    json_integer(info->exit_status));
	}
	json_object_set_new(object, "event_counts",
			    counts_json(&summary->tree));
	json_object_set_new(object, "event_bytes", json_integer(
		(json_int_t)summary->size.events));
	json_object_set_new(object, "snapshot_bytes", json_integer(
		(json_int_t)summary->size.snapshots));
	json_object_set_new(object, "snapshots", json_integer(
		(json_int_t)summary->files.count));
	json_object_set_new(object, "processes",
			    processes_json(&summary->tree));
	if (with_environment)
		json_object_set_new(object, "environment",
				    strings_json(info->environment));
	json_dumpf(object, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(object);
}

static int gather(struct trace_reader *reader, struct summary *summary)
{
	int err = process_tree_read(reader, &summary->tree);

	if (!err)
		err = trace_files_read(reader, &summary->files);
	if (!err)
		err = trace_size(summary->path, &summary->size);
	summary->info = trace_reader_info(reader);
	summary->events = trace_reader_event_count(reader);
	summary->is_complete = trace_reader_is_complete(reader);
	return err;
}

static int print_info(const char *path, const struct info_values *values)
{
	struct summary summary = { .path = path };
	struct trace_reader *reader;
	int err = trace_reader_open(path, &reader);

	if (err)
		return err;
	err = gather(reader, &summary);
	if (!err && values->is_json)
		print_json(&summary, values->with_environment);
	else if (!err)
		print_text(&summary, values->with_environment);
	process_tree_deinit(&summary.tree);
	trace_files_deinit(&summary.files);
	trace_reader_close(reader);
	return err;
}

static int run(const struct command *command, int argc, char **argv)
{
	AUTO(heap_free) char *path = NULL;
	struct info_values values = { 0 };
	int first = options_parse(command, argc, argv, &values);

	if (first < 0)
		return options_exit_status(command, first);
	if (trace_path_find(argv[first], &path) || print_info(path, &values))
		return command->failure;
	return 0;
}

const struct command command_info = {
	.name = "info",
	.operands = "[TRACE]",
	.most = 1,
	.summary = "Describe a trace: command, machine, processes, sizes",
	.details = "Bytes that cannot be printed are written \\xNN, a "
		   "backslash as \\\\.",
	.example = "  reel info make-3\n"
		   "  reel info --json | jq .wait_status",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
