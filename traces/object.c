/* SPDX-License-Identifier: MIT */
/* Snapshots as files: traces/format.md, "Snapshots". */
#include "traces/object.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "traces/file.h"

/* The recorder waits for this compression, so it is a quick one. */
#define OBJECT_LEVEL 1
#define PIECE ((size_t)1 << 20)
#define PAGE ((size_t)4096)

#define TRAILER_MAGIC 0x184D2A53u
#define TRAILER_SIZE 28

void object_name(const uint8_t sha256[HASH_SIZE],
		 char name_out[OBJECT_NAME_SIZE])
{
	char text[HASH_TEXT_SIZE];

	hash_to_text(sha256, text);
	memcpy(name_out, text, 2);
	name_out[2] = '/';
	memcpy(name_out + 3, text + 2, sizeof(text) - 2);
}

static void trailer_write(uint64_t size, uint64_t compressed, uint8_t *trailer)
{
	put32(trailer, TRAILER_MAGIC);
	put32(trailer + 4, TRAILER_SIZE - 8);
	put64(trailer + 8, size);
	put64(trailer + 16, compressed);
	put32(trailer + 24, (uint32_t)XXH64(trailer, 24, 0));
}

/* What an object is made with. */
struct object_writer {
	int fd;
	uint64_t size;	     /* of the content so far */
	uint64_t compressed; /* bytes in the file */
	int frame_open;
	ZSTD_CCtx *context;
	struct hash *hash;
	uint8_t *output;
	size_t output_room;
	uint8_t *zeros; /* a frame of PIECE zero bytes, once needed */
	size_t zeros_length;
};

static int put_output(struct object_writer *writer, const void *bytes,
		      size_t length)
{
	if (fault_injected("write_store"))
		return -ENOSPC;
	writer->compressed += length;
	return write_all(writer->fd, bytes, length);
}

static int compress(struct object_writer *writer, const uint8_t *bytes,
		    size_t length, ZSTD_EndDirective directive)
{
	ZSTD_inBuffer in = { bytes, length, 0 };
	size_t left;
	int err;

	do {
		ZSTD_outBuffer out = { writer->output, writer->output_room, 0 };

		left = ZSTD_compressStream2(writer->context, &out, &in,
					    directive);
		bug_unless(!ZSTD_isError(left), "zstd: %s",
			   ZSTD_getErrorName(left));
		err = put_output(writer, writer->output, out.pos);
		if (err)
			return err;
	} while (in.pos < in.size || (directive == ZSTD_e_end && left));
	writer->frame_open = directive != ZSTD_e_end;
	return 0;
}

static int end_frame(struct object_writer *writer)
{
	return writer->frame_open ? compress(writer, NULL, 0, ZSTD_e_end) : 0;
}

static int put_content(struct object_writer *writer, const uint8_t *bytes,
		       size_t length)
{
	hash_add(writer->hash, bytes, length);
	writer->size += length;
	return compress(writer, bytes, length, ZSTD_e_continue);
}

/* Compresses PIECE zeros once; a hole is that frame again and again. */
static void make_zeros(struct object_writer *writer, const uint8_t *zeros)
{
	size_t bound = ZSTD_compressBound(PIECE);

	writer->zeros = xmalloc(bound);
	writer->zeros_length = ZSTD_compress2(writer->context, writer->zeros,
					      bound, zeros, PIECE);
	bug_unless(!ZSTD_isError(writer->zeros_length), "zstd: %s",
		   ZSTD_getErrorName(writer->zeros_length));
}

static int put_zeros(struct object_writer *writer, uint8_t *piece,
		     uint64_t length)
{
	int err = 0;

	memset(piece, 0, PIECE);
	while (length >= PIECE && !err) {
		err = end_frame(writer);
		if (err)
			break;
		if (!writer->zeros)
			make_zeros(writer, piece);
		hash_add(writer->hash, piece, PIECE);
		writer->size += PIECE;
		length -= PIECE;
		err = put_output(writer, writer->zeros, writer->zeros_length);
	}
	return err ? err : put_content(writer, piece, (size_t)length);
}

/* Where content is put: into an object, or into a hash alone. */
struct sink {
	struct object_writer *writer;
	struct hash *hash;
};

static int sink_bytes(struct sink *sink, const uint8_t *bytes, size_t length)
{
	if (sink->writer)
		return put_content(sink->writer, bytes, length);
	hash_add(sink->hash, bytes, length);
	return 0;
}

static int sink_zeros(struct sink *sink, uint8_t *piece, uint64_t length)
{
	if (sink->writer)
		return put_zeros(sink->writer, piece, length);
	memset(piece, 0, PIECE);
	while (length > 0) {
		size_t step = length < PIECE ? (size_t)length : PIECE;

		hash_add(sink->hash, piece, step);
		length -= step;
	}
	return 0;
}

/*
 * Reads up to PIECE bytes at offset, which is a multiple of PAGE, for the sake
 * of O_DIRECT.  Returns how many, 0 at the end of the file.
 */
static ssize_t read_piece(int fd, uint8_t *piece, uint64_t offset)
{
	ssize_t got;

	do {
		got = pread(fd, piece, PIECE, (off_t)offset);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/* The first data at or after offset, or the end. */
static uint64_t data_after(const struct object_source *source, uint64_t offset)
{
	off_t data;

	if (!source->is_sparse)
		return offset;
	data = lseek(source->fd, (off_t)offset, SEEK_DATA);
	if (data < 0)
		return errno == ENXIO ? source->size : offset;
	if ((uint64_t)data > source->size)
		return source->size;
	return (uint64_t)data & ~(uint64_t)(PAGE - 1);
}

static int ends_at(int fd, uint64_t offset)
{
	struct stat status;

	return !fstat(fd, &status) && (uint64_t)status.st_size <= offset;
}

static int pump_file(const struct object_source *source, uint8_t *piece,
		     struct sink *sink)
{
	uint64_t offset = 0;
	int err = 0;

	while (offset < source->size && !err) {
		uint64_t data = data_after(source, offset);
		ssize_t got;

		if (data > offset) {
			err = sink_zeros(sink, piece, data - offset);
			offset = data;
			continue;
		}
		got = read_piece(source->fd, piece, offset);
		if (got <= 0)
			return (int)got;
		if ((uint64_t)got > source->size - offset)
			got = (ssize_t)(source->size - offset);
		err = sink_bytes(sink, piece, (size_t)got);
		offset += (uint64_t)got;
		/* O_DIRECT cannot ask at an odd place whether this is all. */
		if (offset % PAGE && ends_at(source->fd, offset))
			break;
	}
	return err;
}

static int pump(const struct object_source *source, struct sink *sink)
{
	uint8_t *piece;
	int err;

	if (source->bytes)
		return sink_bytes(sink, source->bytes, source->size);
	piece = aligned_alloc(PAGE, PIECE);
	if (!piece)
		return -ENOMEM;
	err = pump_file(source, piece, sink);
	free(piece);
	return err;
}

int object_hash(const struct object_source *source,
		uint8_t sha256_out[HASH_SIZE])
{
	AUTO(hash_cleanup) struct hash *hash = hash_create();
	struct sink sink = { .hash = hash };
	int err = pump(source, &sink);

	hash_finish(hash, sha256_out);
	return err;
}

int object_write(const struct object_source *source, int fd,
		 uint8_t sha256_out[HASH_SIZE])
{
	struct object_writer writer = { .fd = fd };
	struct sink sink = { .writer = &writer };
	uint8_t trailer[TRAILER_SIZE];
	int err;

	writer.context = ZSTD_createCCtx();
	bug_unless(writer.context, "zstd has no memory");
	ZSTD_CCtx_setParameter(writer.context, ZSTD_c_compressionLevel,
			       OBJECT_LEVEL);
	ZSTD_CCtx_setParameter(writer.context, ZSTD_c_checksumFlag, 1);
	writer.hash = hash_create();
	writer.output_room = ZSTD_CStreamOutSize();
	writer.output = xmalloc(writer.output_room);
	/* Empty content is an empty frame: zstd wants one. */
	writer.frame_open = 1;
	err = pump(source, &sink);
	if (!err)
		err = end_frame(&writer);
	if (!err) {
		trailer_write(writer.size, writer.compressed, trailer);
		err = put_output(&writer, trailer, sizeof(trailer));
	}
	hash_finish(writer.hash, sha256_out);
	hash_destroy(writer.hash);
	ZSTD_freeCCtx(writer.context);
	free(writer.output);
	free(writer.zeros);
	return err;
}

/* Reads the trailer of an open object. */
static int read_trailer(int fd, uint64_t file_size, uint64_t *size_out)
{
	uint8_t trailer[TRAILER_SIZE], expected[TRAILER_SIZE];
	int err;

	if (file_size < TRAILER_SIZE)
		return -EBADMSG;
	err = pread_all(fd, trailer, sizeof(trailer), file_size - TRAILER_SIZE);
	if (err)
		return err;
	*size_out = get64(trailer + 8);
	trailer_write(*size_out, file_size - TRAILER_SIZE, expected);
	return memcmp(trailer, expected, TRAILER_SIZE) || *size_out > INT64_MAX
		       ? -EBADMSG
		       : 0;
}

int object_size(int objects, const uint8_t sha256[HASH_SIZE],
		uint64_t *size_out)
{
	AUTO(fd_close) int fd = -1;
	char name[OBJECT_NAME_SIZE];
	uint64_t file_size;

	object_name(sha256, name);
	fd = file_open_regular(objects, name, &file_size);
	return fd < 0 ? fd : read_trailer(fd, file_size, size_out);
}

struct object_reader {
	int from;
	uint64_t left; /* compressed bytes not read yet */
	uint64_t offset;
	int to;	       /* or -1 */
	uint64_t most; /* bytes that may still be written there */
	uint64_t size; /* of the content, as the trailer says */
	uint64_t done;
	ZSTD_DCtx *context;
	struct hash *hash;
	uint8_t *in, *out;
};

static int is_zero(const uint8_t *bytes, size_t length)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, length - 1);
}

/* Writes what is not zero; the rest stays a hole. */
static int write_sparse(struct object_reader *reader, size_t length)
{
	size_t start = 0, end;

	while (start < length) {
		size_t page = length - start < PAGE ? length - start : PAGE;
		size_t done;

		if (is_zero(reader->out + start, page)) {
			start += page;
			continue;
		}
		for (end = start + page; end < length; end += page) {
			page = length - end < PAGE ? length - end : PAGE;
			if (is_zero(reader->out + end, page))
				break;
		}
		if (end - start > reader->most)
			return OBJECT_TOO_LARGE;
		reader->most -= end - start;
		for (done = start; done < end;) {
			ssize_t put = pwrite(reader->to, reader->out + done,
					     end - done,
					     (off_t)(reader->done + done));

			if (put < 0 && errno == EINTR)
				continue;
			if (put <= 0)
				return put ? -errno : -EIO;
			done += (size_t)put;
		}
		start = end;
	}
	return 0;
}

static int accept_content(struct object_reader *reader, size_t length)
{
	int err = 0;

	if (length > reader->size - reader->done)
		return -EBADMSG;
	hash_add(reader->hash, reader->out, length);
	if (reader->to >= 0 && length)
		err = write_sparse(reader, length);
	reader->done += length;
	return err;
}

static int decompress(struct object_reader *reader)
{
	size_t frame_left = 1;
	int err = 0;

	while (reader->left && !err) {
		ZSTD_inBuffer in = { reader->in, PIECE, 0 };
		ZSTD_outBuffer out = { reader->out, PIECE, PIECE };

		if (in.size > reader->left)
			in.size = (size_t)reader->left;
		err = pread_all(reader->from, reader->in, in.size,
				reader->offset);
		reader->offset += in.size;
		reader->left -= in.size;
		/* A full output may hide more of the same. */
		while (!err && (in.pos < in.size ||
				(frame_left && out.pos == out.size))) {
			out.pos = 0;
			frame_left = ZSTD_decompressStream(reader->context,
							   &out, &in);
			if (ZSTD_isError(frame_left))
				return -EBADMSG;
			err = accept_content(reader, out.pos);
			if (!out.pos && in.pos == in.size)
				break;
		}
	}
	if (!err && (frame_left || reader->done != reader->size))
		err = -EBADMSG;
	return err;
}

static int read_content(struct object_reader *reader, const char *name,
			const uint8_t sha256[HASH_SIZE])
{
	uint8_t found[HASH_SIZE];
	int err;

	err = decompress(reader);
	if (!err && reader->to >= 0 &&
	    ftruncate(reader->to, (off_t)reader->size))
		err = -errno;
	hash_finish(reader->hash, found);
	if (!err && memcmp(found, sha256, HASH_SIZE))
		err = -EBADMSG;
	return err < 0 ? report(err, "snapshot %s", name) : err;
}

int object_read_at_most(int objects, const uint8_t sha256[HASH_SIZE], int fd,
			uint64_t most)
{
	struct object_reader reader = { .to = fd, .most = most };
	char name[OBJECT_NAME_SIZE];
	uint64_t file_size;
	int err;

	object_name(sha256, name);
	reader.from = file_open_regular(objects, name, &file_size);
	if (reader.from < 0)
		return report(reader.from, "snapshot %s", name);
	err = read_trailer(reader.from, file_size, &reader.size);
	if (err) {
		close(reader.from);
		return report(err, "snapshot %s", name);
	}
	/* Holes stay holes only where nothing was before. */
	if (fd >= 0 && ftruncate(fd, 0)) {
		close(reader.from);
		return report(-errno, "empty the file for snapshot %s", name);
	}
	reader.left = file_size - TRAILER_SIZE;
	reader.context = ZSTD_createDCtx();
	bug_unless(reader.context, "zstd has no memory");
	reader.hash = hash_create();
	reader.in = xmalloc(PIECE);
	reader.out = xmalloc(PIECE);
	err = read_content(&reader, name, sha256);
	ZSTD_freeDCtx(reader.context);
	hash_destroy(reader.hash);
	free(reader.in);
	free(reader.out);
	close(reader.from);
	return err;
}

int object_read(int objects, const uint8_t sha256[HASH_SIZE], int fd)
{
	return object_read_at_most(objects, sha256, fd, UINT64_MAX);
}

/* The names in objects/ that are hashes, as binary. */
static void list_prefix(struct buffer *list, int objects, const char *prefix)
{
	char text[2 * HASH_TEXT_SIZE];
	struct dirent *entry;
	DIR *directory;
	int fd;

	fd = openat(objects, prefix,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory) {
		fd_close(&fd);
		return;
	}
	while ((entry = readdir(directory))) {
		if (strlen(entry->d_name) != 62)
			continue;
		memcpy(text, prefix, 2);
		memcpy(text + 2, entry->d_name, 63);
		if (!hash_from_text(text, buffer_reserve(list, HASH_SIZE)))
			list->length += HASH_SIZE;
	}
	closedir(directory);
}

static int compare_hashes(const void *left, const void *right)
{
	return memcmp(left, right, HASH_SIZE);
}

void object_list(int objects, struct buffer *hashes_out)
{
	static const char digits[] = "0123456789abcdef";
	unsigned i;

	for (i = 0; i < 256; i++) {
		const char prefix[3] = { digits[i >> 4], digits[i & 15], '\0' };

		list_prefix(hashes_out, objects, prefix);
	}
	if (hashes_out->length)
		qsort(hashes_out->bytes, hashes_out->length / HASH_SIZE,
		      HASH_SIZE, compare_hashes);
}

int object_listed(const struct buffer *hashes, const uint8_t sha256[HASH_SIZE])
{
	return hashes->length &&
	       bsearch(sha256, hashes->bytes, hashes->length / HASH_SIZE,
		       HASH_SIZE, compare_hashes);
}
