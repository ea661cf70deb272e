/* SPDX-License-Identifier: MIT */
#include "src/decode.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "src/decode_types.h"
#include "src/registers.h"
#include "traces/report.h"

#define HIGHEST_ERRNO 4095

void decoder_init(struct decoder *decoder)
{
	*decoder = (struct decoder){0};
	saved_memory_init(&decoder->before);
	saved_memory_init(&decoder->written);
	saved_memory_init(&decoder->after);
	decoder->memory = &decoder->before.memory;
}

static void forget_fds(struct decoder *decoder)
{
	for (size_t i = 0; i < decoder->fd_count; i++)
		free(decoder->fds[i].label);
	free(decoder->fds);
	decoder->fds = NULL;
	decoder->fd_count = 0;
}

void decoder_deinit(struct decoder *decoder)
{
	saved_memory_deinit(&decoder->before);
	saved_memory_deinit(&decoder->written);
	saved_memory_deinit(&decoder->after);
	forget_fds(decoder);
}

/* A file renamed meanwhile has two names; the newer one counts. */
static void learn_fd(struct decoder *decoder, const struct effect *effect)
{
	struct decode_fd *fd = NULL;

	for (size_t i = 0; i < decoder->fd_count; i++) {
		if (decoder->fds[i].number == effect->id)
			fd = &decoder->fds[i];
	}
	if (!fd) {
		decoder->fds = xrealloc(decoder->fds, (decoder->fd_count + 1) *
					sizeof(*decoder->fds));
		fd = &decoder->fds[decoder->fd_count++];
		*fd = (struct decode_fd){.number = effect->id};
	}
	free(fd->label);
	fd->label = xmemdup(effect->bytes, effect->length);
	fd->length = effect->length;
}

static void learn_fds(struct decoder *decoder, const struct event *event)
{
	for (size_t i = 0; i < event->effect_count; i++) {
		const struct effect *effect = &event->effects[i];

		if (effect->kind == EFFECT_FD && effect->length)
			learn_fd(decoder, effect);
	}
}

void decoder_enter(struct decoder *decoder, const struct event *event)
{
	uint64_t arguments[SYSCALL_ARGUMENTS] = {
		event->registers[R_RDI], event->registers[R_RSI],
		event->registers[R_RDX], event->registers[R_R10],
		event->registers[R_R8],	 event->registers[R_R9],
	};

	forget_fds(decoder);
	learn_fds(decoder, event);
	saved_memory_clear(&decoder->before);
	saved_memory_clear(&decoder->written);
	saved_memory_clear(&decoder->after);
	saved_memory_add(&decoder->before, EFFECT_INPUT, event->effects,
			 event->effect_count);
	decoder->exited = 0;
	decoder->printed = 0;
	syscall_enter(&decoder->call, event->detail, arguments,
		      &decoder->before.memory);
}

void decoder_keep(struct decoder *decoder)
{
	saved_memory_own(&decoder->before);
}

void decoder_add_writes(struct decoder *decoder, const struct event *event)
{
	saved_memory_add(&decoder->written, EFFECT_WRITE, event->effects,
			 event->effect_count);
	saved_memory_own(&decoder->written);
}

void decoder_exit(struct decoder *decoder, const struct event *event)
{
	learn_fds(decoder, event);
	if (event->kind == EVENT_SYSCALL_EXIT)
		saved_memory_add(&decoder->before, EFFECT_INPUT,
				 event->effects, event->effect_count);
	saved_memory_add(&decoder->written, EFFECT_WRITE, event->effects,
			 event->effect_count);
	saved_memory_add_all(&decoder->after, &decoder->before);
	saved_memory_add_all(&decoder->after, &decoder->written);
	decoder->call.result = event->result;
	decoder->exited = 1;
}

static int has_failed(const struct decoder *decoder)
{
	return decoder->exited && decoder->call.result < 0 &&
		decoder->call.result >= -HIGHEST_ERRNO;
}

void decode_fd(struct decoder *decoder, int64_t fd, struct text *text)
{
	text_format(text, "%" PRId64, fd);
	for (size_t i = 0; i < decoder->fd_count; i++) {
		const struct decode_fd *known = &decoder->fds[i];

		if ((int64_t)known->number != fd)
			continue;
		text_add(text, "<");
		text_label(text, known->label, known->length);
		text_add(text, ">");
		return;
	}
}

static int is_device(uint64_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

/* Flags of clone with which an argument counts. */
static const uint64_t clone_uses[SYSCALL_ARGUMENTS] = {
	[2] = CLONE_PARENT_SETTID | CLONE_PIDFD,
	[3] = CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
	[4] = CLONE_SETTLS,
};

/* Some arguments count only with certain flags. */
static int is_ignored(const struct decoder *decoder, unsigned argument)
{
	const uint64_t *arguments = decoder->call.arguments;
	uint64_t creates = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);

	switch (decoder->call.number) {
	case SYS_open:
		return argument == 2 && !(arguments[1] & creates);
	case SYS_openat:
		return argument == 3 && !(arguments[2] & creates);
	case SYS_mq_open:
		return argument >= 2 && !(arguments[1] & O_CREAT);
	case SYS_mknod:
		return argument == 2 && !is_device(arguments[1]);
	case SYS_mknodat:
		return argument == 3 && !is_device(arguments[2]);
	case SYS_clone:
		return argument >= 2 && !(arguments[0] & clone_uses[argument]);
	case SYS_mremap:
		return argument == 4 && !(arguments[3] & (MREMAP_FIXED | 4));
	}
	return 0;
}

unsigned decoder_arguments(const struct decoder *decoder)
{
	const struct syscall_row *row = decoder->call.row;
	unsigned count;

	if (!row)
		return SYSCALL_ARGUMENTS;
	count = syscall_row_arguments(row);
	while (count && is_ignored(decoder, count - 1))
		count--;
	return count;
}

const char *decoder_argument_name(const struct decoder *decoder,
				  unsigned argument)
{
	static const char *const numbered[] = {
		"arg1", "arg2", "arg3", "arg4", "arg5", "arg6",
	};
	const struct syscall_row *row = decoder->call.row;

	if (row && argument < syscall_row_arguments(row))
		return row_argument_name(row, argument);
	return numbered[argument];
}

static int is_array(const struct row_argument *part, enum value_type type)
{
	uint32_t size = syscall_type_size(type);

	switch (part->room) {
	case ROOM_FIXED:
		return part->unit > size;
	case ROOM_SIZE:
	case ROOM_INT:
	case ROOM_UNSIGNED:
	case ROOM_LENGTH_AT:
	case ROOM_SIZE_AT:
		return !part->unit || part->unit == size;
	}
	return 0;
}

/* A buffer of which nothing was to be read or written. */
static int is_empty(const struct decoder *decoder, unsigned argument)
{
	const struct row_argument *part =
		&decoder->call.row->arguments[argument];

	if (part->filled == FILLED_RETURNED && decoder->exited &&
	    decoder->call.result == 0)
		return 1;
	return part->direction == DIRECTION_IN && part->room != ROOM_FIXED &&
		part->room != ROOM_STRING && part->room != ROOM_STRINGS &&
		!syscall_argument_elements(&decoder->call, argument);
}

/* Writes the memory of an argument as it is in one of the two views. */
static void print_memory(struct decoder *decoder, unsigned argument,
			 const struct saved_memory *lengths,
			 struct memory *memory)
{
	const struct syscall_row *row = decoder->call.row;
	enum value_type type = row_argument_type(row, argument);
	remote_addr address = decoder->call.arguments[argument];
	uint64_t length = saved_memory_length(lengths, address);
	const struct row_argument *part = &row->arguments[argument];

	decoder->memory = memory;
	decoder->argument = argument;
	decoder->is_array = is_array(part, type);
	if (!address)
		text_add(decoder->text, "NULL");
	else if (length)
		decode_memory(decoder, type, address, length);
	else if (is_empty(decoder, argument))
		decode_memory(decoder, type, address, 0);
	else
		decode_address(decoder, address);
}

/* Small values of which both states tell something. */
static int is_counter(enum value_type type)
{
	switch (type) {
	case TYPE_i32:
	case TYPE_u32:
	case TYPE_i64:
	case TYPE_u64:
	case TYPE_offset:
	case TYPE_socklen:
		return 1;
	default:
		return 0;
	}
}

static int was_written(const struct decoder *decoder, unsigned argument)
{
	return decoder->exited &&
		saved_memory_begins(&decoder->written,
				    decoder->call.arguments[argument]);
}

static void print_both(struct decoder *decoder, unsigned argument)
{
	struct text *text = decoder->text;
	size_t start = text->length, middle, length;

	print_memory(decoder, argument, &decoder->before,
		     &decoder->before.memory);
	if (!was_written(decoder, argument))
		return;
	middle = text->length;
	print_memory(decoder, argument, &decoder->after,
		     &decoder->after.memory);
	length = middle - start;
	if (text->length - middle == length &&
	    !memcmp(text->bytes + start, text->bytes + middle, length)) {
		text_cut(text, middle);
	} else if (text->bytes[start] == '[' && text->bytes[middle] == '[') {
		/* "[128][16]" becomes "[128 => 16]" */
		text_add(text, "  ");
		memmove(text->bytes + middle + 3, text->bytes + middle + 1,
			text->length - middle - 3);
		memcpy(text->bytes + middle - 1, " => ", 4);
	}
}

/* What is known before the call and shown so: the rest follows the result. */
static int shows_input(const struct decoder *decoder, unsigned argument)
{
	enum value_type type =
		row_argument_type(decoder->call.row, argument);

	switch (decoder->call.number) {
	case SYS_poll:
	case SYS_ppoll:
		return type == TYPE_pollfd || type == TYPE_timespec;
	case SYS_select:
	case SYS_pselect6:
		return 1;
	}
	return 0;
}

static void print_pointed(struct decoder *decoder, unsigned argument)
{
	const struct syscall_row *row = decoder->call.row;
	enum memory_direction direction =
		row_argument_direction(row, argument);
	enum value_type type = row_argument_type(row, argument);

	if (direction == DIRECTION_IN || shows_input(decoder, argument))
		print_memory(decoder, argument, &decoder->before,
			     &decoder->before.memory);
	else if (type == TYPE_iovec) /* the kernel reads the vector itself */
		print_memory(decoder, argument, &decoder->before,
			     &decoder->after.memory);
	else if (direction == DIRECTION_INOUT && is_counter(type))
		print_both(decoder, argument);
	else if (has_failed(decoder) && !was_written(decoder, argument) &&
		 (direction == DIRECTION_OUT || type == TYPE_sockopt))
		decode_address(decoder, decoder->call.arguments[argument]);
	else if (direction == DIRECTION_INOUT)
		print_memory(decoder, argument,
			     was_written(decoder, argument) ?
			     &decoder->written : &decoder->before,
			     &decoder->after.memory);
	else
		print_memory(decoder, argument, &decoder->written,
			     &decoder->after.memory);
}

static const struct field int_field = {.size = 4}, long_field = {.size = 8};

/* A number, of an argument or a result. */
static void print_number(struct decoder *decoder, enum value_format format,
			 uint64_t value)
{
	struct text *text = decoder->text;

	switch (format) {
	case VALUE_FD:
		decode_fd(decoder, (int32_t)value, text);
		break;
	case VALUE_DIRFD:
		if ((int32_t)value == AT_FDCWD)
			text_add(text, "AT_FDCWD");
		else
			decode_fd(decoder, (int32_t)value, text);
		break;
	case VALUE_INT:
	case VALUE_PID:
		field_decimal(decoder, (uint32_t)value, &int_field);
		break;
	case VALUE_UNSIGNED:
		text_format(text, "%" PRIu32, (uint32_t)value);
		break;
	case VALUE_LONG:
	case VALUE_OFFSET:
		field_decimal(decoder, value, &long_field);
		break;
	case VALUE_SIZE:
		text_format(text, "%" PRIu64, value);
		break;
	case VALUE_MODE:
		if (value & S_IFMT)
			decode_mode(text, (uint32_t)value);
		else
			text_format(text, "%#03o", (unsigned)value);
		break;
	case VALUE_SIGNAL:
		decode_signal(text, (int32_t)value);
		break;
	case VALUE_UID:
	case VALUE_GID:
		field_id(decoder, value, &int_field);
		break;
	case VALUE_DEVICE:
		field_device(decoder, value, &long_field);
		break;
	case VALUE_ADDRESS:
	case VALUE_MEMORY:
		decode_address(decoder, value);
		break;
	default:
		field_hex(decoder, value, &long_field);
	}
}

static void print_argument(struct decoder *decoder, unsigned argument)
{
	const struct syscall_row *row = decoder->call.row;
	uint64_t value = decoder->call.arguments[argument];
	enum value_format format;

	if (!row) {
		field_hex(decoder, value, &long_field);
		return;
	}
	format = row_argument_format(row, argument);
	if (decoder->call.number == SYS_clone)
		text_format(decoder->text, "%s=",
			    row_argument_name(row, argument));
	if (decode_special_argument(decoder, argument))
		return;
	if (format == VALUE_MEMORY)
		print_pointed(decoder, argument);
	else if (format == VALUE_FLAGS || format == VALUE_CHOICE)
		decode_table(decoder, format,
			     row_argument_table(row, argument), value);
	else
		print_number(decoder, format, value);
}

void decode_argument(struct decoder *decoder, unsigned argument,
		     struct text *text)
{
	decoder->text = text;
	print_argument(decoder, argument);
}

/* Whether the argument can be told only when the call has ended. */
static int waits_for_exit(const struct decoder *decoder, unsigned argument)
{
	const struct syscall_row *row = decoder->call.row;
	enum memory_direction direction;

	if (!row || row_argument_format(row, argument) != VALUE_MEMORY ||
	    shows_input(decoder, argument))
		return 0;
	direction = row_argument_direction(row, argument);
	return direction == DIRECTION_OUT || direction == DIRECTION_INOUT;
}

/* ptrace's arguments have fixed places; elsewhere the rest moves up. */
static int is_hidden(const struct decoder *decoder, unsigned argument)
{
	const struct syscall_row *row = decoder->call.row;

	if (is_ignored(decoder, argument))
		return 1;
	return row && decoder->call.number != SYS_ptrace &&
		row_argument_format(row, argument) == VALUE_UNUSED;
}

/* Writes arguments from the given one on; stops before one not known yet. */
static unsigned print_arguments(struct decoder *decoder, unsigned argument,
				struct text *text)
{
	unsigned count = decoder_arguments(decoder);

	for (; argument < count; argument++) {
		if (is_hidden(decoder, argument))
			continue;
		if (argument)
			text_add(text, ", ");
		if (!decoder->exited && waits_for_exit(decoder, argument))
			break;
		decode_argument(decoder, argument, text);
	}
	return argument;
}

void decode_entry(struct decoder *decoder, struct text *text)
{
	text_format(text, "%s(", syscall_name(decoder->call.number));
	decoder->printed = print_arguments(decoder, 0, text);
}

static void print_error(struct text *text, int64_t error)
{
	const char *name = decode_errno(error);

	text_add(text, error >= 512 && error <= 516 ? "? " : "-1 ");
	if (name)
		text_format(text, "%s (%s)", name, decode_errno_text(error));
	else
		text_format(text, "errno %" PRId64, error);
}

void decode_result(struct decoder *decoder, struct text *text)
{
	const struct syscall_row *row = decoder->call.row;
	uint64_t value = (uint64_t)decoder->call.result;
	enum value_format format = row ? row_return_format(row) : VALUE_LONG;

	decoder->text = text;
	if (!decoder->exited)
		text_add(text, "?");
	else if (has_failed(decoder))
		print_error(text, -decoder->call.result);
	else if (decode_special_result(decoder))
		;
	else if (format == VALUE_NONE)
		text_format(text, "%" PRId64, decoder->call.result);
	else if (format == VALUE_ADDRESS)
		text_format(text, "%#" PRIx64, value);
	else
		print_number(decoder, format, value);
	if (decoder->exited)
		decode_ready(decoder);
}

void decode_rest(struct decoder *decoder, struct text *text)
{
	if (decoder->printed < decoder_arguments(decoder)) {
		unsigned next = decoder->printed;

		/* its comma stands in the entry's line already */
		if (!is_hidden(decoder, next))
			decode_argument(decoder, next, text);
		print_arguments(decoder, next + 1, text);
	}
	text_add(text, ") = ");
	decode_result(decoder, text);
}

void decode_call(struct decoder *decoder, struct text *text)
{
	text_format(text, "%s(", syscall_name(decoder->call.number));
	print_arguments(decoder, 0, text);
	text_add(text, ") = ");
	decode_result(decoder, text);
}
