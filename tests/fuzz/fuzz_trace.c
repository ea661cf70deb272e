/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what reads files that may be anybody's: the events of a trace, whole
 * trace directories, and packed traces.
 *
 * The first byte of the input chooses.  Checksums would keep a fuzzer out, so
 * for events the input is the content of the frames, and the frames are made
 * here.  With libFuzzer:
 *
 *	clang -fsanitize=fuzzer,address,undefined -DFUZZ_WITH_LIBFUZZER ...
 *
 * (run with -close_fd_mask=2).  Without it, a main() runs over the files given,
 * and over N variations of each after --mutate=N; --make=FILE and
 * --make-calls=FILE write some to begin with.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/call_record.h"
#include "traces/codec.h"
#include "traces/file.h"
#include "traces/hash.h"
#include "traces/pack.h"
#include "traces/reader.h"
#include "traces/report.h"
#include "traces/stream.h"
#include "traces/writer.h"

#define MEMORY_SIZE 4096

/* Where the traces are made: in memory where there is such a place. */
static char directory[64];

static void remove_directory(void)
{
	directory_remove(AT_FDCWD, directory);
}

static const char *in_directory(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static void set_up(void)
{
	if (directory[0])
		return;
	snprintf(directory, sizeof(directory), "%s/reel-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	bug_unless(mkdtemp(directory), "make %s", directory);
	atexit(remove_directory);
}

static void put_file(const char *path, const uint8_t *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	bug_unless(fd >= 0 && !write_all(fd, bytes, length), "write %s", path);
	close(fd);
}

static volatile uint64_t sink;

/* Touches every byte that the reader hands out, for the sanitizers. */
static uint64_t use_event(const struct event *event)
{
	uint64_t sum = event->number + (uint64_t)event->result;
	size_t i, j;

	bug_unless(!event_fault(event), "event %llu passed",
		   (unsigned long long)event->number);
	for (i = 0; i < event->effect_count; i++)
		for (j = 0; j < event->effects[i].length; j++)
			sum += ((const uint8_t *)event->effects[i].bytes)[j];
	return sum;
}

static void use_calls(struct trace_reader *reader, struct event *event)
{
	uint64_t first, count, found;
	const void *bytes;
	size_t length;

	if (!event->is_buffered)
		return;
	bug_unless(!trace_reader_next_calls(reader, &bytes, &length, &first,
					    &count) &&
			   !call_records_check(bytes, length, &found) &&
			   found == count,
		   "the rest of the calls passed");
	if (!trace_reader_peek(reader, event))
		sink += event->number;
}

static void read_trace(const char *path)
{
	struct trace_reader *reader;
	struct event event;
	uint64_t count;
	int rounds = 0;

	if (trace_reader_open(path, &reader))
		return;
	count = trace_reader_event_count(reader);
	while (!trace_reader_next(reader, &event) && rounds++ < 100000)
		sink += use_event(&event);
	if (!trace_reader_seek(reader, count / 2 + 1) &&
	    !trace_reader_next(reader, &event)) {
		sink += use_event(&event);
		use_calls(reader, &event);
	}
	trace_reader_close(reader);
	trace_verify(path, NULL);
}

static void make_empty_trace(const char *path)
{
	struct trace_info info = { 0 };
	struct trace_writer *writer;
	int err;

	directory_remove(AT_FDCWD, path);
	err = trace_writer_create(path, &info, &writer);
	bug_unless(!err, "make %s: %d", path, err);
	trace_writer_destroy(writer);
}

static void put_frame(const char *path, const char *name,
		      const uint8_t *content, size_t size,
		      struct stream_frame *frame)
{
	AUTO(fd_close) int parent = open(path, O_RDONLY | O_DIRECTORY);
	ZSTD_CCtx *context = ZSTD_createCCtx();
	struct stream_writer stream;
	struct buffer output = { 0 };
	int err;

	unlinkat(parent, name, 0);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	err = stream_writer_open(&stream, parent, name);
	stream_frame_pack(content, size, frame, context, &output);
	if (!err)
		err = stream_writer_append(&stream, frame, &output);
	bug_unless(!err, "make %s/%s: %d", path, name, err);
	stream_writer_deinit(&stream);
	free(output.bytes);
	ZSTD_freeCCtx(context);
}

/* The input is the events of a frame, after its base. */
static void fuzz_events(const uint8_t *bytes, size_t length)
{
	static const uint8_t memory[MEMORY_SIZE] = { 1, 2, 3 };
	const char *path = in_directory("events");
	struct stream_frame frame = { 0 };
	struct buffer content = { 0 };
	struct codec codec = { 0 };

	if (length < 3 || length > STREAM_FRAME_SIZE / 2)
		return;
	make_empty_trace(path);
	put_frame(path, "memory", memory, sizeof(memory), &frame);
	codec_write_start(&codec, 1, 0, 0, &content);
	memcpy(buffer_reserve(&content, length), bytes + 2, length - 2);
	content.length += length - 2;
	frame = (struct stream_frame){
		.first_event = 1,
		.event_count = bytes[0],
		.memory_end = bytes[1] * 16u,
	};
	put_frame(path, "events", content.bytes, content.length, &frame);
	free(content.bytes);
	codec_deinit(&codec);
	read_trace(path);
}

/* The input is records of buffered calls, and how many they are said to be. */
static void fuzz_calls(const uint8_t *bytes, size_t length)
{
	const char *path = in_directory("calls");
	struct stream_frame frame = { 0 };
	struct buffer content = { 0 };
	struct codec codec = { 0 };
	uint64_t count;

	if (length < 41 || length > CALL_RECORDS_LIMIT)
		return;
	length = (length - 1) / 8 * 8;
	count = 1 + bytes[0] % (length / sizeof(struct call_record));
	make_empty_trace(path);
	put_frame(path, "memory", bytes + 1, length, &frame);
	codec_write_start(&codec, 1, 0, 0, &content);
	codec_write_calls(&codec, 1, 0, length, count, &content);
	frame = (struct stream_frame){
		.first_event = 1,
		.event_count = (uint32_t)count,
		.memory_end = length,
	};
	put_frame(path, "events", content.bytes, content.length, &frame);
	free(content.bytes);
	codec_deinit(&codec);
	read_trace(path);
}

/* The input is a file of a trace, as it is. */
static void fuzz_stream(const char *name, const uint8_t *bytes, size_t length)
{
	char file[32];

	make_empty_trace(in_directory("stream"));
	snprintf(file, sizeof(file), "stream/%s", name);
	put_file(in_directory(file), bytes, length);
	read_trace(in_directory("stream"));
}

/* trace.json with its sum put right. */
static void fuzz_info(const uint8_t *bytes, size_t length)
{
	char sum[HASH_TEXT_SIZE], end[96];
	struct buffer text = { 0 };
	uint8_t sha256[HASH_SIZE];
	int size;

	hash_bytes(bytes, length, sha256);
	hash_to_text(sha256, sum);
	size = snprintf(end, sizeof(end), ",\n  \"sha256\": \"%s\"\n}\n", sum);
	memcpy(buffer_reserve(&text, length + (size_t)size), bytes, length);
	memcpy(text.bytes + length, end, (size_t)size);
	fuzz_stream("trace.json", text.bytes, length + (size_t)size);
	free(text.bytes);
}

static void fuzz_pack(const uint8_t *bytes, size_t length)
{
	put_file(in_directory("packed"), bytes, length);
	trace_unpack(in_directory("packed"), in_directory("unpacked"));
	directory_remove(AT_FDCWD, in_directory("unpacked"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	set_up();
	if (!length)
		return 0;
	switch (bytes[0] % 8) {
	case 0:
		fuzz_stream("events", bytes + 1, length - 1);
		break;
	case 1:
		fuzz_stream("memory", bytes + 1, length - 1);
		break;
	case 2:
		fuzz_info(bytes + 1, length - 1);
		break;
	case 3:
		fuzz_pack(bytes + 1, length - 1);
		break;
	case 7:
		fuzz_calls(bytes + 1, length - 1);
		break;
	default:
		fuzz_events(bytes + 1, length - 1);
	}
	return 0;
}

#ifndef FUZZ_WITH_LIBFUZZER

/* Changes a few places of the input, always the same for the same number. */
static void mutate(uint8_t *bytes, size_t length, unsigned number)
{
	unsigned i, changes;

	srand(number);
	changes = 1 + (unsigned)rand() % 4;
	for (i = 0; i < changes && length > 1; i++) {
		size_t at = 1 + (size_t)rand() % (length - 1);

		bytes[at] = rand() % 3 ? (uint8_t)rand()
				       : (uint8_t)(bytes[at] ^ 1 << rand() % 8);
	}
}

static int run_file(const char *path, unsigned mutations)
{
	uint8_t *bytes, *copy;
	uint64_t size;
	unsigned i;
	int fd = file_open_regular(AT_FDCWD, path, &size);

	if (fd < 0)
		return report(fd, "open %s", path);
	bytes = xmalloc(size);
	bug_unless(!pread_all(fd, bytes, size, 0), "read %s", path);
	close(fd);
	LLVMFuzzerTestOneInput(bytes, size);
	for (i = 1; i <= mutations; i++) {
		copy = xmemdup(bytes, size);
		mutate(copy, size, i);
		/* A shorter block lets sanitizers see reads behind it. */
		LLVMFuzzerTestOneInput(copy,
				       i % 5 ? size : (size_t)rand() % size);
		free(copy);
	}
	free(bytes);
	return 0;
}

/* Inputs to begin with: a byte for the choice, then a file of a trace. */
static int make_corpus(const char *path)
{
	struct event event = { .kind = EVENT_SYSCALL, .task = 1, .detail = 3 };
	struct effect effects[3] = {
		{ .kind = EFFECT_INPUT,
		  .address = 77,
		  .bytes = "name",
		  .length = 4 },
		{ .kind = EFFECT_MAP,
		  .address = 4096,
		  .extent = 4096,
		  .protection = 5,
		  .flags = 2,
		  .id = 1 },
		{ .kind = EFFECT_WRITE, .address = 99, .length = 128 },
	};
	static const uint8_t memory[128];
	struct buffer content = { 0 };
	struct codec codec = { 0 };
	uint8_t *base;
	int i;

	effects[2].bytes = memory;
	event.effects = effects;
	event.effect_count = 3;
	codec_write_start(&codec, 1, 0, 0, &content);
	/* The base is replaced by: choice, event count, memory / 16. */
	base = content.bytes;
	base[0] = 4;
	base[1] = 10;
	base[2] = 80;
	for (i = 0; i < 10; i++) {
		event.registers[i] = (uint64_t)i << (i * 6);
		event.time_ns += 1000;
		codec_write(&codec, &event, &content);
	}
	put_file(path, content.bytes, content.length);
	free(content.bytes);
	codec_deinit(&codec);
	return 0;
}

/* The same of buffered calls: the choice, their number, the records. */
static int make_calls_corpus(const char *path)
{
	struct {
		uint8_t zeros[6], choice, count;
		struct call_record first;
		uint64_t arguments[3];
		struct call_piece piece;
		uint64_t bytes[2];
		struct call_record second;
	} calls = {
		.choice = 7,
		.count = 1, /* more than one */
		.first = { .number = 1, .arguments = 3, .pieces = 1 },
		.piece = { .length = 15, .kind = PIECE_STANDARD, .argument = 1 },
		.second = { .size = sizeof(calls.second), .number = 39 },
	};

	calls.first.size = offsetof(typeof(calls), second) -
			   offsetof(typeof(calls), first);
	put_file(path, &calls.choice, sizeof(calls) - sizeof(calls.zeros));
	return 0;
}

int main(int count, char **arguments)
{
	unsigned mutations = 0;
	int i, err = 0;

	/* Every input is reported to be damaged; nobody wants to read that. */
	if (!getenv("FUZZ_VERBOSE") && !freopen("/dev/null", "w", stderr))
		return 1;
	for (i = 1; i < count && !err; i++) {
		if (!strncmp(arguments[i], "--mutate=", 9))
			mutations = (unsigned)atoi(arguments[i] + 9);
		else if (!strncmp(arguments[i], "--make=", 7))
			err = make_corpus(arguments[i] + 7);
		else if (!strncmp(arguments[i], "--make-calls=", 13))
			err = make_calls_corpus(arguments[i] + 13);
		else
			err = run_file(arguments[i], mutations);
	}
	return err ? 1 : 0;
}

#endif
