/* SPDX-License-Identifier: MIT */
/* trace_pack. */
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

struct packing {
	const char *trace;
	int directory; /* of the trace */
	int fd;	       /* of the packed file */
	uint8_t *piece;
	struct hash *hash;
	struct buffer sums; /* text of SHA256SUMS */
};

static int put(struct packing *packing, const void *bytes, size_t length)
{
	int err = fault_injected("write_pack")
			  ? -ENOSPC
			  : write_all(packing->fd, bytes, length);

	return err ? report(err, "write the packed trace") : 0;
}

static int put_padding(struct packing *packing, uint64_t size)
{
	static const uint8_t zeros[TAR_BLOCK];

	return put(packing, zeros, tar_padding(size));
}

static void add_sum(struct buffer *sums, struct hash *hash, const char *name)
{
	char text[HASH_TEXT_SIZE];
	uint8_t sha256[HASH_SIZE];

	hash_finish(hash, sha256);
	hash_to_text(sha256, text);
	/* 64 digits, two spaces, the name, a newline; the NUL is dropped */
	sums->length +=
		(size_t)sprintf((char *)buffer_reserve(sums, 68 + strlen(name)),
				"%s  %s\n", text, name);
}

static int put_content(struct packing *packing, int fd, uint64_t size)
{
	uint64_t done = 0;
	int err;

	hash_restart(packing->hash);
	while (done < size) {
		size_t length =
			size - done < PIECE ? (size_t)(size - done) : PIECE;

		err = pread_all(fd, packing->piece, length, done);
		if (err)
			return report(err, "read trace %s", packing->trace);
		hash_add(packing->hash, packing->piece, length);
		err = put(packing, packing->piece, length);
		if (err)
			return err;
		done += length;
	}
	return put_padding(packing, size);
}

static int put_member(struct packing *packing, const char *name)
{
	AUTO(fd_close) int fd = -1;
	uint8_t header[TAR_BLOCK];
	uint64_t size;
	int err;

	fd = file_open_regular(packing->directory, name, &size);
	if (fd < 0)
		return report(fd, "open %s of trace %s", name, packing->trace);
	tar_header_write(name, size, header);
	err = put(packing, header, sizeof(header));
	if (!err)
		err = put_content(packing, fd, size);
	if (!err)
		add_sum(&packing->sums, packing->hash, name);
	return err;
}

static int put_objects(struct packing *packing)
{
	char name[8 + OBJECT_NAME_SIZE] = "objects/";
	AUTO(fd_close) int objects = -1;
	struct buffer hashes = { 0 };
	int err = 0;
	size_t at;

	objects = openat(packing->directory, "objects",
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (objects < 0)
		return report(-errno, "open the objects of trace %s",
			      packing->trace);
	object_list(objects, &hashes);
	for (at = 0; at < hashes.length && !err; at += HASH_SIZE) {
		object_name(hashes.bytes + at, name + 8);
		err = put_member(packing, name);
	}
	free(hashes.bytes);
	return err;
}

static int put_sums(struct packing *packing)
{
	static const uint8_t end[2 * TAR_BLOCK];
	uint8_t header[TAR_BLOCK];
	int err;

	tar_header_write(TAR_SUMS, packing->sums.length, header);
	err = put(packing, header, sizeof(header));
	if (!err)
		err = put(packing, packing->sums.bytes, packing->sums.length);
	if (!err)
		err = put_padding(packing, packing->sums.length);
	return err ? err : put(packing, end, sizeof(end));
}

static int put_all(const char *trace, int fd)
{
	struct packing packing = { .trace = trace, .fd = fd };
	int err;

	packing.directory = open(trace, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (packing.directory < 0)
		return report(-errno, "open trace %s", trace);
	packing.piece = xmalloc(PIECE);
	packing.hash = hash_create();
	err = put_member(&packing, "trace.json");
	if (!err)
		err = put_member(&packing, "events");
	if (!err)
		err = put_member(&packing, "memory");
	if (!err)
		err = put_objects(&packing);
	if (!err)
		err = put_sums(&packing);
	free(packing.piece);
	hash_destroy(packing.hash);
	free(packing.sums.bytes);
	fd_close(&packing.directory);
	return err;
}

/* A pipe or a device is written to as it is. */
static int pack_into_special(const char *trace, const char *file)
{
	AUTO(fd_close) int fd = open(file, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? report(-errno, "open %s", file) : put_all(trace, fd);
}

static int pack_into_new(const char *trace, const char *file)
{
	AUTO(heap_free) char *parent = NULL;
	AUTO(fd_close) int directory = -1;
	struct new_file packed = NEW_FILE_NONE;
	const char *name;
	int err;

	name = file_split(file, &parent);
	directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return report(-errno, "open the directory %s", parent);
	err = new_file_begin(directory, 0666, &packed);
	if (err)
		return report(err, "make a file in %s", parent);
	err = put_all(trace, packed.fd);
	if (!err) {
		err = new_file_commit(&packed, name);
		if (err)
			report(err, "name the packed trace %s", file);
	}
	new_file_deinit(&packed);
	return err;
}

int trace_pack(const char *trace, const char *file)
{
	AUTO(heap_free) char *target = NULL;
	struct stat status;
	int err;

	if (!stat(file, &status)) {
		if (S_ISDIR(status.st_mode))
			return report(-EISDIR, "pack into %s", file);
		/* What a link leads to is replaced, not the link. */
		target = realpath(file, NULL);
	} else if (errno != ENOENT) {
		return report(-errno, "pack into %s", file);
	} else {
		memset(&status, 0, sizeof(status));
	}
	err = trace_verify(trace, NULL);
	if (err)
		return err;
	if (status.st_mode && !S_ISREG(status.st_mode))
		return pack_into_special(trace, file);
	return pack_into_new(trace, target ? target : file);
}
