/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_trace_tools.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/file.h"
#include "traces/reader.h"
#include "traces/report.h"

static char directory[128];

void directory_enter(void)
{
	const char *base = getenv("TMPDIR");

	snprintf(directory, sizeof(directory), "%s/reel-unit-XXXXXX",
		 base && *base ? base : "/tmp");
	cr_assert_not_null(mkdtemp(directory));
}

void directory_leave(void)
{
	directory_remove(AT_FDCWD, directory);
}

const char *in_directory(const char *name)
{
	static char paths[32][256];
	char path[256];
	unsigned i;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	for (i = 0; paths[i][0] && strcmp(paths[i], path); i++)
		cr_assert_lt(i, 31);
	return strcpy(paths[i], path);
}

void silence_reports(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(fd, STDERR_FILENO);
	close(fd);
}

uint64_t dice_roll(struct dice *dice, uint64_t sides)
{
	/* splitmix64 */
	uint64_t value = dice->state += 0x9e3779b97f4a7c15;

	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
	value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
	value ^= value >> 31;
	return sides ? value % sides : value;
}

void dice_fill(struct dice *dice, void *bytes, size_t length)
{
	uint8_t *to = bytes;

	while (length > 0) {
		uint64_t value = dice_roll(dice, 0);
		size_t piece = length < 8 ? length : 8;

		memcpy(to, &value, piece);
		to += piece;
		length -= piece;
	}
}

const char snapshot_bytes[] = "what a program was when it ran";
const size_t snapshot_length = sizeof(snapshot_bytes);

/* All sizes of numbers are equally likely, so that all lengths are coded. */
static uint64_t any_number(struct dice *dice)
{
	return dice_roll(dice, 0) >> dice_roll(dice, 64);
}

static size_t effect_length(struct dice *dice, enum effect_kind kind,
			    size_t limit)
{
	switch (kind) {
	case EFFECT_REGISTERS:
	case EFFECT_TASK:
		return EVENT_REGISTERS * 8;
	case EFFECT_SIGINFO:
		return 128;
	case EFFECT_DETOUR:
		return 5;
	case EFFECT_FILE:
		return sizeof(struct event_file) + dice_roll(dice, 40);
	default:
		return dice_roll(dice, dice_roll(dice, 4) ? 100 : limit + 1);
	}
}

static void add_random_effect(struct sample *sample, struct dice *dice,
			      size_t limit)
{
	enum effect_kind kind = 1 + dice_roll(dice, EFFECT_KIND_END - 1);
	size_t length = effect_length(dice, kind, limit);
	struct effect *effect;

	effect = effect_list_add_bytes(&sample->list, kind, NULL, length);
	dice_fill(dice, (void *)effect->bytes, length);
	if (kind == EFFECT_FILE)
		hash_bytes(snapshot_bytes, snapshot_length,
			   (void *)effect->bytes);
	effect->id = (uint32_t)any_number(dice) | 1;
	if (kind == EFFECT_DEBUG_REGISTER)
		effect->id %= 8;
	effect->address =
		dice_roll(dice, 2)
			? sample->event
				  .registers[dice_roll(dice, EVENT_REGISTERS)]
			: any_number(dice);
	effect->extent = any_number(dice);
	effect->offset = any_number(dice);
	effect->protection = (uint32_t)dice_roll(dice, 8);
	effect->flags = dice_roll(dice, 3) ? 0 : (uint32_t)any_number(dice);
	/* Keep ranges in their bounds. */
	if (effect->address > UINT64_MAX / 2)
		effect->address >>= 1;
	if (kind == EFFECT_MAP || kind == EFFECT_UNMAP ||
	    kind == EFFECT_PROTECT)
		effect->extent >>= 1;
	if (kind == EFFECT_DETOUR)
		effect->extent &= 3;
	if (kind >= EFFECT_FILE && kind <= EFFECT_FILE_PUNCH) {
		effect->extent >>= 2;
		effect->offset >>= 2;
	}
}

static void random_registers(struct event *event, struct dice *dice,
			     uint64_t number)
{
	struct dice steady = { number / 16 };
	unsigned i;

	for (i = 0; i < EVENT_REGISTERS; i++) {
		event->registers[i] = any_number(&steady);
		if (!dice_roll(dice, 4))
			event->registers[i] += any_number(dice);
	}
	if (event->kind == EVENT_SYSCALL && dice_roll(dice, 2)) {
		event->registers[10] = event->registers[15] =
			(uint64_t)(int64_t)event->detail;
		event->registers[11] = event->registers[16];
		event->registers[6] = event->registers[18];
	}
	if (event->kind == EVENT_EXIT || event->kind == EVENT_SYSCALL_EXIT)
		memset(event->registers, 0, sizeof(event->registers));
}

void sample_make(struct sample *sample, uint64_t number, size_t bytes_limit)
{
	struct dice dice = { number * 1000 };
	struct event *event = &sample->event;
	uint64_t i, count;

	effect_list_clear(&sample->list);
	memset(event, 0, sizeof(*event));
	event->number = number;
	event->kind = 1 + dice_roll(&dice, EVENT_KIND_END - 1);
	event->task = 1 + (uint32_t)dice_roll(&dice, 60);
	if (!dice_roll(&dice, 50))
		event->task = UINT32_MAX - event->task;
	event->time_ns = number * 5000 + dice_roll(&dice, 10000);
	event->detail = (int32_t)any_number(&dice);
	event->signal = (uint32_t)any_number(&dice);
	event->result = (int64_t)any_number(&dice);
	if (event->kind == EVENT_SIGNAL) {
		event->detail = (int32_t)dice_roll(&dice, SIGNAL_AFTER_STEP + 1);
		event->signal = 1 + (uint32_t)dice_roll(&dice, 64);
		event->result = (int64_t)dice_roll(&dice, SIGNAL_TRACED + 1);
	}
	random_registers(event, &dice, number);
	count = dice_roll(&dice, 2) ? dice_roll(&dice, 6) : 0;
	for (i = 0; i < count; i++)
		add_random_effect(sample, &dice, bytes_limit);
	event->effects = sample->list.effects;
	event->effect_count = sample->list.count;
}

void sample_deinit(struct sample *sample)
{
	effect_list_deinit(&sample->list);
}

static const char *effects_differ(const struct effect *left,
				  const struct effect *right)
{
	if (left->kind != right->kind || left->id != right->id)
		return "kind or id of an effect";
	if (left->address != right->address || left->extent != right->extent ||
	    left->offset != right->offset)
		return "a range of an effect";
	if (left->protection != right->protection ||
	    left->flags != right->flags)
		return "flags of an effect";
	if (left->length != right->length ||
	    (left->length && memcmp(left->bytes, right->bytes, left->length)))
		return "bytes of an effect";
	return NULL;
}

const char *events_differ(const struct event *left, const struct event *right)
{
	const char *difference = NULL;
	size_t i;

	if (left->number != right->number)
		return "number";
	if (left->kind != right->kind || left->task != right->task)
		return "kind or task";
	if (left->time_ns != right->time_ns)
		return "time";
	if (left->detail != right->detail || left->signal != right->signal ||
	    left->result != right->result)
		return "detail, signal or result";
	if (memcmp(left->registers, right->registers, sizeof(left->registers)))
		return "registers";
	if (left->effect_count != right->effect_count)
		return "number of effects";
	for (i = 0; i < left->effect_count && !difference; i++)
		difference =
			effects_differ(&left->effects[i], &right->effects[i]);
	return difference;
}

static char *sample_arguments[] = {
	"true", "with space", "caf\xe9 \\ \n", "", "\xc3\xa9\xe2\x82\xac", NULL
};
static char *sample_environment[] = { "A=1", "B=\xff\xfe\x80\x01", NULL };

const struct trace_info sample_info = {
	.arguments = sample_arguments,
	.environment = sample_environment,
	.directory = "/tmp/\xf0",
	.kernel = "Linux 6.1",
	.cpu = "A CPU",
	.cpu_choice = "host",
	.reel_version = "0.1",
	.xsave_features = 0xe7,
	.xsave_size = 2696,
	.page_size = 4096,
	.start_realtime_ns = 1700000000123456789,
	.aslr = 1,
	.complete = 1,
	.end_realtime_ns = 1700000001123456789,
	.exit_status = 256,
	.task_count = 3,
	.process_count = 2,
	.has_agent = 1,
	.agent_calls = 12345,
	.agent_sites = 6,
	.agent_failures = 1,
};

struct trace_writer *write_samples(const char *path, uint64_t count,
				   size_t bytes_limit, uint64_t flush_every)
{
	struct sample sample = { 0 };
	struct trace_writer *writer;
	uint8_t sha256[HASH_SIZE];
	uint64_t i;

	cr_assert_eq(trace_writer_create(path, &sample_info, &writer), 0);
	cr_assert_eq(store_add_bytes(trace_writer_store(writer), snapshot_bytes,
				     snapshot_length, sha256),
		     0);
	for (i = 1; i <= count; i++) {
		sample_make(&sample, i, bytes_limit);
		sample.event.number = 0;
		cr_assert_eq(trace_writer_append(writer, &sample.event), 0);
		cr_assert_eq(sample.event.number, i);
		if (flush_every && i % flush_every == 0)
			cr_assert_eq(trace_writer_flush(writer), 0);
	}
	sample_deinit(&sample);
	return writer;
}

void make_trace(const char *path, uint64_t count, size_t bytes_limit)
{
	struct trace_writer *writer;

	writer = write_samples(path, count, bytes_limit, 0);
	cr_assert_eq(trace_writer_finish(writer, &sample_info), 0);
	trace_writer_destroy(writer);
}

int64_t read_samples(const char *path, size_t bytes_limit,
		     const char **wrong_out)
{
	struct sample sample = { 0 };
	struct trace_reader *reader;
	struct event event;
	int64_t count = 0;
	int err;

	*wrong_out = NULL;
	err = trace_reader_open(path, &reader);
	if (err)
		return err;
	while (!*wrong_out) {
		err = trace_reader_next(reader, &event);
		if (err)
			break;
		sample_make(&sample, (uint64_t)++count, bytes_limit);
		*wrong_out = events_differ(&sample.event, &event);
	}
	if (err == TRACE_END &&
	    (uint64_t)count != trace_reader_event_count(reader))
		*wrong_out = "event count";
	sample_deinit(&sample);
	trace_reader_close(reader);
	return err < 0 ? err : count;
}

void *file_load(const char *path, size_t *length_out)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *bytes;

	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	cr_assert_eq(fstat(fd, &status), 0);
	*length_out = (size_t)status.st_size;
	bytes = xmalloc(*length_out);
	cr_assert_eq(pread_all(fd, bytes, *length_out, 0), 0);
	return bytes;
}

void file_store(const char *path, const void *bytes, size_t length)
{
	AUTO(fd_close) int fd = -1;

	/* Objects are read-only, and hard links of each other. */
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	cr_assert_eq(write_all(fd, bytes, length), 0);
}
