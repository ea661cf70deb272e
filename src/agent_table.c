/* SPDX-License-Identifier: MIT */
/*
 * Makes the agent's table at build time: rows of syscalls.def for the calls of
 * agent_calls.def, in a form that needs no more than src/agent_table.h.  A row
 * that this form can't express fails the build.
 */
#include "src/agent_table.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "src/syscall_rows.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct listed_call {
	int number;
	const char *condition;
};

struct listed_request {
	int number;
	uint64_t request;
	const char *condition;
};

static const struct listed_call calls[] = {
#define CALL(name, condition) { SYS_##name, #condition },
#define REQUEST(name, request, condition)
#include "src/agent_calls.def"
#undef CALL
#undef REQUEST
};

static const struct listed_request requests[] = {
#define CALL(name, condition)
#define REQUEST(name, request, condition) \
	{ SYS_##name, (uint32_t)request, #condition },
#include "src/agent_calls.def"
#undef CALL
#undef REQUEST
};

static unsigned row_count, other_count;

static void fail(const struct syscall_row *row, const char *why)
{
	fprintf(stderr, "agent_table: %s: %s\n", row ? row->name : "?", why);
	exit(1);
}

static const char *room_of(const struct syscall_row *row,
			   const struct row_argument *argument)
{
	switch (argument->room) {
	case ROOM_FIXED:
		return "FIXED";
	case ROOM_SIZE:
		return "SIZE";
	case ROOM_INT:
		return "INT";
	case ROOM_UNSIGNED:
		return "UNSIGNED";
	case ROOM_LENGTH_AT:
		return "LENGTH_AT";
	case ROOM_STRING:
		return "STRING";
	case ROOM_FD_SET:
		return "FD_SET";
	default:
		fail(row, "a room that the agent does not know");
	}
	return NULL;
}

static const char *filled_of(const struct syscall_row *row,
			     const struct row_argument *argument)
{
	switch (argument->filled) {
	case FILLED_ROOM:
		return "ROOM";
	case FILLED_RETURNED:
		return "RETURNED";
	case FILLED_LENGTH_AT:
		return "LENGTH_AT";
	default:
		fail(row, "filled in a way that the agent does not know");
	}
	return NULL;
}

static uint32_t unit_of(const struct row_argument *argument)
{
	return argument->unit ? argument->unit :
		syscall_type_size((enum value_type)argument->type);
}

static void print_extent(const struct syscall_row *row, unsigned at)
{
	static const char *const when[] = {
		"SUCCESS", "POSITIVE", "INTERRUPTED", "WAITED", "ALWAYS",
	};
	static const char *const directions[] = { "0", "IN", "OUT", "INOUT" };
	const struct row_argument *argument = &row->arguments[at];
	uint32_t unit = unit_of(argument);

	if (argument->base && argument->room != ROOM_FIXED)
		fail(row, "a base that the agent does not know");
	printf("\t\t{ %u, AGENT_%s, AGENT_ROOM_%s, %u, AGENT_FILLED_%s, %u,\n"
	       "\t\t  AGENT_WHEN_%s, %u, %u, %u, %u, %u, 0x%llx },\n", at,
	       directions[argument->direction], room_of(row, argument),
	       argument->count, filled_of(row, argument), argument->filled_by,
	       when[argument->when], argument->bulk, argument->needs_argument,
	       argument->base, unit, argument->limit,
	       (unsigned long long)argument->needs);
}

/* Vectors and messages are for the conditions that know them. */
static int is_extent(const struct row_argument *argument)
{
	return argument->direction != DIRECTION_NONE &&
	       argument->room != ROOM_VECTOR &&
	       argument->room != ROOM_MSGHDR;
}

/* Written as a whole when the call succeeds, and words. */
static int is_simple(const struct row_argument *argument)
{
	uint32_t unit = unit_of(argument);

	return argument->direction == DIRECTION_OUT &&
	       argument->room == ROOM_FIXED &&
	       argument->filled == FILLED_ROOM &&
	       argument->when == WHEN_SUCCESS && !argument->needs &&
	       unit <= 8 * AGENT_SIMPLE_WORDS && unit % 8 == 0;
}

/* struct agent_row's, or 0. */
static uint64_t simple_of(const struct syscall_row *row, const char *condition)
{
	unsigned arguments = syscall_row_arguments(row), at = 0;
	uint64_t simple = arguments + 1;

	if (strcmp(condition, "ALWAYS"))
		return 0;
	for (unsigned i = 0; i < arguments; i++) {
		const struct row_argument *argument = &row->arguments[i];

		if (argument->direction == DIRECTION_NONE)
			continue;
		if (!is_simple(argument))
			return 0;
		simple |= (uint64_t)(unit_of(argument) / 8 |
				     i << AGENT_SIMPLE_WORD_BITS)
			  << ++at * AGENT_SIMPLE_BITS;
	}
	return simple;
}

/* In replay, with a stop (call_record_is_made_again()). */
static int is_made_again(const char *condition)
{
	return !strcmp(condition, "MAP") || !strcmp(condition, "BREAK") ||
	       !strcmp(condition, "PLAIN_RANGE");
}

/* Of the others, made before the rows: where this row's are. */
static void print_keys(const struct syscall_row *row)
{
	const struct syscall_requests *table = row->requests;

	if (!table || !table->second)
		return;
	printf("\t  .key = %u, .second = %u, .first = %u, .end = %u,\n",
	       table->argument, table->second, other_count,
	       other_count + table->count);
	other_count += table->count;
}

static void print_row(const struct syscall_row *row, const char *condition,
		      uint64_t request)
{
	unsigned arguments = syscall_row_arguments(row), extents = 0;
	uint64_t simple = simple_of(row, condition);

	for (unsigned i = 0; i < arguments; i++)
		extents += (unsigned)is_extent(&row->arguments[i]);
	if (extents > AGENT_EXTENTS)
		fail(row, "more extents than the agent has room for");
	if (row->replay != REPLAY_EMULATE && !is_made_again(condition))
		fail(row, "not a call that replay can answer");
	printf("\t[%u] = { CONDITION_%s, %u, %u, .request = 0x%llx,\n"
	       "\t  .simple = 0x%llx, .extent = { /* %s */\n", ++row_count,
	       simple ? "SIMPLE" : condition, arguments, extents,
	       (unsigned long long)request, (unsigned long long)simple,
	       row->name);
	for (unsigned i = 0; i < arguments; i++)
		if (is_extent(&row->arguments[i]))
			print_extent(row, i);
	printf("\t  },\n");
	print_keys(row);
	printf("\t},\n");
}

static const struct syscall_row *row_of(int number, uint64_t request)
{
	const struct syscall_row *row = syscall_row_of_number(number);
	const struct syscall_requests *table = row ? row->requests : NULL;

	if (!table || table->second)
		fail(row, "not keyed as the agent can");
	request = (request & table->mask) >> table->shift;
	for (unsigned i = 0; i < table->count; i++)
		if (table->rows[i].request == request)
			return &table->rows[i];
	fail(row, "no such request");
	return NULL;
}

/* The requests of one call, and a row that leads to them. */
static void print_requests(int number, unsigned index[512])
{
	const struct syscall_row *row = syscall_row_of_number(number);
	const struct syscall_requests *table = row ? row->requests : NULL;
	unsigned first = row_count + 1;

	if (!table)
		fail(row, "no requests");
	for (size_t i = 0; i < COUNT_OF(requests); i++)
		if (requests[i].number == number)
			print_row(row_of(number, requests[i].request),
				  requests[i].condition,
				  (requests[i].request & table->mask) >>
				  table->shift);
	printf("\t[%u] = { CONDITION_NONE, .key = %u, .shift = %u, .first = %u,"
	       " .end = %u,\n\t  .mask = 0x%llx }, /* %s */\n", row_count + 1,
	       table->argument, table->shift, first, row_count + 1,
	       (unsigned long long)(uint32_t)table->mask, row->name);
	index[number] = ++row_count;
}

static void print_others(void)
{
	printf("static const struct agent_other agent_others[] = {\n");
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		const struct syscall_row *row =
			syscall_row_of_number(calls[i].number);
		const struct syscall_requests *table = row ? row->requests :
							     NULL;

		for (unsigned j = 0; table && table->second && j < table->count;
		     j++)
			printf("\t{ %u, %u }, /* %s */\n",
			       (uint32_t)(table->rows[j].request >> 32),
			       (uint32_t)table->rows[j].request,
			       table->rows[j].name);
	}
	printf("};\n\n");
}

static void print_numbers(const unsigned index[512])
{
	printf("\n/* by number; 0: none */\n"
	       "static const uint8_t agent_index[512] = {\n");
	for (unsigned i = 0; i < 512; i++)
		if (index[i])
			printf("\t[%u] = %u,\n", i, index[i]);
	printf("};\n\n/* where the number is all: as in its row */\n"
	       "static const uint64_t agent_simple[512] = {\n");
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		const struct syscall_row *row =
			syscall_row_of_number(calls[i].number);
		uint64_t simple = simple_of(row, calls[i].condition);

		if (simple && !row->requests)
			printf("\t[%d] = 0x%llx, /* %s */\n", calls[i].number,
			       (unsigned long long)simple, row->name);
	}
	printf("};\n");
}

int main(void)
{
	static unsigned index[512];

	printf("/* Made by agent_table.c of syscalls.def and agent_calls.def. "
	       "*/\n");
	print_others();
	printf("static const struct agent_row agent_rows[] = {\n");
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		const struct syscall_row *row =
			syscall_row_of_number(calls[i].number);

		/* Where two arguments are the key, the row of most. */
		if (!row || (row->requests && !row->requests->second))
			fail(row, "not a row by number");
		print_row(row, calls[i].condition, 0);
		index[calls[i].number] = row_count;
	}
	for (size_t i = 0; i < COUNT_OF(requests); i++)
		if (!index[requests[i].number])
			print_requests(requests[i].number, index);
	printf("};\n");
	print_numbers(index);
	if (row_count > 255 || fflush(stdout))
		fail(NULL, "too many rows, or they can't be written");
	return 0;
}
