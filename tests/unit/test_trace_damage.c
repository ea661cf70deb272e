/* SPDX-License-Identifier: MIT */
/* No damage to a trace passes for a trace. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test_trace_tools.h"
#include "traces/hash.h"
#include "traces/object.h"
#include "traces/reader.h"
#include "traces/report.h"

#define LIMIT 90

TestSuite(trace_damage, .init = directory_enter, .fini = directory_leave,
	  .timeout = 120);

static const char *object_path(void)
{
	char name[OBJECT_NAME_SIZE], path[128];
	uint8_t sha256[HASH_SIZE];

	hash_bytes(snapshot_bytes, snapshot_length, sha256);
	object_name(sha256, name);
	snprintf(path, sizeof(path), "t/objects/%s", name);
	return in_directory(path);
}

/* The snapshot through the reader: 0 only when it is exact. */
static int extract_snapshot(const char *path)
{
	char found[64] = "";
	AUTO(fd_close) int fd = -1;
	struct trace_reader *reader;
	uint8_t sha256[HASH_SIZE];
	int err;

	hash_bytes(snapshot_bytes, snapshot_length, sha256);
	fd = open(in_directory("out"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	err = trace_reader_open(path, &reader);
	if (err)
		return err;
	err = trace_reader_extract(reader, sha256, fd);
	trace_reader_close(reader);
	if (!err)
		cr_assert(!pread_all(fd, found, snapshot_length, 0) &&
			  !memcmp(found, snapshot_bytes, snapshot_length));
	return err;
}

/* Whatever happened to it: what can still be read must be right. */
static int64_t read_prefix(const char *path, int64_t all)
{
	const char *wrong;
	int64_t count = read_samples(path, LIMIT, &wrong);

	cr_assert_null(wrong, "event %lld: %s", (long long)count, wrong);
	cr_assert_leq(count, all);
	return count;
}

static void flip_every_byte(const char *file, int is_object)
{
	struct dice dice = { 3 };
	uint8_t *bytes;
	size_t i, length;

	bytes = file_load(file, &length);
	for (i = 0; i < length; i++) {
		uint8_t flip = (uint8_t)(1 << dice_roll(&dice, 8));
		int64_t count;

		bytes[i] ^= flip;
		file_store(file, bytes, length);
		cr_assert_lt(trace_verify(in_directory("t"), NULL), 0,
			     "%s byte %zu ^ %#x passes", file, i, flip);
		count = read_prefix(in_directory("t"), 60);
		if (is_object)
			cr_assert_lt(extract_snapshot(in_directory("t")), 0);
		else
			cr_assert(count < 0 || count == 60);
		bytes[i] ^= flip;
	}
	file_store(file, bytes, length);
	cr_assert_eq(trace_verify(in_directory("t"), NULL), 0);
	free(bytes);
}

Test(trace_damage, a_flipped_bit_anywhere_is_found)
{
	silence_reports();
	make_trace(in_directory("t"), 60, LIMIT);
	flip_every_byte(in_directory("t/trace.json"), 0);
	flip_every_byte(in_directory("t/events"), 0);
	flip_every_byte(in_directory("t/memory"), 0);
	flip_every_byte(object_path(), 1);
}

static void truncate_everywhere(const char *file, int is_object)
{
	uint8_t *bytes;
	size_t i, length;

	bytes = file_load(file, &length);
	for (i = 0; i < length; i++) {
		file_store(file, bytes, i);
		cr_assert_lt(trace_verify(in_directory("t"), NULL), 0,
			     "%s passes with %zu bytes", file, i);
		if (is_object)
			cr_assert_lt(extract_snapshot(in_directory("t")), 0);
		else
			cr_assert_lt(read_prefix(in_directory("t"), 60), 0);
	}
	file_store(file, bytes, length);
	free(bytes);
}

Test(trace_damage, a_complete_trace_cut_anywhere_is_refused_when_opened)
{
	silence_reports();
	make_trace(in_directory("t"), 60, LIMIT);
	truncate_everywhere(in_directory("t/trace.json"), 0);
	truncate_everywhere(in_directory("t/events"), 0);
	truncate_everywhere(in_directory("t/memory"), 0);
	truncate_everywhere(object_path(), 1);
	cr_assert_eq(trace_verify(in_directory("t"), NULL), 0);
}

static void append_anything(const char *file)
{
	uint8_t *bytes;
	size_t length;

	bytes = file_load(file, &length);
	bytes = xrealloc(bytes, length + 100);
	memset(bytes + length, 0, 100);
	file_store(file, bytes, length + 1);
	cr_assert_lt(trace_verify(in_directory("t"), NULL), 0);
	file_store(file, bytes, length + 100);
	cr_assert_lt(trace_verify(in_directory("t"), NULL), 0);
	file_store(file, bytes, length);
	free(bytes);
}

Test(trace_damage, bytes_after_the_end_are_found)
{
	silence_reports();
	make_trace(in_directory("t"), 60, LIMIT);
	append_anything(in_directory("t/trace.json"));
	append_anything(in_directory("t/events"));
	append_anything(in_directory("t/memory"));
	append_anything(object_path());
	cr_assert_eq(trace_verify(in_directory("t"), NULL), 0);
}

Test(trace_damage, missing_files_are_found)
{
	static const char *const names[] = { "trace.json", "events", "memory" };
	char path[64];
	size_t i, length;

	silence_reports();
	make_trace(in_directory("t"), 60, LIMIT);
	for (i = 0; i < 3; i++) {
		uint8_t *bytes;

		snprintf(path, sizeof(path), "t/%s", names[i]);
		bytes = file_load(in_directory(path), &length);
		unlink(in_directory(path));
		cr_assert_eq(trace_verify(in_directory("t"), NULL), -ENOENT);
		cr_assert_eq(read_prefix(in_directory("t"), 60), -ENOENT);
		mkfifo(in_directory(path), 0600);
		cr_assert_lt(read_prefix(in_directory("t"), 60), 0);
		file_store(in_directory(path), bytes, length);
		free(bytes);
	}
	unlink(object_path());
	cr_assert_eq(extract_snapshot(in_directory("t")), -ENOENT);
}

/* Number of events in the frames that are whole when a stream is cut. */
static int64_t whole_events(const char *path, const char *file)
{
	int64_t count = read_prefix(path, 60);

	cr_assert_geq(count, 0, "%s: %lld", file, (long long)count);
	/* Frames have ten events each. */
	cr_assert_eq(count % 10, 0);
	return count;
}

static void cut_killed(const char *file)
{
	uint8_t *bytes;
	size_t i, length;
	int64_t last = 0;

	bytes = file_load(file, &length);
	for (i = 0; i <= length; i++) {
		int64_t count;

		file_store(file, bytes, i);
		count = whole_events(in_directory("t"), file);
		cr_assert_geq(count, last);
		last = count;
		cr_assert_eq(trace_verify(in_directory("t"), NULL), 0);
	}
	cr_assert_eq(last, 60);
	free(bytes);
}

Test(trace_damage, a_killed_recorders_trace_reads_to_its_last_whole_frame)
{
	silence_reports();
	trace_writer_destroy(write_samples(in_directory("t"), 60, LIMIT, 10));
	cut_killed(in_directory("t/events"));
	cut_killed(in_directory("t/memory"));
}

Test(trace_damage, zeros_after_a_crash_of_the_machine_are_the_end)
{
	uint8_t *bytes;
	size_t length;

	silence_reports();
	trace_writer_destroy(write_samples(in_directory("t"), 60, LIMIT, 10));
	bytes = file_load(in_directory("t/events"), &length);
	bytes = xrealloc(bytes, length + 5000);
	memset(bytes + length, 0, 5000);
	file_store(in_directory("t/events"), bytes, length + 5000);
	cr_assert_eq(read_prefix(in_directory("t"), 60), 60);
	bytes[length + 4999] = 1;
	file_store(in_directory("t/events"), bytes, length + 5000);
	cr_assert_lt(read_prefix(in_directory("t"), 60), 0);
	free(bytes);
}

/* Flips in a stream without seal: heads and checksums find all but the cut. */
static void flip_killed(const char *file)
{
	struct dice dice = { 5 };
	uint8_t *bytes;
	size_t i, length;

	bytes = file_load(file, &length);
	for (i = 0; i < length; i++) {
		uint8_t flip = (uint8_t)(1 << dice_roll(&dice, 8));

		bytes[i] ^= flip;
		file_store(file, bytes, length);
		cr_assert_lt(trace_verify(in_directory("t"), NULL), 0,
			     "%s byte %zu ^ %#x passes", file, i, flip);
		read_prefix(in_directory("t"), 60);
		bytes[i] ^= flip;
	}
	file_store(file, bytes, length);
	free(bytes);
}

Test(trace_damage, a_flipped_bit_in_a_killed_recorders_trace_is_found)
{
	silence_reports();
	trace_writer_destroy(write_samples(in_directory("t"), 60, LIMIT, 10));
	flip_killed(in_directory("t/events"));
	flip_killed(in_directory("t/memory"));
}

/* Frames of one trace in the place of those of another, of equal length. */
Test(trace_damage, another_traces_stream_is_refused)
{
	uint8_t *bytes;
	size_t length;

	silence_reports();
	make_trace(in_directory("t"), 60, LIMIT);
	make_trace(in_directory("u"), 90, LIMIT);
	bytes = file_load(in_directory("u/memory"), &length);
	file_store(in_directory("t/memory"), bytes, length);
	cr_assert_lt(read_prefix(in_directory("t"), 60), 0);
	free(bytes);
	bytes = file_load(in_directory("u/trace.json"), &length);
	file_store(in_directory("t/trace.json"), bytes, length);
	cr_assert_lt(read_prefix(in_directory("t"), 90), 0);
	free(bytes);
}

Test(trace_damage, errors_are_for_good_until_a_seek)
{
	struct trace_reader *reader;
	struct event event;
	uint8_t *bytes;
	size_t length;

	silence_reports();
	trace_writer_destroy(write_samples(in_directory("t"), 60, LIMIT, 10));
	bytes = file_load(in_directory("t/events"), &length);
	/* in the content of the last frame */
	bytes[length - 10] ^= 1;
	file_store(in_directory("t/events"), bytes, length);
	free(bytes);
	cr_assert_eq(trace_reader_open(in_directory("t"), &reader), 0);
	cr_assert_lt(trace_reader_seek(reader, 55), 0);
	cr_assert_lt(trace_reader_next(reader, &event), 0);
	cr_assert_lt(trace_reader_next(reader, &event), 0);
	cr_assert_eq(trace_reader_seek(reader, 50), 0);
	cr_assert_eq(trace_reader_next(reader, &event), 0);
	cr_assert_eq(event.number, 50);
	cr_assert_lt(trace_reader_next(reader, &event), 0);
	cr_assert_lt(trace_reader_next(reader, &event), 0);
	trace_reader_close(reader);
}

Test(trace_damage, another_format_version_is_refused_as_such)
{
	char text[800], sum[HASH_TEXT_SIZE];
	uint8_t sha256[HASH_SIZE];
	int length;

	silence_reports();
	make_trace(in_directory("t"), 1, LIMIT);
	length = snprintf(text, 300, "{\n  \"format_version\": 99");
	hash_bytes(text, (size_t)length, sha256);
	hash_to_text(sha256, sum);
	length += snprintf(text + length, 300, ",\n  \"sha256\": \"%s\"\n}\n",
			   sum);
	file_store(in_directory("t/trace.json"), text, (size_t)length);
	cr_assert_eq(read_prefix(in_directory("t"), 1), -EPROTONOSUPPORT);
}
