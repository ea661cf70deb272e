/* SPDX-License-Identifier: MIT */
/*
 * The rows of the system call table, made of syscalls.def (by number),
 * requests.def and ioctls.def (by request), and how a live call finds its row.
 * What memory a row means is in syscall_extents.c.
 */
#include "src/syscall_table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "src/kernel_abi.h"
#include "src/syscall_extents.h"
#include "src/syscall_rows.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Values. */
#define VALUE(n, how) { .name = #n, .format = VALUE_##how }
#define FD(n) VALUE(n, FD)
#define DIRFD(n) VALUE(n, DIRFD)
#define INT(n) VALUE(n, INT)
#define UNSIGNED(n) VALUE(n, UNSIGNED)
#define LONG(n) VALUE(n, LONG)
#define SIZE(n) VALUE(n, SIZE)
#define HEX(n) VALUE(n, HEX)
#define OFFSET(n) VALUE(n, OFFSET)
#define ADDRESS(n) VALUE(n, ADDRESS)
#define MODE(n) VALUE(n, MODE)
#define PID(n) VALUE(n, PID)
#define SIGNAL(n) VALUE(n, SIGNAL)
#define UID(n) VALUE(n, UID)
#define GID(n) VALUE(n, GID)
#define DEVICE(n) VALUE(n, DEVICE)
#define UNUSED(n) VALUE(n, UNUSED)
#define BITS(n, flags) \
	{ .name = #n, .format = VALUE_FLAGS, .table = FLAGS_##flags }
#define CHOICE(n, flags) \
	{ .name = #n, .format = VALUE_CHOICE, .table = FLAGS_##flags }
/* The same of 64 bits: unsigned long for the kernel. */
#define LONG_BITS(n, flags)                                                 \
	{ .name = #n, .format = VALUE_FLAGS, .table = FLAGS_##flags,        \
	  .is_long = 1 }
#define LONG_CHOICE(n, flags)                                               \
	{ .name = #n, .format = VALUE_CHOICE, .table = FLAGS_##flags,       \
	  .is_long = 1 }

/* Memory: name, type, then room, filled, when in any order. */
#define MEMORY(n, way, what, ...)                          \
	{ .name = #n, .format = VALUE_MEMORY,              \
	  .direction = DIRECTION_##way, .type = TYPE_##what, \
	  __VA_ARGS__ }
#define IN(n, what, ...) MEMORY(n, IN, what, __VA_ARGS__)
#define OUT(n, what, ...) MEMORY(n, OUT, what, __VA_ARGS__)
#define INOUT(n, what, ...) MEMORY(n, INOUT, what, __VA_ARGS__)
#define PATH(n) IN(n, path, .room = ROOM_STRING, .limit = 4096)
#define STRING(n) IN(n, string, .room = ROOM_STRING, .limit = 4096)
#define STRINGS(n) IN(n, strings, .room = ROOM_STRINGS, .limit = 131072)

/* Room. */
#define ONE .room = ROOM_FIXED
#define FIXED(bytes) .room = ROOM_FIXED, .unit = (bytes)
#define SIZED(n) .room = ROOM_SIZE, .count = (n)
#define COUNTED(n) .room = ROOM_INT, .count = (n)
#define COUNTED_UNSIGNED(n) .room = ROOM_UNSIGNED, .count = (n)
#define BYTES(n) .room = ROOM_SIZE, .count = (n), .unit = 1
#define BYTES_UNSIGNED(n) .room = ROOM_UNSIGNED, .count = (n), .unit = 1
#define AT_MOST(n, bytes) BYTES(n), .limit = (bytes)
#define LIMIT(bytes) .limit = (bytes)
#define SOCKADDR(n) .room = ROOM_INT, .count = (n), .limit = KERNEL_SOCKADDR
#define LENGTH_AT(n) .room = ROOM_LENGTH_AT, .count = (n)
#define BYTES_AT(n) .room = ROOM_LENGTH_AT, .count = (n), .unit = 1
#define SIZE_AT(n) .room = ROOM_SIZE_AT, .count = (n), .unit = 1
#define AFTER(bytes, counted) counted, .base = (bytes), .unit = 1
#define VECTOR(n) .room = ROOM_VECTOR, .count = (n)
#define MSGHDR .room = ROOM_MSGHDR
#define MMSGHDR(n) .room = ROOM_MMSGHDR, .count = (n)
#define FD_SET_OF(n) .room = ROOM_FD_SET, .count = (n)
#define NODES(n) .room = ROOM_NODE_MASK, .count = (n)
#define PAGES(n) .room = ROOM_PAGES, .count = (n)
#define OWN_U32(offset, first, each) \
	.room = ROOM_OWN_U32, .field = (offset), .base = (first), .unit = (each)
#define OWN_U16(offset, first, each) \
	.room = ROOM_OWN_U16, .field = (offset), .base = (first), .unit = (each)
#define OWN_U64(offset, first, each) \
	.room = ROOM_OWN_U64, .field = (offset), .base = (first), .unit = (each)
#define OWN_U8(offset, first, each) \
	.room = ROOM_OWN_U8, .field = (offset), .base = (first), .unit = (each)
#define OWN_NUMBER .room = ROOM_NUMBER, .unit = 1
#define OWN_SIZE(offset) .room = ROOM_OWN_SIZE, .field = (offset)
#define UP_TO(bytes) .room = ROOM_LIMIT, .limit = (bytes)
#define IFCONF .room = ROOM_IFCONF
#define IW_POINT .room = ROOM_IW_POINT
#define REGSET .room = ROOM_REGSET
#define REGSET_READ .room = ROOM_REGSET_READ
#define FPROG .room = ROOM_FPROG
#define SIGSET .room = ROOM_SIGSET
#define CAP_DATA(n) .room = ROOM_CAP_DATA, .count = (n)
#define CLONE_ARGS(n) .room = ROOM_CLONE_ARGS, .count = (n)
#define XATTR_ARGS(n) .room = ROOM_XATTR_ARGS, .count = (n)
#define NAMED(n, address, length, each) .room = ROOM_NAMED, .count = (n), \
	.field = (address), .base = (length), .unit = (each)
#define BULK .bulk = 1

/* Filled. */
#define RETURNED .filled = FILLED_RETURNED
#define RETURNED_INT .filled = FILLED_RETURNED_INT
#define TO_LENGTH_AT(n) .filled = FILLED_LENGTH_AT, .filled_by = (n)
#define TO_SIZE_AT(n) .filled = FILLED_SIZE_AT, .filled_by = (n)
#define TO_OWN(offset) .filled = FILLED_OWN, .filled_by = (offset)
#define TO_END .filled = FILLED_STRING

/* When. */
#define IF_POSITIVE .when = WHEN_POSITIVE
#define IF_INTERRUPTED .when = WHEN_INTERRUPTED
#define IF_WAITED .when = WHEN_WAITED
#define IF_ANY .when = WHEN_ALWAYS
#define NEEDS(n, bits) .needs_argument = (n), .needs = (bits)
#define WITH(n) NEEDS(n, ~UINT64_C(0))

/* Rows by request. */
#define REQUESTS(table) static const struct syscall_row table##_rows[] = {
#define REQUEST(label, value, how, wait, result, ...)                   \
	{ .name = #label, .request = (value), .replay = REPLAY_##how,   \
	  .blocking = BLOCKING_##wait, .returns = VALUE_##result,       \
	  .arguments = { __VA_ARGS__ } },
/* The number has the size of the memory, too, where the value has 0. */
#define REQUEST_SIZED(label, value, how, wait, result, ...)             \
	{ .name = #label, .request = (value), .replay = REPLAY_##how,   \
	  .blocking = BLOCKING_##wait, .returns = VALUE_##result,       \
	  .is_sized = 1, .arguments = { __VA_ARGS__ } },
#define REQUEST_TABLE(label, value, how, wait, format, flags, ...)      \
	{ .name = #label, .request = (value), .replay = REPLAY_##how,   \
	  .blocking = BLOCKING_##wait, .returns = VALUE_##format,       \
	  .return_table = FLAGS_##flags, .arguments = { __VA_ARGS__ } },
#define REQUEST_KEYED(label, value, how, wait, result, table, ...)      \
	{ .name = #label, .request = (value), .replay = REPLAY_##how,   \
	  .blocking = BLOCKING_##wait, .returns = VALUE_##result,       \
	  .requests = &table##_requests, .arguments = { __VA_ARGS__ } },
#define REFUSED_REQUEST(label, value, error, ...)                       \
	{ .name = #label, .request = (value), .replay = REPLAY_REFUSE,  \
	  .refusal = -error, .arguments = { __VA_ARGS__ } },
#define END_REQUESTS(table, where, bits, right, and)                    \
	};                                                              \
	static const struct syscall_requests table##_requests = {       \
		.mask = (bits), .argument = (where), .shift = (right),  \
		.second = (and), .rows = table##_rows,                  \
		.count = COUNT_OF(table##_rows),                        \
	};

#include "src/requests.def"
#include "src/ioctls.def"

/* Rows by number. */
#define ROW(number, label, how, wait, result, ...)                      \
	[number] = { .name = #label, .replay = REPLAY_##how,            \
		     .blocking = BLOCKING_##wait,                       \
		     .returns = VALUE_##result,                         \
		     .arguments = { __VA_ARGS__ } },
#define ROW_TABLE(number, label, how, wait, format, flags, ...)         \
	[number] = { .name = #label, .replay = REPLAY_##how,            \
		     .blocking = BLOCKING_##wait,                       \
		     .returns = VALUE_##format,                         \
		     .return_table = FLAGS_##flags,                     \
		     .arguments = { __VA_ARGS__ } },
#define KEYED(number, label, how, wait, result, table, ...)             \
	[number] = { .name = #label, .replay = REPLAY_##how,            \
		     .blocking = BLOCKING_##wait,                       \
		     .returns = VALUE_##result,                         \
		     .requests = &table##_requests,                     \
		     .arguments = { __VA_ARGS__ } },
#define REFUSED(number, label, error, ...)                              \
	[number] = { .name = #label, .replay = REPLAY_REFUSE,           \
		     .refusal = -error, .arguments = { __VA_ARGS__ } },
#define KEYED_REFUSED(number, label, error, table, ...)                 \
	[number] = { .name = #label, .replay = REPLAY_REFUSE,           \
		     .refusal = -error, .requests = &table##_requests,  \
		     .arguments = { __VA_ARGS__ } },
#define ABSENT(number, label)                                           \
	[number] = { .name = #label, .replay = REPLAY_EMULATE },

static const struct syscall_row rows[] = {
#include "src/syscalls.def"
};

const struct syscall_row *syscall_row_of_number(int number)
{
	if (number < 0 || (size_t)number >= COUNT_OF(rows) ||
	    !rows[number].name)
		return NULL;
	return &rows[number];
}

static const struct syscall_row *
row_of_request(const struct syscall_row *row,
	       const uint64_t arguments[SYSCALL_ARGUMENTS])
{
	const struct syscall_requests *requests = row->requests;
	uint64_t request;

	request = arguments[requests->argument] & requests->mask;
	request >>= requests->shift;
	if (requests->second)
		request = request << 32 |
			  (uint32_t)arguments[requests->second];
	for (unsigned i = 0; i < requests->count; i++)
		if (requests->rows[i].request == request)
			return &requests->rows[i];
	request &= ~((uint64_t)_IOC_SIZEMASK << _IOC_SIZESHIFT);
	for (unsigned i = 0; i < requests->count; i++)
		if (requests->rows[i].is_sized &&
		    requests->rows[i].request == request)
			return &requests->rows[i];
	return row;
}

static int is_32_bits(const struct row_argument *argument)
{
	switch (argument->format) {
	case VALUE_FD:
	case VALUE_DIRFD:
	case VALUE_INT:
	case VALUE_UNSIGNED:
	case VALUE_MODE:
	case VALUE_PID:
	case VALUE_SIGNAL:
	case VALUE_UID:
	case VALUE_GID:
		return 1;
	case VALUE_FLAGS:
	case VALUE_CHOICE:
		return !argument->is_long;
	}
	return 0;
}

/*
 * Of an int the kernel looks at the lower half of the register.  What a
 * compiler makes of one stays as it is: the upper half zero or the sign.
 */
static void drop_upper_halves(struct syscall_call *call)
{
	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++) {
		uint64_t *value = &call->arguments[i];

		if (is_32_bits(&call->row->arguments[i]) &&
		    *value != (uint64_t)(int32_t)*value)
			*value = (uint32_t)*value;
	}
}

void syscall_enter(struct syscall_call *call, int number,
		   const uint64_t arguments[SYSCALL_ARGUMENTS],
		   struct memory *memory)
{
	memset(call, 0, offsetof(struct syscall_call, pieces));
	call->number = number;
	memcpy(call->arguments, arguments, sizeof(call->arguments));
	call->row = syscall_row_of_number(number);
	if (!call->row)
		return;
	drop_upper_halves(call);
	while (call->row->requests) {
		const struct syscall_row *row;

		row = row_of_request(call->row, call->arguments);
		if (row == call->row)
			break;
		call->row = row;
	}
	syscall_measure(call, memory);
}

enum syscall_replay syscall_replay_of(const struct syscall_call *call)
{
	if (!call->row)
		return REPLAY_UNKNOWN;
	return (enum syscall_replay)call->row->replay;
}

enum syscall_blocking syscall_blocking_of(const struct syscall_call *call)
{
	if (!call->row)
		return BLOCKING_MAYBE;
	return (enum syscall_blocking)call->row->blocking;
}

int syscall_refusal(const struct syscall_call *call)
{
	return call->row ? call->row->refusal : 0;
}

const char *syscall_name(int number)
{
	static char unknown[32];
	const struct syscall_row *row = syscall_row_of_number(number);

	if (row)
		return row->name;
	snprintf(unknown, sizeof(unknown), "syscall_%d", number);
	return unknown;
}

int syscall_number(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].name && strcmp(rows[i].name, name) == 0)
			return (int)i;
	return -1;
}

int syscall_table_size(void)
{
	return (int)COUNT_OF(rows);
}

unsigned syscall_row_arguments(const struct syscall_row *row)
{
	unsigned count = 0;

	while (count < SYSCALL_ARGUMENTS && row->arguments[count].name)
		count++;
	return count;
}

uint32_t syscall_type_size(enum value_type type)
{
	static const uint32_t sizes[TYPE_COUNT] = {
#define TYPE_SIZE(name, size) size,
		SYSCALL_TYPES(TYPE_SIZE)
#undef TYPE_SIZE
	};

	return sizes[type];
}

const char *syscall_type_name(enum value_type type)
{
	static const char *const names[TYPE_COUNT] = {
#define TYPE_NAME(name, size) #name,
		SYSCALL_TYPES(TYPE_NAME)
#undef TYPE_NAME
	};

	return names[type];
}
