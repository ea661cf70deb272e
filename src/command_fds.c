/* SPDX-License-Identifier: MIT */
/* reel fds: the descriptors of a process at an event, from the events alone. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "src/command_inspect.h"
#include "src/commands.h"
#include "src/decode_names.h"
#include "src/decode_text.h"
#include "src/descriptors.h"
#include "src/trace_path.h"
#include "traces/report.h"

static const struct option_row rows[] = {
	INSPECTION_PID,
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	return inspection_set_option(context, option, argument);
}

static void add_flags(struct text *text, const struct descriptor *descriptor)
{
	static const char *const accesses[] = {
		[O_RDONLY] = "O_RDONLY", [O_WRONLY] = "O_WRONLY",
		[O_RDWR] = "O_RDWR", [O_ACCMODE] = "O_ACCMODE",
	};
	const struct open_file *file = descriptor->file;

	if (!file->has_flags)
		text_add(text, "?");
	else if (file->flags & O_PATH)
		text_add(text, "O_PATH");
	else
		text_add(text, accesses[file->flags & O_ACCMODE]);
	if (file->has_flags)
		decode_more_flags(text, names_open_flags, file->flags &
				  ~(uint32_t)(O_ACCMODE | O_PATH));
	if (descriptor->fate == CLOSES_ON_EXEC)
		text_add(text, "|O_CLOEXEC");
	else if (descriptor->fate == FATE_UNKNOWN && file->has_flags)
		text_add(text, "|?");
}

/* A position is known to mean something in what surely is a file. */
static void add_offset(struct text *text, const struct open_file *file)
{
	int is_file = !strcmp(file->kind, "file") ||
		      !strcmp(file->kind, "memfd") ||
		      !strcmp(file->kind, "directory");

	if (is_file && file->offset_state == OFFSET_KNOWN)
		text_format(text, "%" PRIu64, file->offset);
	else if (is_file || !strcmp(file->kind, "?") ||
		 !strcmp(file->kind, "device"))
		text_add(text, "?");
	else
		text_add(text, "-");
}

/* Numbers of the table that have this file. */
static void add_numbers(struct text *text,
			const struct descriptor_table *table,
			const struct open_file *file)
{
	const char *between = "";

	for (size_t i = 0; i < table->count; i++) {
		if (table->descriptors[i].file != file)
			continue;
		text_format(text, "%s%d", between,
			    table->descriptors[i].number);
		between = ", ";
	}
	if (!*between)
		text_add(text, "elsewhere");
}

static void add_what(struct text *text, const struct descriptor_table *table,
		     const struct open_file *file)
{
	int is_pair = !strcmp(file->kind, "pipe") ||
		      (!strcmp(file->kind, "socket") && file->peer);

	if (file->what)
		text_add(text, file->what);
	else if (!file->event)
		text_add(text, "? open before the recording");
	else if (!strcmp(file->kind, "?"))
		text_add(text, "?");
	if (file->peer_address)
		text_format(text, ", connected to %s", file->peer_address);
	if (!is_pair)
		return;
	text_format(text, "%sother end: ", file->what || !file->event ?
		    ", " : "");
	if (file->peer)
		add_numbers(text, table, file->peer);
	else
		text_add(text, file->event ? "closed" : "?");
}

static void print_descriptors(const struct descriptor_table *table)
{
	struct text flags = { 0 }, offset = { 0 }, what = { 0 };

	printf("%5s  %-9s  %-30s  %8s  %5s  %s\n", "FD", "KIND", "FLAGS",
	       "OFFSET", "EVENT", "WHAT");
	for (size_t i = 0; i < table->count; i++) {
		const struct descriptor *descriptor = &table->descriptors[i];
		const struct open_file *file = descriptor->file;

		text_cut(&flags, 0);
		text_cut(&offset, 0);
		text_cut(&what, 0);
		add_flags(&flags, descriptor);
		add_offset(&offset, file);
		add_what(&what, table, file);
		printf("%5d  %-9s  %-30s  %8s  %5" PRIu64 "  %s\n",
		       descriptor->number, file->kind, text_string(&flags),
		       text_string(&offset), file->event, text_string(&what));
	}
	text_deinit(&flags);
	text_deinit(&offset);
	text_deinit(&what);
}

static int follow_to(struct trace_reader *reader, uint64_t last,
		     struct descriptors *descriptors, uint32_t *task_out)
{
	struct event event = { 0 };
	int err = 0;

	while (event.number < last &&
	       (err = trace_reader_next(reader, &event)) == 0) {
		descriptors_follow(descriptors, &event);
		*task_out = event.task;
	}
	return err;
}

static int print_fds(const struct inspection *inspection,
		     struct trace_reader *reader)
{
	struct descriptors descriptors;
	const struct dump_task *task;
	uint32_t serial = 0;
	int err;

	descriptors_init(&descriptors);
	err = follow_to(reader, inspection->event, &descriptors, &serial);
	if (!err) {
		task = inspection->pid ?
			descriptors_find_pid(&descriptors, inspection->pid) :
			descriptors_find_serial(&descriptors, serial);
		if (task)
			print_descriptors(descriptors_of(task));
		else
			err = inspection_no_task(inspection);
	}
	descriptors_deinit(&descriptors);
	return err;
}

static int show_fds(struct inspection *inspection, char **operands)
{
	AUTO(heap_free) char *path = NULL;
	struct trace_reader *reader = NULL;
	int err = inspection_number("event", operands[1], &inspection->event);

	if (!err)
		err = trace_path_find(operands[0], &path);
	if (!err)
		err = trace_reader_open(path, &reader);
	if (err)
		return err;
	err = inspect_check_event(inspection->event,
				  trace_reader_event_count(reader));
	if (!err)
		err = print_fds(inspection, reader);
	trace_reader_close(reader);
	return err;
}

static int run(const struct command *command, int argc, char **argv)
{
	return inspection_run(command, argc, argv, show_fds);
}

const struct command command_fds = {
	.name = "fds",
	.operands = "TRACE EVENT",
	.least = 2,
	.most = 2,
	.summary = "Print the open descriptors of a process at an event",
	.details = "They are followed through the events of the trace, without "
		   "a replay; what no\n"
		   "event tells is shown as `?'. EVENT is the one that made "
		   "the open file.",
	.example = "  reel fds latest 1234",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
