/* SPDX-License-Identifier: MIT */
/* reel snapshots. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "src/commands.h"
#include "src/decode_text.h"
#include "src/trace_files.h"
#include "src/trace_path.h"
#include "traces/report.h"

static const struct option_row rows[] = {
	{ "json", 0, NULL, "print a JSON array" },
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

static void print_uses(uint32_t use, struct text *text)
{
	for (uint32_t bit = 1; bit; bit <<= 1) {
		const char *name = file_use_name(use & bit);

		if (!name)
			continue;
		if (text->length)
			text_add(text, ",");
		text_add(text, name);
	}
}

static void print_file(const struct trace_file *file)
{
	char hash[SHA256_TEXT];
	struct text label = { 0 }, uses = { 0 };

	text_escape(&label, file->label, file->label_length);
	print_uses(file->use, &uses);
	printf("%7" PRIu64 " %10" PRIu64 " %s %-20s %s\n", file->event,
	       file->size, sha256_text(file->sha256, hash),
	       uses.length ? text_string(&uses) : "-", text_string(&label));
	text_deinit(&label);
	text_deinit(&uses);
}

static void print_table(const struct trace_files *files)
{
	printf("%7s %10s %-64s %-20s %s\n", "EVENT", "SIZE", "SHA-256", "USE",
	       "PATH OR LABEL");
	for (size_t i = 0; i < files->count; i++)
		print_file(&files->files[i]);
}

static json_t *file_json(const struct trace_file *file)
{
	json_t *uses = json_array();
	char hash[SHA256_TEXT];
	struct text label = { 0 };
	json_t *object;

	text_escape(&label, file->label, file->label_length);
	for (uint32_t bit = 1; bit; bit <<= 1) {
		if (file_use_name(file->use & bit))
			json_array_append_new(uses,
				json_string(file_use_name(file->use & bit)));
	}
	object = json_pack("{s:s, s:s, s:I, s:o, s:I, s:I, s:I, s:I, s:I}",
			   "label", text_string(&label),
			   "sha256", sha256_text(file->sha256, hash),
			   "size", (json_int_t)file->size,
			   "use", uses,
			   "event", (json_int_t)file->event,
			   "file", (json_int_t)file->id,
			   "mode", (json_int_t)file->mode,
			   "device", (json_int_t)file->device,
			   "inode", (json_int_t)file->inode);
	bug_unless(object, "a snapshot that JSON cannot hold");
	text_deinit(&label);
	return object;
}

static void print_json(const struct trace_files *files)
{
	json_t *array = json_array();

	for (size_t i = 0; i < files->count; i++)
		json_array_append_new(array, file_json(&files->files[i]));
	json_dumpf(array, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(array);
}

static int print_snapshots(const char *path, int is_json)
{
	struct trace_reader *reader;
	struct trace_files files;
	int err = trace_reader_open(path, &reader);

	if (err)
		return err;
	err = trace_files_read(reader, &files);
	trace_reader_close(reader);
	if (err)
		return err;
	if (is_json)
		print_json(&files);
	else
		print_table(&files);
	trace_files_deinit(&files);
	return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
	AUTO(heap_free) char *path = NULL;
	int is_json = 0;
	int first = options_parse(command, argc, argv, &is_json);

	if (first < 0)
		return options_exit_status(command, first);
	if (trace_path_find(argv[first], &path) ||
	    print_snapshots(path, is_json))
		return command->failure;
	return 0;
}

const struct command command_snapshots = {
	.name = "snapshots",
	.operands = "[TRACE]",
	.most = 1,
	.summary = "List every executable, library and memfd of a trace",
	.details =
		"Uses: executed, interpreter (of an executed file), script, "
		"code (mapped to be\n"
		"executed), mapped, shared (mapped MAP_SHARED), memfd, unnamed "
		"(no path led to it).\n"
		"EVENT is the first event that used the content.  Bytes of a "
		"label that cannot be\n"
		"printed are written \\xNN, a backslash as \\\\.",
	.example = "  reel snapshots --json latest | jq -r "
		   "'.[] | select(.use[] == \"memfd\").label'",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
