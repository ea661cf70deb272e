/* SPDX-License-Identifier: MIT */
/* Buffered calls: their records, and through writer and reader. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test_trace_tools.h"
#include "traces/call_record.h"
#include "traces/hash.h"
#include "traces/reader.h"
#include "traces/report.h"

TestSuite(trace_calls, .init = directory_enter, .fini = directory_leave,
	  .timeout = 60);

/* Records under construction. */
static _Alignas(8) uint8_t room[CALL_RECORDS_LIMIT];
static size_t used;

static struct call_record *begin_record(unsigned number, unsigned arguments)
{
	struct call_record *record = (void *)(room + used);

	*record = (struct call_record){
		.size = (uint32_t)(sizeof(*record) + 8 * arguments),
		.number = (uint16_t)number,
		.arguments = (uint8_t)arguments,
	};
	used += record->size;
	return record;
}

static struct call_piece *add_piece(struct call_record *record,
				    enum call_piece_kind kind,
				    unsigned argument, size_t length)
{
	struct call_piece *piece = (void *)(room + used);
	size_t size = sizeof(*piece) + ((length + 7) & ~(size_t)7);

	memset(piece, 0, size);
	piece->length = (uint32_t)length;
	piece->kind = (uint8_t)kind;
	piece->argument = (uint8_t)argument;
	memset(piece + 1, 'a' + (int)(length % 26), length);
	record->pieces++;
	record->size += (uint32_t)size;
	used += size;
	return piece;
}

/* What event `number` is: the same for the same number. */
static void make_record(uint64_t number)
{
	struct dice dice = { number * 77 };
	unsigned i, arguments = (unsigned)dice_roll(&dice, 7);
	struct call_record *record =
		begin_record((unsigned)dice_roll(&dice, 32768), arguments);
	size_t limit = dice_roll(&dice, 9) ? 40 : 5000;
	unsigned inputs = (unsigned)dice_roll(&dice, 3);
	unsigned outputs = (unsigned)dice_roll(&dice, 3);
	struct call_piece *piece;

	record->call_end = dice_roll(&dice, 0);
	record->stack = dice_roll(&dice, 0);
	record->result = (int64_t)dice_roll(&dice, 0) >> dice_roll(&dice, 64);
	dice_fill(&dice, record + 1, 8 * arguments);
	for (i = 0; i < inputs + outputs; i++) {
		piece = add_piece(record,
				  i < inputs ? PIECE_INPUT : PIECE_OUTPUT,
				  (unsigned)dice_roll(&dice, 6),
				  dice_roll(&dice, limit));
		piece->address = dice_roll(&dice, 0) / 2;
		if (i < inputs && dice_roll(&dice, 2))
			piece->full = piece->length +
				      (uint32_t)dice_roll(&dice, 9) + 1;
	}
}

/* Random events of every third kind, between batches of random lengths. */
static int is_alone(uint64_t number)
{
	struct dice dice = { number / 50 };

	return dice_roll(&dice, 3) == 0;
}

static uint32_t task_of(uint64_t number)
{
	return 1 + (uint32_t)(number / 50 % 3);
}

/* The records in room, by either way to the writer. */
static void append_room(struct trace_writer *writer, uint64_t first,
			uint64_t count)
{
	int is_taken = 1, err;

	if (first / 50 % 2) {
		err = trace_writer_append_calls(writer, task_of(first),
						first * 1000, room, used,
						count);
	} else {
		err = trace_writer_hand_over_calls(writer, task_of(first),
						   first * 1000, room, used,
						   count, &is_taken);
		while (!__atomic_load_n(&is_taken, __ATOMIC_ACQUIRE))
			sched_yield();
	}
	cr_assert_eq(err, 0);
}

static struct trace_writer *write_calls(const char *path, uint64_t count,
					uint64_t flush_every)
{
	struct sample sample = { 0 };
	struct trace_writer *writer;
	uint64_t i, first;

	writer = write_samples(path, 0, 0, 0);
	for (i = 1; i <= count; i++) {
		if (is_alone(i)) {
			sample_make(&sample, i, 3000);
			cr_assert_eq(trace_writer_append(writer, &sample.event),
				     0);
			cr_assert_eq(sample.event.number, i);
			continue;
		}
		first = i;
		used = 0;
		do {
			make_record(i++);
		} while (i <= count && !is_alone(i) && i / 50 == first / 50);
		append_room(writer, first, i - first);
		i--;
		if (flush_every && first / 50 % flush_every == 0)
			cr_assert_eq(trace_writer_flush(writer), 0);
	}
	cr_assert_eq(trace_writer_event_count(writer), count);
	sample_deinit(&sample);
	return writer;
}

static void finish(struct trace_writer *writer)
{
	cr_assert_eq(trace_writer_finish(writer, &sample_info), 0);
	trace_writer_destroy(writer);
}

static void expect_effects(const struct event *event,
			   const struct call_record *record)
{
	const struct call_piece *piece = call_record_pieces(record);
	unsigned i;

	cr_assert_eq(event->effect_count, record->pieces);
	for (i = 0; i < record->pieces; i++) {
		const struct effect *effect = &event->effects[i];

		cr_assert_eq(effect->kind, piece->kind == PIECE_OUTPUT ?
						   EFFECT_WRITE :
						   EFFECT_INPUT);
		cr_assert_eq(effect->id, piece->argument);
		cr_assert_eq(effect->address, piece->address);
		cr_assert_eq(effect->extent, piece->full);
		cr_assert_eq(effect->length, piece->length);
		cr_assert_arr_eq(effect->bytes, call_piece_bytes(piece),
				 piece->length);
		piece = call_piece_next(piece);
	}
}

/* rdi, rsi, rdx, r10, r8, r9 */
static const unsigned argument_registers[] = { 14, 13, 12, 7, 9, 8 };

static void expect_registers(const struct event *event,
			     const struct call_record *record)
{
	uint64_t registers[EVENT_REGISTERS] = {
		[10] = record->number,	 [15] = record->number,
		[11] = record->call_end, [16] = record->call_end,
		[19] = record->stack,
	};
	unsigned i;

	for (i = 0; i < record->arguments; i++)
		registers[argument_registers[i]] =
			call_record_arguments(record)[i];
	cr_assert_arr_eq(event->registers, registers, sizeof(registers));
}

static void expect_event(const struct event *event, uint64_t number)
{
	const struct call_record *record = (void *)room;
	struct sample sample = { 0 };
	const char *wrong;

	if (is_alone(number)) {
		sample_make(&sample, number, 3000);
		wrong = events_differ(&sample.event, event);
		cr_assert_null(wrong, "event %d: %s", (int)number, wrong);
		cr_assert_not(event->is_buffered);
		sample_deinit(&sample);
		return;
	}
	used = 0;
	make_record(number);
	cr_assert_eq(event->number, number);
	cr_assert_eq(event->kind, EVENT_SYSCALL);
	cr_assert(event->is_buffered);
	cr_assert_eq(event->task, task_of(number));
	cr_assert_eq(event->detail, record->number);
	cr_assert_eq(event->result, record->result);
	expect_registers(event, record);
	expect_effects(event, record);
	cr_assert_null(event_fault(event));
}

Test(trace_calls, come_back_as_single_events)
{
	const char *path = in_directory("t");
	struct trace_reader *reader;
	struct event event;
	uint64_t i;

	finish(write_calls(path, 20000, 0));
	cr_assert_eq(trace_verify(path, NULL), 0);
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	cr_assert_eq(trace_reader_event_count(reader), 20000);
	for (i = 1; i <= 20000; i++) {
		cr_assert_eq(trace_reader_next(reader, &event), 0);
		expect_event(&event, i);
	}
	cr_assert_eq(trace_reader_next(reader, &event), TRACE_END);
	trace_reader_close(reader);
}

Test(trace_calls, seek_goes_into_the_middle_of_a_batch)
{
	const char *path = in_directory("t");
	struct dice dice = { 9 };
	struct trace_reader *reader;
	struct event event;
	int i, more;

	finish(write_calls(path, 20000, 40));
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	for (i = 0; i < 300; i++) {
		uint64_t number =
			i % 3 && i ? event.number - 2 + dice_roll(&dice, 30) :
				     1 + dice_roll(&dice, 20000);

		if (number < 1 || number > 19990)
			number = 1 + (uint64_t)i;
		cr_assert_eq(trace_reader_seek(reader, number), 0);
		for (more = 0; more < 4; more++) {
			if (dice_roll(&dice, 2)) {
				cr_assert_eq(trace_reader_peek(reader, &event),
					     0);
				cr_assert_eq(event.number, number);
			}
			cr_assert_eq(trace_reader_next(reader, &event), 0);
			expect_event(&event, number++);
		}
	}
	trace_reader_close(reader);
}

/* Takes the rest of the batch: what it holds, and what is said to follow. */
static uint64_t expect_rest(struct trace_reader *reader, uint64_t number,
			    uint64_t all)
{
	const struct call_record *record;
	uint64_t first, count, i;
	struct event after = { 0 };
	const void *bytes;
	size_t length;

	cr_assert_eq(trace_reader_next_calls(reader, &bytes, &length, &first,
					     &count),
		     0);
	cr_assert_eq(first, number);
	cr_assert_eq((uintptr_t)bytes % 8, 0);
	cr_assert_eq(trace_reader_peek(reader, &after),
		     number + count > all ? TRACE_END : 0);
	if (number + count <= all) {
		cr_assert_eq(after.number, number + count);
		cr_assert_eq(after.effect_count, 0);
		cr_assert_eq(after.is_buffered, !is_alone(after.number));
		if (after.is_buffered)
			cr_assert_eq(after.task, task_of(after.number));
	}
	record = bytes;
	for (i = 0; i < count; i++) {
		used = 0;
		make_record(number + i);
		cr_assert_arr_eq(record, room, used);
		record = call_record_next(record);
	}
	cr_assert_eq((const char *)record, (const char *)bytes + length);
	return number + count;
}

Test(trace_calls, the_rest_of_a_batch_comes_as_it_was_written)
{
	const char *path = in_directory("t");
	struct dice dice = { 11 };
	struct trace_reader *reader;
	struct event event;
	uint64_t number = 1, batches = 0;

	finish(write_calls(path, 20000, 30));
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	while (number <= 20000) {
		cr_assert_eq(trace_reader_next(reader, &event), 0);
		expect_event(&event, number);
		if (!event.is_buffered || dice_roll(&dice, 20)) {
			number++;
			continue;
		}
		number = expect_rest(reader, number, 20000);
		batches++;
	}
	cr_assert_eq(trace_reader_next(reader, &event), TRACE_END);
	cr_assert_gt(batches, 100);
	trace_reader_close(reader);
}

Test(trace_calls, records_come_in_the_room_that_was_lent)
{
	const char *path = in_directory("t");
	uint8_t *lent = xmalloc(TRACE_READER_ROOM);
	struct trace_reader *reader;
	uint64_t first, count, all = 0, there = 0;
	struct event event;
	const void *bytes;
	size_t length;

	finish(write_calls(path, 20000, 0));
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	trace_reader_lend(reader, lent);
	while (trace_reader_next(reader, &event) == 0) {
		expect_event(&event, event.number);
		if (!event.is_buffered)
			continue;
		cr_assert_eq(trace_reader_next_calls(reader, &bytes, &length,
						     &first, &count), 0);
		there += (const uint8_t *)bytes >= lent &&
			 (const uint8_t *)bytes + length <=
				 lent + TRACE_READER_ROOM;
		all++;
	}
	/* Those that are in two frames need not be. */
	cr_assert_gt(there, all - all / 10);
	trace_reader_close(reader);
	free(lent);
}

Test(trace_calls, only_a_buffered_event_has_a_rest)
{
	const char *path = in_directory("t");
	struct trace_reader *reader;
	uint64_t first, count;
	struct event event;
	const void *bytes;
	size_t length;

	silence_reports();
	make_trace(path, 5, 100);
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	cr_assert_eq(trace_reader_next_calls(reader, &bytes, &length, &first,
					     &count),
		     -EINVAL);
	cr_assert_eq(trace_reader_next(reader, &event), 0);
	cr_assert_eq(trace_reader_next_calls(reader, &bytes, &length, &first,
					     &count),
		     -EINVAL);
	cr_assert_eq(trace_reader_next(reader, &event), 0);
	cr_assert_eq(event.number, 2);
	trace_reader_close(reader);
}

Test(trace_calls, output_refers_to_its_inputs)
{
	const char *path = in_directory("t");
	struct trace_reader *reader;
	struct trace_writer *writer;
	struct call_record *record;
	struct event event;

	record = begin_record(20, 3);
	record->result = 70;
	add_piece(record, PIECE_INPUT, 1, 32);
	add_piece(record, PIECE_STANDARD, 2, 50);
	add_piece(record, PIECE_STANDARD, 2, 30);
	record = begin_record(1, 3);
	record->result = -EPIPE;
	add_piece(record, PIECE_STANDARD, 1, 9);
	writer = write_samples(path, 0, 0, 0);
	cr_assert_eq(trace_writer_append_calls(writer, 1, 5, room, used, 2), 0);
	finish(writer);
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	cr_assert_eq(trace_reader_next(reader, &event), 0);
	cr_assert_eq(event.effect_count, 4);
	cr_assert_eq(event.effects[2].kind, EFFECT_INPUT);
	cr_assert_eq(event.effects[2].id, 1);
	cr_assert_eq(event.effects[2].extent, 0);
	cr_assert_eq(event.effects[2].length, 30);
	cr_assert_eq(event.effects[3].kind, EFFECT_OUTPUT);
	cr_assert_eq(event.effects[3].id, 2);
	cr_assert_eq(event.effects[3].extent, 70);
	cr_assert_eq(event.effects[3].length, 0);
	cr_assert_eq(trace_reader_next(reader, &event), 0);
	cr_assert_eq(event.effect_count, 1);
	trace_reader_close(reader);
}

/* The largest batch, of the smallest records. */
Test(trace_calls, a_batch_has_at_most_a_mebibyte)
{
	const size_t count = CALL_RECORDS_LIMIT / sizeof(struct call_record);
	const char *path = in_directory("t");
	struct trace_reader *reader;
	struct trace_writer *writer;
	struct event event;
	size_t i;

	silence_reports();
	for (i = 0; i < count; i++)
		begin_record(39, 0)->result = (int64_t)i;
	writer = write_samples(path, 7, 100, 0);
	for (i = 0; i < 3; i++)
		cr_assert_eq(trace_writer_append_calls(writer, 1, 5, room, used,
						       count),
			     0);
	cr_assert_eq(trace_writer_append_calls(writer, 1, 5, room,
					       CALL_RECORDS_LIMIT + 32,
					       count + 1),
		     -EINVAL);
	cr_assert_eq(trace_writer_append_calls(writer, 1, 5, room, 32, 2),
		     -EINVAL);
	cr_assert_eq(trace_writer_append_calls(writer, 1, 5, room, 36, 1),
		     -EINVAL);
	cr_assert_eq(trace_writer_append_calls(writer, 1, 5, room, 32, 0),
		     -EINVAL);
	cr_assert_eq(trace_writer_append_calls(writer, 0, 5, room, 32, 1),
		     -EINVAL);
	finish(writer);
	cr_assert_eq(trace_verify(path, NULL), 0);
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	cr_assert_eq(trace_reader_event_count(reader), 7 + 3 * count);
	cr_assert_eq(trace_reader_seek(reader, 7 + 3 * count), 0);
	cr_assert_eq(trace_reader_next(reader, &event), 0);
	cr_assert_eq(event.result, (int64_t)count - 1);
	cr_assert_eq(trace_reader_next(reader, &event), TRACE_END);
	trace_reader_close(reader);
}

/* One record with all that there may be. */
static struct call_record *full_record(void)
{
	struct call_record *record;

	used = 0;
	record = begin_record(0, 3);
	add_piece(record, PIECE_INPUT, 0, 5)->full = 6;
	add_piece(record, PIECE_STANDARD, 2, 16);
	add_piece(record, PIECE_OUTPUT, 5, 13);
	return record;
}

static int passes(size_t length)
{
	uint64_t count;

	if (!call_records_check(room, length, &count))
		return 1;
	cr_assert_eq(count, 0);
	return 0;
}

Test(trace_calls, good_records_are_counted)
{
	uint64_t count;
	int i;

	for (i = 0; i < 100; i++)
		make_record((uint64_t)i);
	cr_assert_null(call_records_check(room, used, &count));
	cr_assert_eq(count, 100);
	cr_assert_null(call_records_check(room, 0, &count));
	cr_assert_eq(count, 0);
	full_record();
	cr_assert(passes(used));
	cr_assert_not_null(call_records_check(room + 4, used, &count));
}

Test(trace_calls, records_cut_anywhere_are_refused)
{
	size_t i;

	full_record();
	for (i = 1; i < used; i++)
		cr_assert_not(passes(i), "with %zu bytes", i);
}

#define REFUSED(change)                                                        \
	do {                                                                   \
		struct call_record *record = full_record();                    \
		struct call_piece *input = (void *)call_record_pieces(record); \
		struct call_piece *standard = (void *)call_piece_next(input);  \
		struct call_piece *output = (void *)call_piece_next(standard); \
                                                                               \
		(void)output;                                                  \
		memset(room + used, 0, 4096);                                  \
		change;                                                        \
		cr_assert_not(passes(used) || passes(used + 4096), #change);   \
	} while (0)

Test(trace_calls, records_that_cannot_be_are_refused)
{
	REFUSED(record->size += 8);
	REFUSED(record->size -= 8);
	REFUSED(record->size += 1);
	REFUSED(record->size = 0);
	REFUSED(record->size = 8);
	REFUSED(record->size = UINT32_MAX);
	REFUSED(record->size = UINT32_MAX - 7);
	REFUSED(record->arguments = 2);
	REFUSED(record->arguments = 7);
	REFUSED(record->arguments = 255);
	REFUSED(record->pieces = 2);
	REFUSED(record->pieces = 4);
	REFUSED(record->pieces = 0);
	REFUSED(record->pieces = 255);
	REFUSED(input->kind = 0);
	REFUSED(input->kind = PIECE_OUTPUT);
	REFUSED(input->kind = PIECE_MAP);
	REFUSED(input->kind = PIECE_MAP + 1);
	REFUSED(input->argument = 6);
	REFUSED(standard->argument = 0);
	REFUSED(standard->argument = 3);
	REFUSED(output->argument = 6);
	REFUSED(input->full = 5);
	REFUSED(input->full = 1);
	REFUSED(standard->full = 100);
	REFUSED(output->full = 100);
	REFUSED(input->zero[0] = 1);
	REFUSED(input->zero[5] = 1);
	REFUSED(input->length = 9);
	REFUSED(input->length = 4);
	REFUSED(output->length = 100);
	REFUSED(output->length = UINT32_MAX);
	REFUSED(input->address = UINT64_MAX - 4);
	REFUSED(((char *)(input + 1))[5] = 1);
	REFUSED(((char *)(input + 1))[7] = (char)0x80);
	REFUSED(((char *)(output + 1))[13] = 1);
}

/* ---- mappings ---- */

/* mmap(2) of 8192 bytes, named. */
static struct call_piece *mapping_record(void)
{
	static const struct call_mapping mapping = { 8192, 3, 0x22 };
	struct call_record *record;
	struct call_piece *piece;

	used = 0;
	record = begin_record(9, 6);
	record->result = 0x10000;
	piece = add_piece(record, PIECE_MAP, 0, sizeof(mapping) + 6);
	piece->address = 0x10000;
	memcpy(piece + 1, &mapping, sizeof(mapping));
	memcpy((char *)(piece + 1) + sizeof(mapping), "[heap]", 6);
	return piece;
}

Test(trace_calls, mappings_are_effects)
{
	const char *path = in_directory("t");
	struct trace_reader *reader;
	struct trace_writer *writer;
	struct event event;

	mapping_record();
	writer = write_samples(path, 0, 0, 0);
	cr_assert_eq(trace_writer_append_calls(writer, 1, 5, room, used, 1), 0);
	finish(writer);
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	cr_assert_eq(trace_reader_next(reader, &event), 0);
	cr_assert_eq(event.effect_count, 1);
	cr_assert_eq(event.effects[0].kind, EFFECT_MAP);
	cr_assert_eq(event.effects[0].address, 0x10000);
	cr_assert_eq(event.effects[0].extent, 8192);
	cr_assert_eq(event.effects[0].protection, 3);
	cr_assert_eq(event.effects[0].flags, 0x22);
	cr_assert_eq(event.effects[0].id, 0);
	cr_assert_eq(event.effects[0].length, 6);
	cr_assert_arr_eq(event.effects[0].bytes, "[heap]", 6);
	trace_reader_close(reader);
}

Test(trace_calls, mappings_that_cannot_be_are_refused)
{
	struct call_piece *piece = mapping_record();
	struct call_record *record = (void *)room;
	uint64_t count;

	cr_assert_null(call_records_check(room, used, &count));
	((struct call_mapping *)(piece + 1))->extent = UINT64_MAX - 0xffff;
	cr_assert_not_null(call_records_check(room, used, &count));
	used = 0;
	record = begin_record(9, 6);
	add_piece(record, PIECE_MAP, 0, sizeof(struct call_mapping) - 1);
	cr_assert_not_null(call_records_check(room, used, &count));
	used = 0;
	record = begin_record(9, 6);
	piece = add_piece(record, PIECE_MAP, 0,
			  sizeof(struct call_mapping) + 65);
	((struct call_mapping *)(piece + 1))->extent = 1;
	cr_assert_not_null(call_records_check(room, used, &count));
}

/* ---- instructions ---- */

enum { RBX = 5, RAX = 10, RCX, RDX, RSP = 19 };

/* A cpuid, as src/instruction.h and the agent have it. */
static struct call_record *instruction_record(void)
{
	static const uint64_t values[] = {
		(1ull << RAX | 1ull << RCX) |
			(1ull << RBX | 1ull << RAX | 1ull << RCX | 1ull << RDX)
				<< 32,
		7, 1, 0xa, 0xc, 0xd,
	};
	struct call_record *record;

	used = 0;
	record = begin_record(CALL_RECORD_INSTRUCTION + 3, 6);
	record->call_end = 0x401000;
	record->stack = 0x7fff0000;
	record->result = 0xb;
	memcpy(record + 1, values, sizeof(values));
	return record;
}

Test(trace_calls, an_instruction_tells_what_it_read_and_wrote)
{
	const char *path = in_directory("t");
	struct trace_writer *writer = write_samples(path, 0, 0, 0);
	const struct effect *effect;
	struct trace_reader *reader;
	const uint64_t *after;
	struct event event;

	instruction_record();
	cr_assert_eq(trace_writer_append_calls(writer, 1, 1000, room, used, 1),
		     0);
	finish(writer);
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	cr_assert_eq(trace_reader_next(reader, &event), 0);
	cr_assert(event.kind == EVENT_INSTRUCTION && event.is_buffered);
	cr_assert(event.detail == 3 && event.result == 0xa);
	cr_assert_eq(event.registers[16], 0x401000);
	cr_assert_eq(event.registers[RSP], 0x7fff0000);
	cr_assert(event.registers[RAX] == 7 && event.registers[RCX] == 1);
	effect = event_find_effect(&event, EFFECT_REGISTERS);
	cr_assert_eq(effect->protection, 1u << RAX | 1u << RCX);
	cr_assert_eq(effect->flags, 1u << RBX | 1u << RAX | 1u << RCX |
				    1u << RDX);
	after = effect->bytes;
	cr_assert(after[RAX] == 0xa && after[RBX] == 0xb &&
		  after[RCX] == 0xc && after[RDX] == 0xd);
	cr_assert_null(event_fault(&event));
	trace_reader_close(reader);
}

Test(trace_calls, instructions_that_cannot_be_are_refused)
{
	static const uint64_t wrong[] = {
		0, 0x3f, 1ull << 15 | 0x1full << 32, 0x1full | 1ull << (32 + 19),
		0x1full | 1ull << 63, 0x3ull | 0x7ull << 32,
	};

	instruction_record();
	cr_assert(passes(used));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		memcpy(instruction_record() + 1, &wrong[i], sizeof(wrong[i]));
		cr_assert_not(passes(used), "%d", (int)i);
	}
	instruction_record()->number = CALL_RECORD_INSTRUCTION +
				       CALL_RECORD_INSTRUCTIONS;
	cr_assert_not(passes(used));
	add_piece(instruction_record(), PIECE_INPUT, 0, 8);
	cr_assert_not(passes(used));
	used = 0;
	begin_record(CALL_RECORD_INSTRUCTION + 1, 0);
	cr_assert_not(passes(used));
}

/* Whatever bytes: it ends, and the sanitizers have nothing to say. */
Test(trace_calls, random_changes_do_no_harm)
{
	struct dice dice = { 4 };
	uint8_t *copy;
	uint64_t count;
	size_t length;
	int i, j;

	for (i = 0; i < 12; i++)
		make_record((uint64_t)i * 7);
	length = used;
	for (i = 0; i < 20000; i++) {
		copy = xmemdup(room, length);
		for (j = 0; j < 3; j++)
			copy[dice_roll(&dice, length)] ^=
				(uint8_t)(1 << dice_roll(&dice, 8));
		call_records_check(copy, length, &count);
		free(copy);
	}
}

/* The count is the caller's; records are checked when they are read. */
/* Hands over a good record that is said to be so many, or spoiled. */
static int hand_over_one(const char *path, uint64_t count, int is_spoiled)
{
	struct trace_writer *writer = write_samples(path, 3, 100, 0);
	struct call_record *record;
	int is_taken, err;

	used = 0;
	record = begin_record(39, 6);
	record->pieces = is_spoiled != 0;
	err = trace_writer_hand_over_calls(writer, 1, 9, room, used, count,
					   &is_taken);
	cr_assert_eq(err, 0);
	err = trace_writer_flush(writer);
	cr_assert(is_taken);
	trace_writer_destroy(writer);
	return err;
}

Test(trace_calls, records_are_checked_after_they_were_handed_over)
{
	silence_reports();
	cr_assert_eq(hand_over_one(in_directory("good"), 1, 0), 0);
	cr_assert_eq(hand_over_one(in_directory("two"), 2, 0), -EBADMSG);
	cr_assert_eq(hand_over_one(in_directory("bad"), 1, 1), -EBADMSG);
}

Test(trace_calls, bad_records_in_a_trace_are_an_error)
{
	static const char *const names[] = { "size", "count", "padding" };
	struct trace_writer *writer;
	struct trace_reader *reader;
	struct event event;
	int i;

	silence_reports();
	for (i = 0; i < 3; i++) {
		struct call_record *record = full_record();

		if (i == 0)
			record->size = 16;
		if (i == 2)
			room[used - 1] = 1;
		writer = write_samples(in_directory(names[i]), 2, 0, 0);
		cr_assert_eq(trace_writer_append_calls(writer, 1, 5, room, used,
						       i == 1 ? 2 : 1),
			     0);
		finish(writer);
		cr_assert_eq(trace_reader_open(in_directory(names[i]), &reader),
			     0);
		cr_assert_eq(trace_reader_seek(reader, 3), 0);
		cr_assert_eq(trace_reader_next(reader, &event), -EBADMSG);
		cr_assert_eq(trace_reader_peek(reader, &event), -EBADMSG);
		cr_assert_eq(trace_reader_seek(reader, 1), 0);
		cr_assert_eq(trace_reader_next(reader, &event), 0);
		trace_reader_close(reader);
		cr_assert_eq(trace_verify(in_directory(names[i]), NULL),
			     -EBADMSG);
	}
}

Test(trace_calls, a_killed_writer_leaves_all_that_was_flushed)
{
	const char *path = in_directory("t");
	struct trace_reader *reader;
	struct event event;
	uint64_t i, count;

	trace_writer_destroy(write_calls(path, 2000, 3));
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	count = trace_reader_event_count(reader);
	cr_assert_gt(count, 1500);
	for (i = 1; i <= count; i++) {
		cr_assert_eq(trace_reader_next(reader, &event), 0);
		expect_event(&event, i);
	}
	cr_assert_eq(trace_reader_next(reader, &event), TRACE_END);
	trace_reader_close(reader);
	cr_assert_eq(trace_verify(path, NULL), 0);
}

/* Version 2 is this one without buffered calls. */
Test(trace_calls, the_version_before_is_read)
{
	char *text, *version, sum[HASH_TEXT_SIZE];
	const char *path = in_directory("t");
	uint8_t sha256[HASH_SIZE];
	struct trace_reader *reader;
	const char *wrong;
	size_t length;

	make_trace(path, 60, 100);
	text = file_load(in_directory("t/trace.json"), &length);
	version = memmem(text, length, "\"format_version\": 4", 19);
	cr_assert_not_null(version);
	version[18] = '2';
	/* ,\n  "sha256": "64 digits"\n}\n */
	hash_bytes(text, length - 83, sha256);
	hash_to_text(sha256, sum);
	memcpy(text + length - 68, sum, 64);
	file_store(in_directory("t/trace.json"), text, length);
	free(text);
	cr_assert_eq(read_samples(path, 100, &wrong), 60);
	cr_assert_null(wrong);
	cr_assert_eq(trace_verify(path, NULL), 0);
	cr_assert_eq(trace_reader_open(path, &reader), 0);
	cr_assert_eq(trace_reader_info(reader)->version, 2);
	trace_reader_close(reader);
}
