/* SPDX-License-Identifier: MIT */
/* trace_verify: reads every byte of a trace once, and what it means. */
#include "traces/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/object.h"

struct verification {
	const char *path;
	int directory, objects;
	void (*progress)(uint64_t done, uint64_t all);
	uint64_t done, all;
	int err; /* the first */
};

static void note(struct verification *verification, int err)
{
	if (err < 0 && !verification->err)
		verification->err = err;
}

static void advance(struct verification *verification, uint64_t bytes)
{
	verification->done += bytes;
	if (verification->progress)
		verification->progress(verification->done, verification->all);
}

static void count_file(struct verification *verification, int directory,
		       const char *name, uint64_t times)
{
	struct stat status;

	if (!fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW))
		verification->all += times * (uint64_t)status.st_size;
}

static void count_work(struct verification *verification,
		       const struct buffer *hashes)
{
	char name[OBJECT_NAME_SIZE];
	size_t at;

	/* Streams are read twice: frame by frame, and for the hash. */
	count_file(verification, verification->directory, "events", 2);
	count_file(verification, verification->directory, "memory", 2);
	for (at = 0; at < hashes->length; at += HASH_SIZE) {
		object_name(hashes->bytes + at, name);
		count_file(verification, verification->objects, name, 1);
	}
}

static int verify_frames(struct verification *verification,
			 struct stream_reader *stream)
{
	size_t i;
	int err;

	stream->checks_content = 1;
	for (i = 0; i < stream->count; i++) {
		err = stream_reader_load(stream, i);
		if (err)
			return err;
		advance(verification, stream->frames[i].compressed);
	}
	return 0;
}

static int verify_stream(struct verification *verification, const char *name,
			 const struct stream_seal *seal)
{
	struct stream_reader stream;
	uint8_t sha256[HASH_SIZE];
	int err;

	err = stream_reader_open(&stream, verification->directory, name, seal);
	if (!err)
		err = verify_frames(verification, &stream);
	if (!err && seal) {
		err = stream_reader_hash(&stream, sha256);
		if (!err && memcmp(sha256, seal->sha256, HASH_SIZE))
			err = report(-EBADMSG,
				     "the trace's %s is not what"
				     " trace.json says: SHA-256",
				     name);
		advance(verification, stream.file_size);
	}
	stream_reader_deinit(&stream);
	return err;
}

static void verify_objects(struct verification *verification,
			   const struct buffer *hashes)
{
	char name[OBJECT_NAME_SIZE];
	struct stat status;
	size_t at;

	for (at = 0; at < hashes->length; at += HASH_SIZE) {
		const uint8_t *sha256 = hashes->bytes + at;

		note(verification,
		     object_read(verification->objects, sha256, -1));
		object_name(sha256, name);
		if (!fstatat(verification->objects, name, &status,
			     AT_SYMLINK_NOFOLLOW))
			advance(verification, (uint64_t)status.st_size);
	}
}

/* Each snapshot that an event refers to must be among the trace's objects. */
static int verify_references(const struct event *event,
			     const struct buffer *hashes)
{
	char text[HASH_TEXT_SIZE];
	size_t i;

	for (i = 0; i < event->effect_count; i++) {
		const struct event_file *file;

		if (event->effects[i].kind != EFFECT_FILE)
			continue;
		file = event->effects[i].bytes;
		if (object_listed(hashes, file->sha256))
			continue;
		hash_to_text(file->sha256, text);
		return report(-ENOENT, "event %llu needs the snapshot %s",
			      (unsigned long long)event->number, text);
	}
	return 0;
}

static void verify_events(struct verification *verification,
			  const struct buffer *hashes)
{
	struct trace_reader *reader;
	struct event event;
	int err;

	err = trace_reader_open(verification->path, &reader);
	note(verification, err);
	while (!err) {
		err = trace_reader_next(reader, &event);
		note(verification, err);
		if (!err)
			note(verification, verify_references(&event, hashes));
	}
	trace_reader_close(reader);
}

static void verify_parts(struct verification *verification)
{
	struct buffer hashes = { 0 };
	struct trace_info info;
	struct trace_seals seals;
	int sealed, err;

	err = trace_info_read(verification->directory, &info, &seals);
	note(verification, err);
	sealed = !err && seals.present;
	trace_info_deinit(&info);
	if (verification->objects >= 0)
		object_list(verification->objects, &hashes);
	count_work(verification, &hashes);
	note(verification, verify_stream(verification, "events",
					 sealed ? &seals.events : NULL));
	note(verification, verify_stream(verification, "memory",
					 sealed ? &seals.memory : NULL));
	/* Damage found so far would only be reported once more. */
	if (!verification->err)
		verify_events(verification, &hashes);
	verify_objects(verification, &hashes);
	free(hashes.bytes);
}

int trace_verify(const char *path,
		 void (*progress)(uint64_t done, uint64_t all))
{
	struct verification verification = {
		.path = path,
		.progress = progress,
	};

	verification.directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (verification.directory < 0)
		return report(-errno, "open trace %s", path);
	verification.objects =
		openat(verification.directory, "objects",
		       O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (verification.objects < 0)
		note(&verification, report(-errno, "open the trace's objects"));
	verify_parts(&verification);
	fd_close(&verification.objects);
	fd_close(&verification.directory);
	return verification.err;
}
