/* SPDX-License-Identifier: MIT */
/* reel extract: the exact bytes of a file out of a trace. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/commands.h"
#include "src/decode_text.h"
#include "src/human.h"
#include "src/trace_files.h"
#include "src/trace_path.h"
#include "traces/report.h"

static const struct option_row rows[] = {
	{ "output", 'o', "FILE", "write to FILE (mode 0644), not to stdout" },
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	const char **output = context;

	(void)option;
	*output = argument;
	return 0;
}

/* Files of equal content are one candidate. */
static int find_file(const struct trace_files *files, const char *name,
		     const struct trace_file **file_out)
{
	const struct trace_file *found = NULL;
	enum file_fit best = FIT_NONE;
	int is_ambiguous = 0;

	for (size_t i = 0; i < files->count; i++) {
		const struct trace_file *file = &files->files[i];
		enum file_fit fit = trace_file_fit(file, name);

		if (fit > best) {
			best = fit;
			found = file;
			is_ambiguous = 0;
		} else if (fit && fit == best &&
			   memcmp(found->sha256, file->sha256, SHA256_LENGTH)) {
			is_ambiguous = 1;
		}
	}
	*file_out = found;
	if (!found) {
		report(0, "extract: the trace has no file %s (reel snapshots "
			  "lists them)", name);
		return -ENOENT;
	}
	if (!is_ambiguous)
		return 0;
	report(0, "extract: several files are called %s; name one by its "
		  "SHA-256:", name);
	for (size_t i = 0; i < files->count; i++) {
		if (trace_file_fit(&files->files[i], name) == best)
			trace_file_print_candidate(&files->files[i]);
	}
	return -EINVAL;
}

static int extract_to_file(struct trace_reader *reader,
			   const struct trace_file *file, const char *output)
{
	AUTO(heap_free) char *fresh = xasprintf("%s.XXXXXX", output);
	AUTO(fd_close) int fd = mkostemp(fresh, O_CLOEXEC);
	int err;

	if (fd < 0)
		return report(-errno, "make a file beside %s", output);
	err = trace_reader_extract(reader, file->sha256, fd);
	if (!err && fchmod(fd, 0644))
		err = report(-errno, "set the mode of %s", fresh);
	if (!err && rename(fresh, output))
		err = report(-errno, "rename %s to %s", fresh, output);
	if (err)
		unlink(fresh);
	return err;
}

/* A pipe or a device knows no offsets: by way of a nameless file. */
static int extract_to_stream(struct trace_reader *reader,
			     const struct trace_file *file, int stream)
{
	const char *directory = getenv("TMPDIR");
	AUTO(heap_free) char *path = xasprintf("%s/reel-XXXXXX",
		directory && *directory ? directory : "/tmp");
	AUTO(fd_close) int fd = mkostemp(path, O_CLOEXEC);
	static char block[65536];
	ssize_t got;
	int err;

	if (fd < 0)
		return report(-errno, "make a temporary file %s (set TMPDIR)",
			      path);
	unlink(path);
	err = trace_reader_extract(reader, file->sha256, fd);
	if (err)
		return err;
	for (off_t at = 0; (got = pread(fd, block, sizeof(block), at)) > 0;
	     at += got) {
		progress_show((uint64_t)at, file->size);
		err = write_all(stream, block, (size_t)got);
		if (err)
			return report(err, "write the bytes of the file");
	}
	return got < 0 ? report(-errno, "read %s", path) : 0;
}

/* Whether output exists and is no regular file: a device, a named pipe. */
static int is_stream(const char *output)
{
	struct stat status;

	return !stat(output, &status) && !S_ISREG(status.st_mode);
}

static int extract_to(struct trace_reader *reader,
		      const struct trace_file *file, const char *output)
{
	AUTO(heap_free) char *target = NULL;
	AUTO(fd_close) int stream = -1;

	if (!output)
		return extract_to_stream(reader, file, STDOUT_FILENO);
	/* What a link (/dev/stdout!) leads to is replaced, not the link. */
	target = realpath(output, NULL);
	if (!is_stream(output))
		return extract_to_file(reader, file, target ? target : output);
	stream = open(output, O_WRONLY | O_CLOEXEC);
	if (stream < 0)
		return report(-errno, "write %s", output);
	return extract_to_stream(reader, file, stream);
}

static int extract(const char *path, const char *name, const char *output)
{
	struct trace_reader *reader;
	struct trace_files files = { 0 };
	const struct trace_file *file;
	int err;

	if (!output && isatty(STDOUT_FILENO)) {
		report(0, "extract: the bytes of %s are not for a terminal "
			  "(-o FILE writes a file)", name);
		return -EINVAL;
	}
	err = trace_reader_open(path, &reader);
	if (err)
		return err;
	err = trace_files_read(reader, &files);
	if (!err)
		err = find_file(&files, name, &file);
	if (!err) {
		progress_begin("extract");
		err = extract_to(reader, file, output);
		progress_end();
	}
	trace_files_deinit(&files);
	trace_reader_close(reader);
	return err;
}

static int run(const struct command *command, int argc, char **argv)
{
	AUTO(heap_free) char *path = NULL;
	const char *output = NULL;
	int first = options_parse(command, argc, argv, &output);

	if (first < 0)
		return options_exit_status(command, first);
	if (trace_path_find(argv[first], &path) ||
	    extract(path, argv[first + 1], output))
		return command->failure;
	return 0;
}

const struct command command_extract = {
	.name = "extract",
	.operands = "TRACE SHA256-PREFIX|NAME",
	.least = 2,
	.most = 2,
	.summary = "Write the exact bytes of a file that a trace holds",
	.details =
		"A file is named by four or more digits of its SHA-256, by its "
		"path or label as\n"
		"`reel snapshots' shows it, by its last component, or by the "
		"name of its memfd.",
	.example = "  reel extract latest payload -o /tmp/payload",
	.options = rows,
	.failure = EXIT_FAILED,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
