/* SPDX-License-Identifier: MIT */
/* Events through writer and reader. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/test_trace_tools.h"
#include "traces/codec.h"
#include "traces/reader.h"
#include "traces/report.h"

TestSuite(trace_events, .init = directory_enter, .fini = directory_leave,
	  .timeout = 60);

static void finish(struct trace_writer *writer)
{
	cr_assert_eq(trace_writer_finish(writer, &sample_info), 0);
	trace_writer_destroy(writer);
}

static void expect_samples(const char *path, int64_t count, size_t limit)
{
	const char *wrong;
	int64_t found = read_samples(path, limit, &wrong);

	cr_assert_null(wrong, "event %lld: %s", (long long)found, wrong);
	cr_assert_eq(found, count, "%lld events", (long long)found);
}

Test(trace_events, random_events_come_back_equal)
{
	const char *path = in_directory("t");

	finish(write_samples(path, 20000, 3000, 0));
	expect_samples(path, 20000, 3000);
	cr_assert_eq(trace_verify(path, NULL), 0);
}

Test(trace_events, flushes_change_nothing)
{
	const char *path = in_directory("t");

	finish(write_samples(path, 700, 3000, 3));
	expect_samples(path, 700, 3000);
}

Test(trace_events, an_empty_trace_is_a_trace)
{
	const char *path = in_directory("t");
	struct trace_reader *reader;
	struct event event;

	silence_reports();
	finish(write_samples(path, 0, 0, 0));
	cr_assert_eq(trace_verify(path, NULL), 0);
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	cr_assert_eq(trace_reader_next(reader, &event), TRACE_END);
	cr_assert_eq(trace_reader_next(reader, &event), TRACE_END);
	cr_assert_eq(trace_reader_seek(reader, 1), -ERANGE);
	cr_assert_eq(trace_reader_event_count(reader), 0);
	trace_reader_close(reader);
}

Test(trace_events, seek_finds_any_event_of_any_frame)
{
	const char *path = in_directory("t");
	struct sample sample = { 0 };
	struct dice dice = { 1 };
	struct trace_reader *reader;
	struct event event;
	int i;

	silence_reports();
	finish(write_samples(path, 30000, 2000, 0));
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	for (i = 0; i < 150; i++) {
		uint64_t number = 1 + dice_roll(&dice, 30000);
		int more;

		cr_assert_eq(trace_reader_seek(reader, number), 0);
		for (more = 0; more < 3 && number <= 30000; more++) {
			cr_assert_eq(trace_reader_next(reader, &event), 0);
			sample_make(&sample, number++, 2000);
			cr_assert_null(events_differ(&sample.event, &event));
		}
	}
	cr_assert_eq(trace_reader_seek(reader, 0), -ERANGE);
	cr_assert_eq(trace_reader_seek(reader, 30001), -ERANGE);
	/* A refused seek leaves the place as it was. */
	cr_assert_eq(trace_reader_seek(reader, 30000), 0);
	cr_assert_eq(trace_reader_seek(reader, 30001), -ERANGE);
	cr_assert_eq(trace_reader_next(reader, &event), 0);
	cr_assert_eq(event.number, 30000);
	cr_assert_eq(trace_reader_next(reader, &event), TRACE_END);
	cr_assert_eq(trace_reader_seek(reader, 1), 0);
	cr_assert_eq(trace_reader_next(reader, &event), 0);
	cr_assert_eq(event.number, 1);
	sample_deinit(&sample);
	trace_reader_close(reader);
}

Test(trace_events, bytes_of_one_effect_may_be_over_64_mib)
{
	const size_t length = ((size_t)70 << 20) + 12345;
	struct event event = { .kind = EVENT_SYSCALL, .task = 1 }, found;
	const char *path = in_directory("t");
	struct effect_list list = { 0 };
	struct trace_reader *reader;
	struct trace_writer *writer;
	struct dice dice = { 7 };
	struct effect *effect;
	int i;

	effect_list_add_bytes(&list, EFFECT_INPUT, "before", 6);
	effect = effect_list_add_bytes(&list, EFFECT_WRITE, NULL, length);
	dice_fill(&dice, (void *)effect->bytes, length);
	effect_list_add_bytes(&list, EFFECT_SIGINFO, effect->bytes, 128);
	event.effects = list.effects;
	event.effect_count = list.count;
	writer = write_samples(path, 10, 200, 0);
	for (i = 0; i < 2; i++)
		cr_assert_eq(trace_writer_append(writer, &event), 0);
	finish(writer);
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	cr_assert_eq(trace_reader_seek(reader, 11), 0);
	for (i = 0; i < 2; i++) {
		cr_assert_eq(trace_reader_next(reader, &found), 0);
		event.number = 11 + (uint64_t)i;
		cr_assert_null(events_differ(&event, &found));
	}
	cr_assert_eq(trace_reader_next(reader, &found), TRACE_END);
	trace_reader_close(reader);
	effect_list_deinit(&list);
}

Test(trace_events, an_event_may_have_tens_of_thousands_of_effects)
{
	struct event event = { .kind = EVENT_EXEC, .task = 1 }, found;
	const char *path = in_directory("t");
	struct effect_list list = { 0 };
	struct trace_reader *reader;
	struct trace_writer *writer;
	int i;

	for (i = 0; i < 60000; i++) {
		char name[40];
		struct effect *effect;

		memset(name, 'a' + i % 26, sizeof(name));
		effect = effect_list_add_bytes(&list, EFFECT_MAP, name, 40);
		effect->address = (uint64_t)i * 7919 << 20;
		effect->extent = 4096;
	}
	writer = write_samples(path, 5, 200, 0);
	event.effects = list.effects;
	event.effect_count = list.count;
	cr_assert_eq(trace_writer_append(writer, &event), 0);
	event.effect_count = 1;
	cr_assert_eq(trace_writer_append(writer, &event), 0);
	finish(writer);
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	cr_assert_eq(trace_reader_seek(reader, 6), 0);
	cr_assert_eq(trace_reader_next(reader, &found), 0);
	event.number = 6;
	event.effect_count = list.count;
	cr_assert_null(events_differ(&event, &found));
	cr_assert_eq(trace_reader_next(reader, &found), 0);
	cr_assert_eq(found.effect_count, 1);
	cr_assert_eq(trace_reader_next(reader, &found), TRACE_END);
	trace_reader_close(reader);
	effect_list_deinit(&list);
}

Test(trace_events, bytes_from_56_on_are_aligned)
{
	const char *path = in_directory("t");
	struct trace_reader *reader;
	struct event event;
	size_t i;

	finish(write_samples(path, 3000, 300, 7));
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	while (!trace_reader_next(reader, &event))
		for (i = 0; i < event.effect_count; i++)
			cr_assert(event.effects[i].length < 56 ||
				  (uintptr_t)event.effects[i].bytes % 8 == 0);
	trace_reader_close(reader);
}

Test(trace_events, what_the_reader_would_refuse_is_refused_at_once)
{
	struct event event = { .kind = EVENT_SYSCALL, .task = 1 };
	struct effect effect = { .kind = EFFECT_SIGINFO };
	struct trace_writer *writer;

	silence_reports();
	writer = write_samples(in_directory("t"), 1, 0, 0);
	event.effects = &effect;
	event.effect_count = 1;
	cr_assert_eq(trace_writer_append(writer, &event), -EINVAL);
	event.effect_count = 0;
	event.task = 0;
	cr_assert_eq(trace_writer_append(writer, &event), -EINVAL);
	event.kind = EVENT_KIND_END;
	event.task = 1;
	cr_assert_eq(trace_writer_append(writer, &event), -EINVAL);
	/* Nothing was lost or broken by that. */
	event.kind = EVENT_NOTE;
	cr_assert_eq(trace_writer_append(writer, &event), 0);
	cr_assert_eq(event.number, 2);
	finish(writer);
	cr_assert_eq(trace_verify(in_directory("t"), NULL), 0);
}

Test(trace_events, a_directory_with_anything_in_it_is_not_written_into)
{
	struct trace_writer *writer;

	silence_reports();
	mkdir(in_directory("t"), 0700);
	finish(write_samples(in_directory("t"), 1, 0, 0));
	cr_assert_eq(
		trace_writer_create(in_directory("t"), &sample_info, &writer),
		-EEXIST);
	cr_assert_null(writer);
}

/* Polls until the trace at path can be read to count events, or 3 s. */
static double wait_for_events(const char *path, uint64_t count)
{
	struct timespec pause = { 0, 20000000 };
	struct trace_reader *reader;
	uint64_t found = 0;
	int i;

	for (i = 0; i < 150 && found < count; i++) {
		nanosleep(&pause, NULL);
		if (trace_reader_open(path, &reader))
			continue;
		found = trace_reader_event_count(reader);
		trace_reader_close(reader);
	}
	cr_assert_eq(found, count, "%llu events", (unsigned long long)found);
	return i * 0.02;
}

Test(trace_events, what_was_appended_is_in_the_file_within_a_second)
{
	const char *path = in_directory("t");
	pid_t child;

	silence_reports();
	child = fork();
	if (!child) {
		write_samples(path, 50, 200, 0);
		for (;;)
			pause();
	}
	cr_assert_leq(wait_for_events(path, 50), 1.5);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	expect_samples(path, 50, 200);
	cr_assert_eq(trace_verify(path, NULL), 0);
}

Test(trace_events, a_killed_writer_leaves_all_that_was_flushed)
{
	const char *path = in_directory("t");
	const char *wrong;
	int64_t count;
	pid_t child;

	child = fork();
	if (!child) {
		struct trace_writer *writer =
			write_samples(path, 5000, 3000, 1000);
		struct sample sample = { 0 };
		uint64_t i;

		for (i = 5001;; i++) {
			sample_make(&sample, i, 3000);
			trace_writer_append(writer, &sample.event);
			if (i == 9000)
				kill(getpid(), SIGKILL);
		}
	}
	waitpid(child, NULL, 0);
	count = read_samples(path, 3000, &wrong);
	cr_assert_null(wrong);
	cr_assert_geq(count, 5000);
	cr_assert_eq(trace_verify(path, NULL), 0);
}

Test(trace_events, a_trace_not_finished_is_incomplete)
{
	const char *path = in_directory("t");
	struct trace_reader *reader;

	trace_writer_destroy(write_samples(path, 40, 100, 10));
	expect_samples(path, 40, 100);
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	cr_assert_not(trace_reader_is_complete(reader));
	trace_reader_close(reader);
}

/* Appends until it fails, at most a few thousand times. */
static int append_until_error(struct trace_writer *writer, uint64_t next)
{
	struct sample sample = { 0 };
	uint64_t i;
	int err = 0;

	for (i = next; i < next + 20000 && !err; i++) {
		sample_make(&sample, i, 3000);
		err = trace_writer_append(writer, &sample.event);
	}
	sample_deinit(&sample);
	return err;
}

static void expect_rest_is_readable(struct trace_writer *writer,
				    const char *path, int64_t least, int err)
{
	struct trace_info info = sample_info;
	struct event event = { .kind = EVENT_NOTE };
	const char *wrong;
	int64_t count;

	cr_assert_eq(trace_writer_append(writer, &event), err);
	cr_assert_eq(trace_writer_flush(writer), err);
	cr_assert_eq(trace_writer_finish(writer, &info), err);
	trace_writer_destroy(writer);
	count = read_samples(path, 3000, &wrong);
	cr_assert_null(wrong);
	cr_assert_geq(count, least);
}

Test(trace_events, a_full_disk_leaves_what_was_flushed)
{
	const char *path = in_directory("t");
	struct rlimit limit = { 3 << 20, 3 << 20 };
	struct trace_writer *writer;

	silence_reports();
	signal(SIGXFSZ, SIG_IGN);
	writer = write_samples(path, 100, 3000, 50);
	setrlimit(RLIMIT_FSIZE, &limit);
	cr_assert_eq(append_until_error(writer, 101), -EFBIG);
	expect_rest_is_readable(writer, path, 1000, -EFBIG);
}

Test(trace_events, an_error_of_the_disk_leaves_what_was_flushed)
{
	const char *path = in_directory("t");
	struct trace_writer *writer;

	silence_reports();
	setenv("REEL_FAULT", "write_trace:5", 1);
	writer = write_samples(path, 20, 3000, 10);
	cr_assert_eq(append_until_error(writer, 21), -EIO);
	expect_rest_is_readable(writer, path, 20, -EIO);
}

Test(trace_events, the_info_comes_back_equal)
{
	const char *path = in_directory("t");
	const struct trace_info *info;
	struct trace_reader *reader;
	size_t i;

	finish(write_samples(path, 12, 100, 0));
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	info = trace_reader_info(reader);
	for (i = 0; sample_info.arguments[i]; i++)
		cr_assert_str_eq(info->arguments[i], sample_info.arguments[i]);
	cr_assert_null(info->arguments[i]);
	for (i = 0; sample_info.environment[i]; i++)
		cr_assert_str_eq(info->environment[i],
				 sample_info.environment[i]);
	cr_assert_null(info->environment[i]);
	cr_assert_str_eq(info->directory, sample_info.directory);
	cr_assert_str_eq(info->kernel, sample_info.kernel);
	cr_assert_str_eq(info->cpu_choice, "host");
	cr_assert_eq(info->version, TRACE_FORMAT_VERSION);
	cr_assert_eq(info->xsave_features, 0xe7);
	cr_assert_eq(info->start_realtime_ns, sample_info.start_realtime_ns);
	cr_assert_eq(info->end_realtime_ns, sample_info.end_realtime_ns);
	cr_assert_eq(info->exit_status, 256);
	cr_assert_eq(info->event_count, 12);
	cr_assert_eq(info->task_count, 3);
	cr_assert_eq(info->aslr, 1);
	cr_assert(trace_reader_is_complete(reader));
	trace_reader_close(reader);
}

Test(trace_events, a_recording_stopped_early_is_sealed_but_not_complete)
{
	struct trace_info info = sample_info;
	const char *path = in_directory("t");
	struct trace_reader *reader;
	struct trace_writer *writer;

	info.complete = 0;
	writer = write_samples(path, 12, 100, 0);
	cr_assert_eq(trace_writer_finish(writer, &info), 0);
	trace_writer_destroy(writer);
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	cr_assert_not(trace_reader_is_complete(reader));
	cr_assert_eq(trace_reader_info(reader)->event_count, 12);
	trace_reader_close(reader);
	expect_samples(path, 12, 100);
}

Test(trace_events, memory_of_the_writer_is_bounded)
{
	struct rusage before, after;
	struct trace_writer *writer;

	writer = write_samples(in_directory("t"), 1000, 3000, 0);
	getrusage(RUSAGE_SELF, &before);
	finish(writer);
	writer = write_samples(in_directory("u"), 100000, 3000, 0);
	getrusage(RUSAGE_SELF, &after);
	finish(writer);
	/* ASan keeps freed memory for a while, so its runs prove nothing. */
#ifndef __SANITIZE_ADDRESS__
	cr_assert_lt(after.ru_maxrss - before.ru_maxrss, 16 << 10);
#endif
}

Test(trace_events, standard_zstd_decompresses_the_streams)
{
	char command[600];

	if (system("zstd --version >/dev/null 2>&1"))
		cr_skip_test("no zstd command");
	finish(write_samples(in_directory("t"), 9000, 300, 2000));
	snprintf(command, sizeof(command),
		 "zstd -dc < %s > %s && "
		 "zstd -dc < %s > /dev/null",
		 in_directory("t/events"), in_directory("events"),
		 in_directory("t/memory"));
	cr_assert_eq(system(command), 0);
}

Test(trace_codec, varints_refuse_what_no_number_is)
{
	const uint8_t longest[] = { 0xff, 0xff, 0xff, 0xff, 0xff,
				    0xff, 0xff, 0xff, 0xff, 0x01 };
	const uint8_t too_large[] = { 0xff, 0xff, 0xff, 0xff, 0xff,
				      0xff, 0xff, 0xff, 0xff, 0x02 };
	struct cursor cursor = { longest, longest + 10, 0 };

	cr_assert_eq(get_varint(&cursor), UINT64_MAX);
	cr_assert_not(cursor.damaged);
	cursor = (struct cursor){ longest, longest + 9, 0 };
	get_varint(&cursor);
	cr_assert(cursor.damaged);
	cursor = (struct cursor){ too_large, too_large + 10, 0 };
	get_varint(&cursor);
	cr_assert(cursor.damaged);
	cursor = (struct cursor){ longest, longest + 10, 0 };
	get_varint32(&cursor);
	cr_assert(cursor.damaged);
}
