/* SPDX-License-Identifier: MIT */
/* Files that appear whole or not at all: traces/file.h. */
#include "traces/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "traces/report.h"

#define NAME_ATTEMPTS 100
#define COPY_PIECE ((size_t)1 << 20)

/* A name that nobody else has, most likely; O_EXCL finds the rest. */
static void temporary_name(char name_out[32])
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number)) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		number = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)getpid();
	}
	snprintf(name_out, 32, FILE_TEMPORARY_PREFIX "%016llx",
		 (unsigned long long)number);
}

/* What file systems and kernels without O_TMPFILE say; open(2), and seen. */
static int lacks_tmpfile(int error)
{
	return error == EOPNOTSUPP || error == EISDIR || error == EINVAL ||
	       error == ENOENT;
}

static int open_named(struct new_file *file)
{
	int attempt;

	for (attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
		temporary_name(file->temporary);
		file->fd = openat(file->directory, file->temporary,
				  O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
					  O_NOFOLLOW,
				  file->mode);
		if (file->fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	file->temporary[0] = '\0';
	return -errno;
}

int new_file_begin(int directory, mode_t mode, struct new_file *file_out)
{
	*file_out = (struct new_file){ .directory = directory,
				       .fd = -1,
				       .mode = mode };
	if (!fault_injected("o_tmpfile")) {
		file_out->fd = openat(directory, ".",
				      O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
		if (file_out->fd >= 0)
			return 0;
		if (!lacks_tmpfile(errno))
			return -errno;
	}
	return open_named(file_out);
}

/*
 * Links the nameless file to a temporary name.  Where /proc is missing and
 * AT_EMPTY_PATH not permitted, its bytes are copied into a named file.
 */
static int name_nameless(struct new_file *file)
{
	struct new_file named = { .directory = file->directory,
				  .fd = -1,
				  .mode = file->mode };
	struct stat status;
	char path[32];
	int err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	temporary_name(file->temporary);
	if (!linkat(AT_FDCWD, path, file->directory, file->temporary,
		    AT_SYMLINK_FOLLOW) ||
	    !linkat(file->fd, "", file->directory, file->temporary,
		    AT_EMPTY_PATH))
		return 0;
	file->temporary[0] = '\0';
	if (fstat(file->fd, &status))
		return -errno;
	err = open_named(&named);
	if (!err)
		err = file_copy(file->fd, named.fd, (uint64_t)status.st_size);
	if (err) {
		new_file_deinit(&named);
		return err;
	}
	close(file->fd);
	*file = named;
	return 0;
}

int new_file_commit(struct new_file *file, const char *name)
{
	char path[32];
	int err = 0;

	if (!file->temporary[0]) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
		if (!linkat(AT_FDCWD, path, file->directory, name,
			    AT_SYMLINK_FOLLOW)) {
			fd_close(&file->fd);
			return 0;
		}
		err = name_nameless(file);
		if (err)
			return err;
	}
	/* Some file systems report a full disk only at close(2). */
	if (close(file->fd))
		err = -errno;
	file->fd = -1;
	if (!err &&
	    renameat(file->directory, file->temporary, file->directory, name))
		err = -errno;
	if (!err)
		file->temporary[0] = '\0';
	return err;
}

void new_file_deinit(struct new_file *file)
{
	fd_close(&file->fd);
	if (file->temporary[0])
		unlinkat(file->directory, file->temporary, 0);
	file->temporary[0] = '\0';
}

int file_copy(int from, int to, uint64_t length)
{
	AUTO(heap_free) char *piece = NULL;
	uint64_t done = 0;
	off_t offset = 0;
	int err = 0;

	/* The kernel copies, and shares blocks where the disk can. */
	while (done < length) {
		ssize_t copied = copy_file_range(from, &offset, to, NULL,
						 length - done, 0);

		if (copied <= 0)
			break;
		done += (uint64_t)copied;
	}
	if (done < length)
		piece = xmalloc(COPY_PIECE);
	while (done < length && !err) {
		size_t size = length - done < COPY_PIECE
				      ? (size_t)(length - done)
				      : COPY_PIECE;

		err = pread_all(from, piece, size, done);
		if (!err)
			err = write_all(to, piece, size);
		done += size;
	}
	return err;
}

/* Errors of link(2) after which a copy may still work. */
static int lacks_links(int error)
{
	return error == EXDEV || error == EPERM || error == EACCES ||
	       error == EOPNOTSUPP || error == ENOSYS || error == EMLINK ||
	       error == EINVAL;
}

int file_link_or_copy(int from_directory, const char *from_name,
		      int to_directory, const char *to_name, mode_t mode)
{
	AUTO(fd_close) int from = -1;
	struct new_file copy = NEW_FILE_NONE;
	uint64_t size;
	int err;

	if (!fault_injected("link")) {
		if (!linkat(from_directory, from_name, to_directory, to_name,
			    0))
			return 0;
		if (!lacks_links(errno))
			return -errno;
	}
	from = file_open_regular(from_directory, from_name, &size);
	if (from < 0)
		return from;
	err = new_file_begin(to_directory, mode, &copy);
	if (!err)
		err = file_copy(from, copy.fd, size);
	if (!err)
		err = new_file_commit(&copy, to_name);
	new_file_deinit(&copy);
	return err;
}

int file_open_regular(int directory, const char *name, uint64_t *size_out)
{
	struct stat status;
	int fd, err = 0;

	/* O_NONBLOCK: a pipe in the place of a file must not stop us. */
	fd = openat(directory, name,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status))
		err = -errno;
	else if (!S_ISREG(status.st_mode))
		err = -EINVAL;
	if (err) {
		close(fd);
		return err;
	}
	*size_out = (uint64_t)status.st_size;
	return fd;
}

int directory_open(int parent, const char *name)
{
	int fd;

	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(parent, name, 0777) && errno != EEXIST)
			return -errno;
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return fd < 0 ? -errno : fd;
}

int directory_make_temporary(int parent, char name_out[32])
{
	int attempt, fd;

	for (attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
		temporary_name(name_out);
		if (!mkdirat(parent, name_out, 0777)) {
			fd = openat(parent, name_out,
				    O_RDONLY | O_DIRECTORY | O_CLOEXEC |
					    O_NOFOLLOW);
			return fd < 0 ? -errno : fd;
		}
		if (errno != EEXIST)
			break;
	}
	return -errno;
}

const char *file_split(const char *path, char **parent_out)
{
	size_t end = strlen(path), start, parent;
	char *block, *name;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/'; start--)
		;
	for (parent = start; parent > 1 && path[parent - 1] == '/'; parent--)
		;
	block = xmalloc(parent + 2 + (end - start) + 1);
	memcpy(block, start ? path : ".", start ? parent : 1);
	block[start ? parent : 1] = '\0';
	name = block + (start ? parent : 1) + 1;
	memcpy(name, path + start, end - start);
	name[end - start] = '\0';
	*parent_out = block;
	return name;
}

int directory_remove(int parent, const char *name)
{
	struct dirent *entry;
	int fd, err = 0;
	DIR *directory;

	fd = openat(parent, name,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	directory = fdopendir(fd);
	if (!directory) {
		close(fd);
		return -ENOMEM;
	}
	while ((entry = readdir(directory))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!unlinkat(fd, entry->d_name, 0))
			continue;
		/* unlink(2) of a directory: EISDIR, or EPERM by POSIX */
		if (errno == EISDIR || errno == EPERM) {
			int inner = directory_remove(fd, entry->d_name);

			err = err ? err : inner;
		} else {
			err = err ? err : -errno;
		}
	}
	closedir(directory);
	if (unlinkat(parent, name, AT_REMOVEDIR) && !err)
		err = -errno;
	return err;
}
