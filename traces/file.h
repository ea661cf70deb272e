/* SPDX-License-Identifier: MIT */
/*
 * Files that appear under their name only when they are whole.
 *
 * Where the file system has O_TMPFILE, a file that is not finished has no name
 * at all; elsewhere it is a temporary one (FILE_TEMPORARY_PREFIX) that rename
 * replaces.  Plain open, write and rename suffice.
 */
#ifndef REEL_FILE_H
#define REEL_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FILE_TEMPORARY_PREFIX ".new-"

struct new_file {
	int directory; /* not owned */
	int fd;	       /* to write to; -1 when there is none */
	mode_t mode;
	char temporary[32]; /* its name, empty with O_TMPFILE */
};

#define NEW_FILE_NONE                     \
	{                                 \
		.directory = -1, .fd = -1 \
	}

/* None of these report: the caller knows what the file is for. */
int new_file_begin(int directory, mode_t mode, struct new_file *file_out);

/* Gives it its name, in place of what has that name, and closes it. */
int new_file_commit(struct new_file *file, const char *name);

/* Closes and removes what was not committed. */
void new_file_deinit(struct new_file *file);

/* Copies length bytes between descriptors, from their offset 0. */
int file_copy(int from, int to, uint64_t length);

/* A hard link, or a copy where there can be none.  -EEXIST when name exists */
int file_link_or_copy(int from_directory, const char *from_name,
		      int to_directory, const char *to_name, mode_t mode);

/*
 * Takes a path apart: returns its last component, without slashes after it,
 * and gives what is before it, "." if nothing is.  Both are in one block that
 * the caller frees by *parent_out.
 */
const char *file_split(const char *path, char **parent_out);

/* Opens a regular file and nothing else, and gives its size. */
int file_open_regular(int directory, const char *name, uint64_t *size_out);

/* Opens the directory, made first where it is missing. */
int directory_open(int parent, const char *name);

/* Makes a directory with a temporary name and opens it. */
int directory_make_temporary(int parent, char name_out[32]);

/* Removes a directory with all that is in it; goes on after an error. */
int directory_remove(int parent, const char *name);

#endif
