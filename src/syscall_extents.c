/* SPDX-License-Identifier: MIT */
/*
 * From a row and a call to extents of memory.
 *
 * At entry the rooms are measured: counts and lengths, and the pieces that
 * vectors and message headers name.  Inputs follow from these alone.  Outputs
 * are as much of the rooms as the kernel has filled, by the result and by the
 * lengths it wrote.  What can't be read is absent: the kernel could not use it
 * either.
 */
#include "src/syscall_extents.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "src/kernel_abi.h"
#include "src/syscall_rows.h"

/*
 * A copy that ends in a fault (EFAULT) has written what comes before it; no
 * call goes further than this before it counts the bytes in its result.
 */
#define FAULT_LIMIT (256u * 1024)

/* The kernel fills no longer buffers that a structure names. */
#define NAMED_LIMIT (16u << 20)

#define PAGE UINT64_C(4096)

struct walk {
	const struct syscall_call *call;
	struct memory *memory;
	syscall_visit visit;
	void *context;
	unsigned argument;
	const struct row_argument *row; /* of the argument */
	int is_output;
};

/* What a msghdr names. */
struct message {
	struct syscall_piece name, control, vector;
};

#define MESSAGE_PIECES 3

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint8_t read_u8(struct memory *memory, remote_addr address)
{
	uint8_t value;

	if (!address || !memory_read(memory, address, &value, sizeof(value)))
		return 0;
	return value;
}

static uint16_t read_u16(struct memory *memory, remote_addr address)
{
	uint16_t value;

	if (!address || !memory_read(memory, address, &value, sizeof(value)))
		return 0;
	return value;
}

static uint32_t read_u32(struct memory *memory, remote_addr address)
{
	uint32_t value;

	if (!address || !memory_read(memory, address, &value, sizeof(value)))
		return 0;
	return value;
}

static uint64_t read_u64(struct memory *memory, remote_addr address)
{
	uint64_t value;

	if (!address || !memory_read(memory, address, &value, sizeof(value)))
		return 0;
	return value;
}

/* ---- emitting ---- */

static uint64_t readable_prefix(struct memory *memory, remote_addr address,
				uint64_t length)
{
	uint64_t done = 0;
	char byte;

	while (done < length && memory_read(memory, address + done, &byte, 1))
		done += PAGE - (address + done) % PAGE;
	return smaller(done, length);
}

static int emit(const struct walk *walk, remote_addr address, uint64_t length)
{
	enum value_type type = (enum value_type)walk->row->type;
	struct syscall_extent extent = {
		.argument = walk->argument,
		.address = address,
		.length = length,
		.is_text = type == TYPE_path || type == TYPE_string,
	};

	if (!address || !length || address >= KERNEL_USER_END)
		return 0;
	if (walk->is_output && walk->call->result == -EFAULT) {
		length = smaller(length, KERNEL_USER_END - address);
		extent.length = readable_prefix(walk->memory, address,
						smaller(length, FAULT_LIMIT));
		if (!extent.length)
			return 0;
	} else if (length > KERNEL_USER_END - address) {
		return 0;
	}
	return walk->visit(walk->context, &extent);
}

/* Payload that a call reads. */
static int emit_bulk(const struct walk *walk, remote_addr address,
		     uint64_t length)
{
	struct syscall_extent extent = {
		.argument = walk->argument,
		.address = address,
		.length = length,
		.is_bulk = 1,
	};

	if (!address || !length || address >= KERNEL_USER_END ||
	    length > KERNEL_USER_END - address)
		return 0;
	return walk->visit(walk->context, &extent);
}

static uint64_t text_length(const struct walk *walk, remote_addr address,
			    uint64_t limit)
{
	if (!address)
		return 0;
	return memory_string_length(walk->memory, address, (size_t)limit);
}

/* A string, of a length measured. */
static int emit_text(const struct walk *walk, remote_addr address,
		     uint64_t length)
{
	struct syscall_extent extent = {
		.argument = walk->argument,
		.address = address,
		.length = length,
		.is_text = 1,
	};

	return length ? walk->visit(walk->context, &extent) : 0;
}

/* ---- pieces: vectors and messages ---- */

static struct syscall_piece piece_at(const struct walk *walk, uint64_t index,
				     remote_addr live)
{
	struct syscall_piece piece = { 0 };

	if (index < walk->call->piece_count)
		return walk->call->pieces[index];
	if (!memory_read(walk->memory, live, &piece, sizeof(piece)))
		memset(&piece, 0, sizeof(piece));
	return piece;
}

static struct syscall_piece vector_piece(const struct walk *walk,
					 uint64_t first, remote_addr array,
					 uint64_t i)
{
	return piece_at(walk, first + i,
			array + i * sizeof(struct kernel_iovec));
}

/* Parses a msghdr; one that the kernel refuses to look into names nothing. */
static struct message message_read(struct memory *memory, remote_addr address)
{
	struct message message = { { 0 } };
	struct kernel_msghdr header;

	if (!memory_read(memory, address, &header, sizeof(header)) ||
	    header.name_length < 0 || header.vector_length > KERNEL_IOV_MAX)
		return message;
	message.name.address = header.name;
	message.name.length = smaller((uint32_t)header.name_length,
				      KERNEL_SOCKADDR);
	message.control.address = header.control;
	message.control.length = header.control_length;
	message.vector.address = header.vector;
	message.vector.length = header.vector_length;
	return message;
}

static struct message message_at(const struct walk *walk, uint64_t index,
				 remote_addr live)
{
	const struct syscall_piece *pieces = walk->call->pieces;
	struct message message;

	if (index + MESSAGE_PIECES > walk->call->piece_count)
		return message_read(walk->memory, live);
	message.name = pieces[index];
	message.control = pieces[index + 1];
	message.vector = pieces[index + 2];
	return message;
}

/* ---- measuring ---- */

/* Keeps a piece as long as none before it was left out. */
static void keep_piece(struct syscall_call *call, uint64_t index,
		       struct syscall_piece piece)
{
	if (index == call->piece_count && index < SYSCALL_PIECES)
		call->pieces[call->piece_count++] = piece;
}

static void keep_vector(struct syscall_call *call, struct memory *memory,
			uint64_t index, remote_addr array, uint64_t count)
{
	unsigned room = SYSCALL_PIECES - call->piece_count;
	struct syscall_piece *pieces = call->pieces + call->piece_count;
	size_t want, got;

	if (index != call->piece_count || !array)
		return;
	want = (size_t)smaller(count, room);
	got = memory->read(memory, array, pieces, want * sizeof(*pieces));
	call->piece_count += (unsigned)(got / sizeof(*pieces));
}

/* Returns the index after the message's pieces. */
static uint64_t keep_message(struct syscall_call *call, struct memory *memory,
			     uint64_t index, remote_addr address)
{
	struct message message = message_read(memory, address);

	/* Only as a whole, so that it can be told by the count. */
	if (index + MESSAGE_PIECES <= SYSCALL_PIECES) {
		keep_piece(call, index, message.name);
		keep_piece(call, index + 1, message.control);
		keep_piece(call, index + 2, message.vector);
	}
	index += MESSAGE_PIECES;
	keep_vector(call, memory, index, message.vector.address,
		    message.vector.length);
	return index + message.vector.length;
}

static void keep_clone_args(struct syscall_call *call, struct memory *memory,
			    uint64_t index, remote_addr address)
{
	uint64_t flags = read_u64(memory, address);
	struct syscall_piece piece = { 0, sizeof(int32_t) };

	if (flags & KERNEL_CLONE_PIDFD)
		piece.address = read_u64(memory, address + 8);
	keep_piece(call, index, piece);
	piece.address = 0;
	if (flags & KERNEL_CLONE_PARENT_SETTID)
		piece.address = read_u64(memory, address + 24);
	keep_piece(call, index + 1, piece);
}

/* One {address, u32 length} within the memory: ifconf has them swapped. */
static void keep_pair(struct syscall_call *call, struct memory *memory,
		      uint64_t index, remote_addr length, remote_addr address)
{
	struct syscall_piece piece = {
		.address = read_u64(memory, address),
		.length = read_u32(memory, length),
	};

	keep_piece(call, index, piece);
}

static uint64_t message_count(const struct syscall_call *call,
			      const struct row_argument *row)
{
	return smaller((uint32_t)call->arguments[row->count], KERNEL_IOV_MAX);
}

static void measure_pieces(struct syscall_call *call, struct memory *memory,
			   const struct row_argument *row, unsigned argument)
{
	remote_addr address = call->arguments[argument];
	uint64_t index = call->nested[argument], count;

	switch (row->room) {
	case ROOM_VECTOR:
		keep_vector(call, memory, index, address,
			    call->room[argument] / sizeof(struct kernel_iovec));
		break;
	case ROOM_MSGHDR:
		keep_message(call, memory, index, address);
		break;
	case ROOM_MMSGHDR:
		count = message_count(call, row);
		for (uint64_t i = 0; i < count; i++, address += 64)
			index = keep_message(call, memory, index, address);
		break;
	case ROOM_CLONE_ARGS:
		keep_clone_args(call, memory, index, address);
		break;
	case ROOM_IFCONF:
		keep_pair(call, memory, index, address, address + 8);
		break;
	case ROOM_IW_POINT:
		keep_piece(call, index, (struct syscall_piece) {
			read_u64(memory, address + 16),
			read_u16(memory, address + 24) });
		break;
	case ROOM_REGSET:
	case ROOM_REGSET_READ:
		keep_piece(call, index, (struct syscall_piece) {
			read_u64(memory, address),
			read_u64(memory, address + 8) });
		break;
	case ROOM_XATTR_ARGS:
		keep_pair(call, memory, index, address + 8, address);
		break;
	case ROOM_NAMED:
		keep_piece(call, index, (struct syscall_piece) {
			read_u64(memory, address + row->field),
			(uint64_t)read_u32(memory, address + row->base) *
			row->unit });
		break;
	default:
		break;
	}
}

static uint64_t own_count(struct memory *memory, enum room_kind kind,
			  remote_addr field)
{
	switch (kind) {
	case ROOM_OWN_U8:
		return read_u8(memory, field);
	case ROOM_OWN_U16:
		return read_u32(memory, field) & 0xffff;
	case ROOM_OWN_U64:
		return read_u64(memory, field);
	default:
		return read_u32(memory, field);
	}
}

static uint64_t unit_of(const struct row_argument *row)
{
	return row->unit ? row->unit :
			   syscall_type_size((enum value_type)row->type);
}

/* base + unit * count, saturating. */
static uint64_t bytes_of(const struct row_argument *row, uint64_t count)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(unit_of(row), count, &bytes) ||
	    __builtin_add_overflow(bytes, row->base, &bytes))
		return UINT64_MAX;
	return bytes;
}

/* A negative count is an error of the call's. */
static uint64_t int_count(uint64_t value)
{
	return (int32_t)value < 0 ? 0 : (uint32_t)value;
}

static uint64_t fd_set_bytes(uint64_t count)
{
	/* The kernel looks at no more than the size of the fd table. */
	return (smaller(int_count(count), KERNEL_FD_MAX) + 63) / 64 * 8;
}

/* A structure that says its own size, or 0 for its first version's. */
static uint64_t own_size(struct memory *memory, const struct row_argument *row,
			 remote_addr address)
{
	uint64_t size = read_u32(memory, address + row->field);

	if (!size)
		return unit_of(row);
	if (size > PAGE) /* refused unseen */
		return row->field + sizeof(uint32_t);
	return size;
}

static uint64_t cap_data_bytes(struct memory *memory, remote_addr header)
{
	switch (read_u32(memory, header)) {
	case KERNEL_CAPABILITY_1:
		return 12;
	case KERNEL_CAPABILITY_2:
	case KERNEL_CAPABILITY_3:
		return 24;
	default:
		return 0;
	}
}

/* NULL has no length, not even at an offset. */
static uint32_t length_at(struct memory *memory, const struct row_argument *row,
			  remote_addr address)
{
	return address ? read_u32(memory, address + row->field) : 0;
}

static uint64_t room_by_count(const struct syscall_call *call,
			      struct memory *memory,
			      const struct row_argument *row)
{
	uint64_t value = call->arguments[row->count];

	switch (row->room) {
	case ROOM_SIZE:
		return bytes_of(row, value);
	case ROOM_INT:
		return bytes_of(row, int_count(value));
	case ROOM_UNSIGNED:
		return bytes_of(row, (uint32_t)value);
	case ROOM_LENGTH_AT:
		return bytes_of(row, int_count(length_at(memory, row, value)));
	case ROOM_SIZE_AT:
		return bytes_of(row, value ? read_u64(memory, value) : 0);
	case ROOM_VECTOR:
		return value > KERNEL_IOV_MAX ? 0 : value * 16;
	case ROOM_MMSGHDR:
		return message_count(call, row) * 64;
	case ROOM_FD_SET:
		return fd_set_bytes(value);
	case ROOM_NODE_MASK:
		return value && value <= KERNEL_NODES_MAX ?
			(value - 1 + 63) / 64 * 8 : 0;
	case ROOM_PAGES:
		return value / PAGE + (value % PAGE != 0);
	case ROOM_CAP_DATA:
		return cap_data_bytes(memory, value);
	case ROOM_CLONE_ARGS:
	case ROOM_XATTR_ARGS:
		return value > PAGE ? 0 : value;
	case ROOM_NAMED:
		return (uint32_t)value > PAGE ? 0 : (uint32_t)value;
	default:
		return 0;
	}
}

static uint64_t room_of(const struct syscall_call *call, struct memory *memory,
			const struct row_argument *row, unsigned argument)
{
	remote_addr address = call->arguments[argument];

	switch (row->room) {
	case ROOM_FIXED:
	case ROOM_MSGHDR:
	case ROOM_IFCONF:
	case ROOM_IW_POINT:
	case ROOM_REGSET:
	case ROOM_REGSET_READ:
	case ROOM_FPROG:
	case ROOM_SIGSET:
		return unit_of(row);
	case ROOM_LIMIT:
	case ROOM_STRING:
		return row->limit;
	case ROOM_OWN_U32:
	case ROOM_OWN_U16:
	case ROOM_OWN_U64:
	case ROOM_OWN_U8:
		return bytes_of(row, own_count(memory, row->room,
					       address + row->field));
	case ROOM_OWN_SIZE:
		return own_size(memory, row, address);
	case ROOM_NUMBER:
		return _IOC_SIZE(call->arguments[1]);
	default:
		return room_by_count(call, memory, row);
	}
}

/* Whether the kernel follows this argument's address at all. */
static int is_followed(const struct syscall_call *call,
		       const struct row_argument *row, unsigned argument)
{
	if (!row->name || row->direction == DIRECTION_NONE ||
	    !call->arguments[argument])
		return 0;
	return !row->needs ||
	       (call->arguments[row->needs_argument] & row->needs);
}

void syscall_measure(struct syscall_call *call, struct memory *memory)
{
	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++) {
		const struct row_argument *row = &call->row->arguments[i];
		uint64_t room;

		if (!is_followed(call, row, i))
			continue;
		room = room_of(call, memory, row, i);
		if (row->limit && room > row->limit)
			room = 0;
		call->room[i] = room;
		call->nested[i] = call->piece_count;
		measure_pieces(call, memory, row, i);
	}
}

uint64_t syscall_argument_elements(const struct syscall_call *call,
				   unsigned argument)
{
	const struct row_argument *row = &call->row->arguments[argument];

	return call->room[argument] /
	       syscall_type_size((enum value_type)row->type);
}

/* ---- inputs ---- */

static int input_strings(const struct walk *walk, remote_addr array)
{
	uint64_t count = 0, bytes = 0;
	int err;

	while (count < KERNEL_STRINGS_MAX / 8) {
		remote_addr string;

		if (!memory_read(walk->memory, array + count * 8, &string, 8))
			break;
		count++;
		if (!string)
			break;
	}
	err = emit(walk, array, count * 8);
	for (uint64_t i = 0; !err && i < count && bytes < KERNEL_STRINGS_MAX;
	     i++) {
		remote_addr string = read_u64(walk->memory, array + i * 8);
		uint64_t length = text_length(walk, string, walk->row->limit);

		bytes += length;
		err = emit_text(walk, string, length);
	}
	return err;
}

static int input_vector(const struct walk *walk, uint64_t index,
			remote_addr array, uint64_t count, int with_pieces)
{
	int err = emit(walk, array, count * sizeof(struct kernel_iovec));

	for (uint64_t i = 0; !err && with_pieces && array && i < count; i++) {
		struct syscall_piece piece;

		piece = vector_piece(walk, index, array, i);
		err = emit_bulk(walk, piece.address, piece.length);
	}
	return err;
}

/* What a message names; its header is emitted by the caller. */
static int input_message(const struct walk *walk, uint64_t *index,
			 remote_addr address, int is_send)
{
	struct message message = message_at(walk, *index, address);
	int err = 0;

	*index += MESSAGE_PIECES;
	if (is_send) {
		err = emit(walk, message.name.address, message.name.length);
		if (!err)
			err = emit(walk, message.control.address,
				   message.control.length);
	}
	if (!err)
		err = input_vector(walk, *index, message.vector.address,
				   message.vector.length, is_send);
	*index += message.vector.length;
	return err;
}

static int input_messages(const struct walk *walk, remote_addr address)
{
	uint64_t index = walk->call->nested[walk->argument];
	uint64_t count = walk->call->room[walk->argument] / 64;
	int err = emit(walk, address, count * 64);

	for (uint64_t i = 0; !err && i < count; i++)
		err = input_message(walk, &index, address + i * 64,
				    walk->row->bulk);
	return err;
}

/* A structure of `size` bytes and memory that a pair of its fields names. */
static int input_with(const struct walk *walk, uint64_t size,
		      remote_addr address, uint64_t length)
{
	int err = emit(walk, walk->call->arguments[walk->argument], size);

	return err ? err : emit(walk, address, length);
}

static int input_nested(const struct walk *walk, remote_addr address)
{
	uint64_t index = walk->call->nested[walk->argument];
	uint64_t room = walk->call->room[walk->argument];
	struct memory *memory = walk->memory;
	struct syscall_piece piece;

	switch (walk->row->room) {
	case ROOM_MSGHDR: {
		int err = emit(walk, address, room);

		return err ? err :
			input_message(walk, &index, address,
				      walk->row->direction == DIRECTION_IN);
	}
	case ROOM_FPROG:
		return input_with(walk, room, read_u64(memory, address + 8),
				  (read_u32(memory, address) & 0xffff) * 8);
	case ROOM_SIGSET:
		return input_with(walk, room, read_u64(memory, address), 8);
	case ROOM_CLONE_ARGS:
		if (room < 80)
			return emit(walk, address, room);
		return input_with(walk, room, read_u64(memory, address + 64),
				  smaller(read_u64(memory, address + 72),
					  KERNEL_PID_LEVELS) * 4);
	case ROOM_REGSET:
		return emit(walk, address, room);
	case ROOM_XATTR_ARGS:
		if (walk->row->direction != DIRECTION_IN)
			return emit(walk, address, room);
		/* fall through */
	case ROOM_REGSET_READ:
		piece = piece_at(walk, index, address);
		return input_with(walk, room, piece.address, piece.length);
	default:
		return emit(walk, address, room);
	}
}

static int input_argument(const struct walk *walk)
{
	const struct syscall_call *call = walk->call;
	const struct row_argument *row = walk->row;
	remote_addr address = call->arguments[walk->argument];
	uint64_t room = call->room[walk->argument];

	switch (row->room) {
	case ROOM_VECTOR: /* the kernel reads the array in any case */
		return input_vector(walk, call->nested[walk->argument], address,
				    room / sizeof(struct kernel_iovec),
				    row->bulk);
	case ROOM_MMSGHDR:
		return input_messages(walk, address);
	default:
		break;
	}
	if (row->direction == DIRECTION_OUT)
		return 0;
	if (row->room == ROOM_STRING)
		return emit_text(walk, address,
				 text_length(walk, address, room));
	if (row->room == ROOM_STRINGS)
		return input_strings(walk, address);
	if (row->bulk)
		return emit_bulk(walk, address, room);
	if (row->filled == FILLED_OWN) /* what it will fill is not read */
		return emit(walk, address, smaller(row->base, room));
	return input_nested(walk, address);
}

int syscall_inputs(const struct syscall_call *call, struct memory *memory,
		   syscall_visit visit, void *context)
{
	struct walk walk = { call, memory, visit, context, 0, NULL, 0 };
	int err = 0;

	if (!call->row)
		return 0;
	for (unsigned i = 0; !err && i < SYSCALL_ARGUMENTS; i++) {
		walk.argument = i;
		walk.row = &call->row->arguments[i];
		if (is_followed(call, walk.row, i))
			err = input_argument(&walk);
	}
	return err;
}

/* ---- outputs ---- */

/* include/linux/errno.h: what a tracer sees of an interrupted call. */
static int is_interrupted(int64_t result)
{
	return result == -EINTR || (result <= -512 && result >= -514) ||
	       result == -516;
}

static int is_written(const struct walk *walk)
{
	int64_t result = walk->call->result;
	int failed = result < 0 && result >= -4095;

	if (walk->row->direction != DIRECTION_OUT &&
	    walk->row->direction != DIRECTION_INOUT)
		return 0;
	if (result == -EFAULT) /* up to where it faulted */
		return 1;
	switch (walk->row->when) {
	case WHEN_ALWAYS:
		return 1;
	case WHEN_POSITIVE:
		return !failed && result != 0;
	case WHEN_INTERRUPTED:
		return is_interrupted(result);
	case WHEN_WAITED:
		return !failed || is_interrupted(result) || result == -ENOMEM;
	default:
		return !failed;
	}
}

/* Bytes of the room that were filled. */
static uint64_t filled_of(const struct walk *walk, remote_addr address)
{
	const struct syscall_call *call = walk->call;
	const struct row_argument *row = walk->row;
	uint64_t room = call->room[walk->argument], count;

	if (call->result == -EFAULT)
		return room;
	switch (row->filled) {
	case FILLED_RETURNED:
		count = call->result < 0 ? 0 : (uint64_t)call->result;
		break;
	case FILLED_RETURNED_INT:
		count = int_count((uint64_t)call->result);
		break;
	case FILLED_LENGTH_AT:
		count = read_u32(walk->memory, call->arguments[row->filled_by]);
		break;
	case FILLED_SIZE_AT:
		count = read_u64(walk->memory, call->arguments[row->filled_by]);
		break;
	case FILLED_OWN:
		count = own_count(walk->memory, row->room,
				  address + row->filled_by);
		break;
	case FILLED_STRING:
		return memory_string_length(walk->memory, address,
					    (size_t)smaller(room, PAGE));
	default:
		return room;
	}
	return smaller(bytes_of(row, count), room);
}

/* Spreads the bytes filled over the pieces, in order. */
static int output_vector(const struct walk *walk, uint64_t index,
			 remote_addr array, uint64_t count, uint64_t filled)
{
	int err = 0;

	for (uint64_t i = 0; !err && filled && array && i < count; i++) {
		struct syscall_piece piece;
		uint64_t length;

		piece = vector_piece(walk, index, array, i);
		length = smaller(piece.length, filled);
		err = emit(walk, piece.address, length);
		filled -= length;
	}
	return err;
}

static uint64_t data_bytes(const struct walk *walk, int64_t result)
{
	if (walk->call->result == -EFAULT)
		return FAULT_LIMIT;
	return result < 0 ? 0 : (uint64_t)result;
}

/* What a received message names; the header itself is emitted already. */
static int output_message(const struct walk *walk, uint64_t *index,
			  remote_addr address, uint64_t filled)
{
	struct message message = message_at(walk, *index, address);
	struct kernel_msghdr header;
	int err;

	*index += MESSAGE_PIECES;
	if (!memory_read(walk->memory, address, &header, sizeof(header)))
		return 0;
	err = emit(walk, message.name.address,
		   smaller(int_count((uint32_t)header.name_length),
			   message.name.length));
	if (!err)
		err = emit(walk, message.control.address,
			   smaller(header.control_length,
				   message.control.length));
	if (!err)
		err = output_vector(walk, *index, message.vector.address,
				    message.vector.length, filled);
	*index += message.vector.length;
	return err;
}

static int output_messages(const struct walk *walk, remote_addr address)
{
	uint64_t index = walk->call->nested[walk->argument];
	uint64_t count = walk->call->room[walk->argument] / 64;
	int err = 0;

	if (walk->call->result != -EFAULT)
		count = smaller(count, (uint64_t)walk->call->result);
	if (!walk->row->bulk)
		err = emit(walk, address, count * 64);
	for (uint64_t i = 0; !err && i < count; i++, address += 64) {
		uint32_t length = read_u32(walk->memory, address + 56);

		if (walk->row->bulk) /* sent: only msg_len is written */
			err = emit(walk, address + 56, sizeof(length));
		else
			err = output_message(walk, &index, address,
					     data_bytes(walk, length));
	}
	return err;
}

/* The pieces that a structure's fields name, and fields that are updated. */
static int output_pieces(const struct walk *walk, remote_addr address)
{
	uint64_t index = walk->call->nested[walk->argument];
	struct syscall_piece piece = { 0 };
	int err;

	if (index < walk->call->piece_count)
		piece = walk->call->pieces[index];
	switch (walk->row->room) {
	case ROOM_IFCONF:
		err = emit(walk, address, walk->call->room[walk->argument]);
		return err ? err :
			emit(walk, piece.address,
			     smaller(int_count(read_u32(walk->memory, address)),
				     int_count(piece.length)));
	case ROOM_IW_POINT:
		err = emit(walk, address, walk->call->room[walk->argument]);
		return err ? err :
			emit(walk, piece.address,
			     smaller(read_u16(walk->memory, address + 24),
				     piece.length));
	case ROOM_REGSET:
		err = emit(walk, address, walk->call->room[walk->argument]);
		return err ? err :
			emit(walk, piece.address,
			     smaller(read_u64(walk->memory, address + 8),
				     piece.length));
	case ROOM_CLONE_ARGS:
		err = emit(walk, piece.address, piece.length);
		if (err || index + 1 >= walk->call->piece_count)
			return err;
		piece = walk->call->pieces[index + 1];
		return emit(walk, piece.address, piece.length);
	case ROOM_NAMED: /* how much of it is written nothing says */
		err = emit(walk, address, walk->call->room[walk->argument]);
		return err ? err :
			emit(walk, piece.address,
			     readable_prefix(walk->memory, piece.address,
					     smaller(piece.length,
						     NAMED_LIMIT)));
	default: /* ROOM_XATTR_ARGS */
		return emit(walk, piece.address,
			    smaller(piece.length,
				    data_bytes(walk, walk->call->result)));
	}
}

static int output_argument(const struct walk *walk)
{
	const struct syscall_call *call = walk->call;
	remote_addr address = call->arguments[walk->argument];
	uint64_t index = call->nested[walk->argument];
	uint64_t room = call->room[walk->argument];
	int err;

	switch (walk->row->room) {
	case ROOM_VECTOR:
		return output_vector(walk, index, address,
				     room / sizeof(struct kernel_iovec),
				     data_bytes(walk, call->result));
	case ROOM_MSGHDR:
		err = emit(walk, address, room);
		return err ? err : output_message(walk, &index, address,
						  data_bytes(walk,
							     call->result));
	case ROOM_MMSGHDR:
		return output_messages(walk, address);
	case ROOM_IFCONF:
	case ROOM_IW_POINT:
	case ROOM_REGSET:
	case ROOM_CLONE_ARGS:
	case ROOM_XATTR_ARGS:
	case ROOM_NAMED:
		return output_pieces(walk, address);
	case ROOM_FD_SET: /* beyond the fd table nothing need be mapped */
		return emit(walk, address,
			    readable_prefix(walk->memory, address, room));
	default:
		return emit(walk, address, filled_of(walk, address));
	}
}

int syscall_outputs(const struct syscall_call *call, struct memory *memory,
		    syscall_visit visit, void *context)
{
	struct walk walk = { call, memory, visit, context, 0, NULL, 1 };
	int err = 0;

	if (!call->row)
		return 0;
	for (unsigned i = 0; !err && i < SYSCALL_ARGUMENTS; i++) {
		walk.argument = i;
		walk.row = &call->row->arguments[i];
		if (is_followed(call, walk.row, i) && is_written(&walk))
			err = output_argument(&walk);
	}
	return err;
}
