/* SPDX-License-Identifier: MIT */
#include "src/debug_root.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/trace_files.h"
#include "traces/report.h"

#define BYTES_MAX ((uint64_t)1 << 30) /* of one file */
#define CODE (FILE_EXECUTED | FILE_INTERPRETER | FILE_MAPPED_CODE)

/* The name is the trace's, which may be anybody's. */
static int is_harmless(const struct trace_file *file)
{
	const char *at = file->label;

	if (strlen(at) != file->label_length || !*at)
		return 0;
	while (*at) {
		size_t length;

		while (*at == '/')
			at++;
		length = strcspn(at, "/");
		if ((length == 2 && !strncmp(at, "..", 2)) || length > 255)
			return 0;
		at += length;
	}
	return file->label[file->label_length - 1] != '/';
}

/* All directories above the path. */
static int make_directories(char *path, size_t from)
{
	for (char *at = path + from; (at = strchr(at, '/')); at++) {
		*at = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	return 0;
}

/* Of several files of one name, the first one stays. */
static void write_file(struct trace_reader *reader,
		       const struct trace_file *file, const char *directory)
{
	AUTO(heap_free) char *path = xasprintf("%s/%s", directory,
					       file->label);
	AUTO(fd_close) int fd = -1;

	if (make_directories(path, strlen(directory) + 1))
		return;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return;
	if (trace_reader_extract_at_most(reader, file->sha256, fd, BYTES_MAX))
		unlink(path);
}

int debug_root_write(const char *trace_path, const char *directory)
{
	struct trace_files files = { 0 };
	struct trace_reader *reader;
	int err = trace_reader_open(trace_path, &reader);

	if (err)
		return err;
	err = trace_files_read(reader, &files);
	for (size_t i = 0; !err && i < files.count; i++)
		if ((files.files[i].use & CODE) && is_harmless(&files.files[i]))
			write_file(reader, &files.files[i], directory);
	trace_files_deinit(&files);
	trace_reader_close(reader);
	return err;
}

static int remove_one(const char *path, const struct stat *status, int kind,
		      struct FTW *ftw)
{
	(void)status;
	(void)kind;
	(void)ftw;
	return remove(path) && errno != ENOENT;
}

void debug_root_remove(const char *directory)
{
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
