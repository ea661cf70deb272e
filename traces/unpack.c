/* SPDX-License-Identifier: MIT */
/*
 * trace_unpack.  The file may be anybody's: a member's header must be the one
 * that packing writes, names come out of a fixed set and in a fixed order.
 */
#include "traces/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/file.h"
#include "traces/object.h"
#include "traces/reader.h"
#include "traces/tar.h"

#define PIECE ((size_t)1 << 20)

struct unpacking {
	const char *file;
	int fd;
	int directory; /* of the trace being made */
	unsigned members;
	char last[TAR_NAME_SIZE]; /* name of the member before */
	uint8_t *piece;
	struct hash *hash;
	struct buffer sums; /* what SHA256SUMS must be */
};

static int refuse(const struct unpacking *unpacking, const char *why)
{
	return report(-EBADMSG, "%s is not a whole packed trace: %s",
		      unpacking->file, why);
}

static int get(struct unpacking *unpacking, uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t got = read(unpacking->fd, bytes, length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return report(-errno, "read %s", unpacking->file);
		if (got == 0)
			return refuse(unpacking, "it ends too early");
		bytes += got;
		length -= (size_t)got;
	}
	return 0;
}

static int get_padding(struct unpacking *unpacking, uint64_t size)
{
	static const uint8_t zeros[TAR_BLOCK];
	uint8_t padding[TAR_BLOCK];
	unsigned length = tar_padding(size);
	int err = get(unpacking, padding, length);

	if (!err && memcmp(padding, zeros, length))
		err = refuse(unpacking, "padding is not zero");
	return err;
}

static int get_content(struct unpacking *unpacking, int fd, uint64_t size)
{
	uint64_t left = size;
	int err;

	hash_restart(unpacking->hash);
	while (left > 0) {
		size_t length = left < PIECE ? (size_t)left : PIECE;

		err = get(unpacking, unpacking->piece, length);
		if (err)
			return err;
		hash_add(unpacking->hash, unpacking->piece, length);
		err = fault_injected("write_unpack")
			      ? -ENOSPC
			      : write_all(fd, unpacking->piece, length);
		if (err)
			return report(err, "write the unpacked trace");
		left -= length;
	}
	return get_padding(unpacking, size);
}

static void add_sum(struct unpacking *unpacking, const char *name)
{
	char text[HASH_TEXT_SIZE];
	uint8_t sha256[HASH_SIZE];

	hash_finish(unpacking->hash, sha256);
	hash_to_text(sha256, text);
	unpacking->sums.length += (size_t)sprintf(
		(char *)buffer_reserve(&unpacking->sums, 68 + strlen(name)),
		"%s  %s\n", text, name);
}

/* The three files first, then objects in ascending order, none twice. */
static int is_in_order(struct unpacking *unpacking, const char *name)
{
	static const char *const first[] = { "trace.json", "events", "memory" };
	unsigned member = unpacking->members++;

	if (member < 3)
		return !strcmp(name, first[member]);
	return strchr(name, '/') &&
	       (member == 3 || strcmp(unpacking->last, name) < 0);
}

/* Makes objects/ and objects/ab for a name that was checked. */
static int make_parents(struct unpacking *unpacking, const char *name)
{
	char parent[] = "objects/ab";

	if (!strchr(name, '/'))
		return 0;
	memcpy(parent, name, sizeof(parent) - 1);
	if (mkdirat(unpacking->directory, parent, 0777) && errno != EEXIST)
		return report(-errno, "make %s of the unpacked trace", parent);
	return 0;
}

static int get_member(struct unpacking *unpacking, const char *name,
		      uint64_t size)
{
	AUTO(fd_close) int fd = -1;
	int err;

	if (!tar_name_is_allowed(name) || !is_in_order(unpacking, name))
		return refuse(unpacking, "a member that does not belong here");
	strcpy(unpacking->last, name);
	err = make_parents(unpacking, name);
	if (err)
		return err;
	fd = openat(unpacking->directory, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		    strchr(name, '/') ? OBJECT_MODE : 0666);
	if (fd < 0)
		return report(-errno, "make %s of the unpacked trace", name);
	err = get_content(unpacking, fd, size);
	/* A full disk may show only now. */
	if (close(fd) && !err)
		err = report(-errno, "write the unpacked trace");
	fd = -1;
	if (!err)
		add_sum(unpacking, name);
	return err;
}

/* The last member, the end of the archive, and nothing after it. */
static int get_end(struct unpacking *unpacking, uint64_t size)
{
	static const uint8_t zeros[2 * TAR_BLOCK];
	AUTO(heap_free) uint8_t *sums = NULL;
	uint8_t end[2 * TAR_BLOCK];
	int err;

	if (unpacking->members < 3 || size != unpacking->sums.length)
		return refuse(unpacking, "members are missing");
	sums = xmalloc(size);
	err = get(unpacking, sums, size);
	if (err)
		return err;
	if (memcmp(sums, unpacking->sums.bytes, size))
		return refuse(unpacking, "a SHA-256 does not match");
	err = get_padding(unpacking, size);
	if (!err)
		err = get(unpacking, end, sizeof(end));
	if (err)
		return err;
	if (memcmp(end, zeros, sizeof(end)))
		return refuse(unpacking, "it does not end where it should");
	return read(unpacking->fd, end, 1) == 0
		       ? 0
		       : refuse(unpacking, "something follows it");
}

static int get_all(struct unpacking *unpacking)
{
	uint8_t header[TAR_BLOCK];
	char name[TAR_NAME_SIZE];
	uint64_t size;
	int err;

	for (;;) {
		err = get(unpacking, header, sizeof(header));
		if (err)
			return err;
		if (tar_header_read(header, name, &size))
			return refuse(unpacking, "the header of a member");
		if (!strcmp(name, TAR_SUMS))
			return get_end(unpacking, size);
		err = get_member(unpacking, name, size);
		if (err)
			return err;
	}
}

static int unpack_into(const char *file, int fd, int directory)
{
	struct unpacking unpacking = {
		.file = file,
		.fd = fd,
		.directory = directory,
		.piece = xmalloc(PIECE),
		.hash = hash_create(),
	};
	int err = 0;

	/* A trace without snapshots has the directory all the same. */
	if (mkdirat(directory, "objects", 0777))
		err = report(-errno, "make objects of the unpacked trace");
	if (!err)
		err = get_all(&unpacking);
	free(unpacking.piece);
	hash_destroy(unpacking.hash);
	free(unpacking.sums.bytes);
	return err;
}

/* Renames a finished directory, never over one that is there. */
static int name_trace(int parent, const char *temporary, const char *name)
{
	struct stat status;

	if (!renameat2(parent, temporary, parent, name, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (!fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW))
		return -EEXIST;
	return renameat(parent, temporary, parent, name) ? -errno : 0;
}

static int unpack_beside(const char *file, int fd, const char *parent_name,
			 int parent, const char *name)
{
	AUTO(heap_free) char *path = NULL;
	AUTO(fd_close) int directory = -1;
	char temporary[32];
	int err;

	directory = directory_make_temporary(parent, temporary);
	if (directory < 0)
		return report(directory, "make a directory in %s", parent_name);
	path = xasprintf("%s/%s", parent_name, temporary);
	err = unpack_into(file, fd, directory);
	if (!err)
		err = trace_verify(path, NULL);
	if (!err) {
		err = name_trace(parent, temporary, name);
		if (err)
			report(err, "name the unpacked trace %s", name);
	}
	if (err)
		directory_remove(parent, temporary);
	return err;
}

int trace_unpack(const char *file, const char *trace)
{
	AUTO(heap_free) char *parent_name = NULL;
	AUTO(fd_close) int parent = -1;
	AUTO(fd_close) int fd = -1;
	struct stat status;
	const char *name;

	if (!lstat(trace, &status))
		return report(-EEXIST, "unpack into %s", trace);
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return report(-errno, "open %s", file);
	name = file_split(trace, &parent_name);
	parent = open(parent_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return report(-errno, "open the directory %s", parent_name);
	return unpack_beside(file, fd, parent_name, parent, name);
}
