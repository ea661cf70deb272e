/* SPDX-License-Identifier: MIT */
/*
 * The agent: makes the program's system calls from within, and keeps a record
 * of each; in replay it answers them from the records.  It is freestanding,
 * linked for one address, and has no data of its own (src/agent_layout.h).
 *
 * It never waits: a call that would is made with a stop instead, as is any that
 * it has no row for, or whose memory is not what a record can hold.  A bad
 * address faults here before the call is made, and the recorder then has it
 * made with a stop, too (AGENT_FAULT).
 */
#include "src/agent_inside.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/futex.h>

#include "src/agent_table.h"
#include "traces/call_record.h"

#include "src/agent_rows.h" /* made by agent_table.c */

#define BULK_LIMIT 64u
#define PIPE_ATOMIC 4096u /* PIPE_BUF: a write is whole, or not at all */
#define VECTOR_LIMIT 16u

#define RWF_NOWAIT 8
#define MSG_DONTWAIT 0x40
#define SOL_SOCKET 1
#define SO_SNDBUF 7
#define SO_LINGER 13
#define SO_RCVLOWAT 18
#define SO_DOMAIN 39
#define AF_UNIX 1
#define MSG_WAITALL 0x100
#define SMALL_BUFFER (4 * PIPE_ATOMIC)
#define FAULTS (1u << (7 - 1) | 1u << (11 - 1)) /* SIGBUS, SIGSEGV */
#define PAGE 4096u
#define LOCK_NB 4
#define PROT_SHIFT 12

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFIFO 0010000
#define AT_SYMLINK_NOFOLLOW 0x100

/* What is known of a descriptor; 0: nothing. */
enum descriptor_class {
	CLASS_TRACED = 1, /* only with a stop */
	CLASS_WAITING,	  /* a socket that waits otherwise than most do */
	CLASS_FILE,
	CLASS_FOLLOWED, /* a file of which the recorder sees each change */
	CLASS_DIRECTORY,
	CLASS_PIPE,
	CLASS_UNIX, /* sockets */
	CLASS_SOCKET,
	CLASS_EVENT, /* eventfd and its like */
	CLASS_MASK = 15,
	CLASS_OUTPUT = 16, /* the session's standard output */
	CLASS_ERROR = 32,
};

/* Registers as agent_entry.S leaves them on the stack. */
struct agent_frame {
	uint64_t r9, r8, r10, rdx, rsi, rdi, rax;
	uint64_t flags, call_end, continuation;
	uint64_t r15, r14, r13, r12, rbp, rbx;
};

_Static_assert(sizeof(struct agent_frame) == 128, "agent_entry.S knows it");

struct vector {
	uint64_t address, length;
};

/* ---- small things ---- */

static void copy(void *to, const void *from, size_t length)
{
	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(from), "+c"(length) : : "memory");
}

static void copy_words(void *to, const void *from, size_t length)
{
	uint64_t *target = to;
	const uint64_t *source = from;

	if (length > 256) {
		copy(to, from, length);
		return;
	}
	for (; length >= 8; length -= 8)
		*target++ = *source++;
	for (size_t i = 0; i < length; i++)
		((uint8_t *)target)[i] = ((const uint8_t *)source)[i];
}

/*
 * The length with the final NUL, or more than the limit.  Words are read where
 * they are aligned: so none reaches into a page that the string does not.
 */
static uint64_t copy_string(char *to, const char *from, uint64_t limit)
{
	const uint64_t ones = 0x0101010101010101, tops = ones << 7;
	uint64_t length = 0, word;

	while (length + 8 <= limit) {
		if (!((uintptr_t)(from + length) & 7)) {
			word = *(const uint64_t *)(from + length);
			__builtin_memcpy(to + length, &word, sizeof(word));
			if (!((word - ones) & ~word & tops)) {
				length += 8;
				continue;
			}
		}
		to[length] = from[length];
		if (!from[length++])
			return length;
	}
	while (length < limit) {
		to[length] = from[length];
		if (!from[length++])
			return length;
	}
	return limit + 1;
}

static int are_equal(const void *a, const void *b, size_t length)
{
	const uint64_t *one = a, *other = b;

	for (; length >= 8; length -= 8)
		if (*one++ != *other++)
			return 0;
	for (size_t i = 0; i < length; i++)
		if (((const uint8_t *)one)[i] != ((const uint8_t *)other)[i])
			return 0;
	return 1;
}

static void clear(void *bytes, size_t length)
{
	uint8_t zero = 0;

	__asm__ volatile("rep stosb"
			 : "+D"(bytes), "+c"(length) : "a"(zero) : "memory");
}

static uint64_t padded(uint64_t length)
{
	return (length + 7) & ~7ull;
}

static int is_error(int64_t result)
{
	return (uint64_t)result > (uint64_t)-4096;
}

/* In the order of the arguments of a call: rdi, rsi, rdx, r10, r8, r9. */
static uint64_t argument_of(const struct agent_frame *frame, unsigned i)
{
	return ((const uint64_t *)frame)[5 - i];
}

static int64_t make(const struct agent_frame *frame)
{
	return agent_syscall(frame->rax, frame->rdi, frame->rsi, frame->rdx,
			     frame->r10, frame->r8, frame->r9);
}

static const struct agent_row *row_of(const struct agent_frame *frame)
{
	const struct agent_row *row;
	uint64_t request;
	unsigned i;

	if (frame->rax >= sizeof(agent_index) || !agent_index[frame->rax])
		return 0;
	row = &agent_rows[agent_index[frame->rax]];
	if (row->condition != CONDITION_NONE)
		return row;
	request = (argument_of(frame, row->key) & row->mask) >> row->shift;
	for (i = row->first; i < row->end; i++)
		if (agent_rows[i].request == request)
			return &agent_rows[i];
	return 0;
}

/* ---- descriptors ---- */

static int is_plain_device(uint64_t device)
{
	for (unsigned i = 0; i < shared->device_count; i++)
		if (shared->devices[i] == device)
			return 1;
	return 0;
}

static int is_followed(uint64_t device, uint64_t inode)
{
	uint32_t bit = agent_followed_bit(device, inode);

	return shared->followed[bit / 8] >> (bit % 8) & 1;
}

/* null, zero, full, random, urandom: reads and writes end at once. */
static int is_plain_character_device(uint64_t device)
{
	return device == 0x103 || device == 0x105 || device == 0x107 ||
	       device == 0x108 || device == 0x109;
}

static uint8_t class_of_status(const struct stat *status)
{
	switch (status->st_mode & S_IFMT) {
	case S_IFREG:
		if (!is_plain_device(status->st_dev))
			return CLASS_TRACED;
		return is_followed(status->st_dev, status->st_ino) ?
			CLASS_FOLLOWED : CLASS_FILE;
	case S_IFDIR:
		return is_plain_device(status->st_dev) ? CLASS_DIRECTORY :
							 CLASS_TRACED;
	case S_IFCHR:
		return is_plain_character_device(status->st_rdev) ?
			CLASS_FILE : CLASS_TRACED;
	case S_IFIFO:
		return CLASS_PIPE;
	case S_IFSOCK:
		return CLASS_SOCKET;
	case 0:
		return CLASS_EVENT;
	default:
		return CLASS_TRACED;
	}
}

/* The first word of an option; 0 if there is none. */
static int socket_option(uint64_t fd, int option)
{
	int value[4] = { 0 }, length = sizeof(value);

	return agent_syscall(__NR_getsockopt, fd, SOL_SOCKET, (uint64_t)option,
			     (uint64_t)value, (uint64_t)&length, 0) ? 0 :
								      value[0];
}

/*
 * A read may wait for more than there is, a write of little be cut in two, a
 * close wait for the other side: what can't be tried without waiting.
 */
static uint8_t class_of_socket(uint64_t fd)
{
	int is_unix = socket_option(fd, SO_DOMAIN) == AF_UNIX;

	if (socket_option(fd, SO_RCVLOWAT) > 1 ||
	    (!is_unix && socket_option(fd, SO_LINGER)) ||
	    (is_unix && socket_option(fd, SO_SNDBUF) < (int)SMALL_BUFFER))
		return CLASS_WAITING;
	return is_unix ? CLASS_UNIX : CLASS_SOCKET;
}

static uint8_t look_at(uint64_t fd)
{
	struct stat status;
	uint8_t class;

	if (agent_syscall(__NR_fstat, fd, (uint64_t)&status, 0, 0, 0, 0))
		return CLASS_TRACED;
	class = class_of_status(&status);
	if (class == CLASS_SOCKET)
		class = class_of_socket(fd);
	for (unsigned i = 1; i <= 2; i++)
		if (status.st_dev == shared->standard[i].device &&
		    status.st_ino == shared->standard[i].inode)
			class |= i == 1 ? CLASS_OUTPUT : CLASS_ERROR;
	return class;
}

static void check_classes(void)
{
	if (own->generation == shared->generation && !own->is_stale)
		return;
	clear(own->classes, sizeof(own->classes));
	own->generation = shared->generation;
	own->is_stale = 0;
}

static uint8_t class_of(uint64_t fd)
{
	if (fd >= AGENT_DESCRIPTORS)
		return CLASS_TRACED;
	check_classes();
	if (!own->classes[fd])
		own->classes[fd] = look_at(fd);
	return own->classes[fd];
}

static void set_class(int64_t fd, uint8_t class)
{
	if (fd >= 0 && fd < AGENT_DESCRIPTORS)
		own->classes[fd] = class;
}

static int is_non_blocking(uint64_t fd)
{
	return agent_syscall(__NR_fcntl, fd, F_GETFL, 0, 0, 0, 0) &
	       O_NONBLOCK;
}

/* ---- the program's memory ---- */

/*
 * A fault changes nothing that the program sees, unless it has blocked or
 * ignores the signal: the kernel forces that on it then.
 */
static int are_faults_seen(void)
{
	uint64_t mask = ~0ull;

	if (!shared->is_mask_known) {
		agent_syscall(__NR_rt_sigprocmask, 0, 0, (uint64_t)&mask,
			      sizeof(mask), 0, 0);
		shared->are_faults_blocked = (mask & FAULTS) != 0;
		shared->is_mask_known = 1;
	}
	return shared->are_faults_blocked || own->are_faults_ignored;
}

/* rt_sigprocmask(2) reads a set before it looks at how to use it. */
static int can_kernel_read(uint64_t address, uint64_t length)
{
	uint64_t at = address & ~7ull;

	if (address + length < address)
		return 0;
	for (; at < address + length; at = (at & ~(PAGE - 1ull)) + PAGE)
		if (agent_syscall(__NR_rt_sigprocmask, (uint64_t)-1, at, 0, 8,
				  0, 0) == -EFAULT)
			return 0;
	return 1;
}

/* False when it would fault where that shows; else it just may. */
static int may_read(uint64_t address, uint64_t length)
{
	return !are_faults_seen() || can_kernel_read(address, length);
}

/* ---- the record ---- */

struct recording {
	struct agent_frame *frame;
	const struct agent_row *row;
	uint8_t *start, *at, *end;
	uint8_t pieces;
	uint64_t room[AGENT_EXTENTS];
};

/* False when the ring has no more room, or a record can't have as much. */
static int begin(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint64_t *argument;

	recording->start = ring + shared->position;
	recording->end = ring + shared->limit;
	recording->pieces = 0;
	if (shared->position + 2 * TEXT_LIMIT > shared->limit)
		return 0;
	argument = (uint64_t *)(recording->start + sizeof(struct call_record));
	for (unsigned i = 0; i < recording->row->arguments; i++)
		*argument++ = argument_of(frame, i);
	recording->at = (uint8_t *)argument;
	return 1;
}

/* Room for the bytes of one more piece, whose length is set later; or NULL. */
static struct call_piece *begin_piece(struct recording *recording,
				      unsigned argument, uint64_t address,
				      uint64_t room)
{
	struct call_piece *piece = (struct call_piece *)recording->at;

	if (room > ROOM_LIMIT || recording->pieces == CALL_RECORD_PIECES ||
	    (uint64_t)(recording->end - recording->at) <
		    sizeof(*piece) + padded(room))
		return 0;
	piece->address = address;
	piece->full = 0;
	__builtin_memset(&piece->kind, 0, 8);
	piece->argument = (uint8_t)argument;
	return piece;
}

static void end_piece(struct recording *recording, struct call_piece *piece,
		      enum call_piece_kind kind, uint64_t length)
{
	uint8_t *bytes = (uint8_t *)(piece + 1);

	piece->kind = (uint8_t)kind;
	piece->length = (uint32_t)length;
	if (length & 7)
		*(uint64_t *)(bytes + (length & ~7ull)) &=
			(1ull << 8 * (length & 7)) - 1;
	recording->pieces++;
	recording->at = bytes + padded(length);
}

/* The limit says how much of it a reader needs. */
static int add_input(struct recording *recording, unsigned argument,
		     uint64_t address, uint64_t length, uint64_t limit)
{
	uint64_t kept = length < limit ? length : limit;
	struct call_piece *piece;

	if (!address || !length)
		return 1;
	piece = begin_piece(recording, argument, address, kept);
	if (!piece || length != (uint32_t)length || !may_read(address, kept))
		return 0;
	copy_words(piece + 1, (const void *)address, kept);
	if (kept < length)
		piece->full = (uint32_t)length;
	end_piece(recording, piece, PIECE_INPUT, kept);
	return 1;
}

static int add_string(struct recording *recording, unsigned argument,
		      uint64_t address)
{
	struct call_piece *piece;
	uint64_t length, readable = TEXT_LIMIT;

	if (!address)
		return 1;
	piece = begin_piece(recording, argument, address, TEXT_LIMIT);
	if (!piece)
		return 0;
	/* in two pages at most */
	if (!may_read(address, 1))
		return 0;
	if (!may_read(address, TEXT_LIMIT))
		readable = PAGE - address % PAGE;
	length = copy_string((char *)(piece + 1), (const char *)address,
			     readable);
	if (length > readable)
		return 0;
	end_piece(recording, piece, PIECE_INPUT, length);
	return 1;
}

/* After the call; there must be room, since it was asked for before. */
static void add_output(struct recording *recording, unsigned argument,
		       uint64_t address, uint64_t length)
{
	struct call_piece *piece;

	if (!address || !length)
		return;
	piece = begin_piece(recording, argument, address, length);
	if (!piece)
		__builtin_trap();
	copy_words(piece + 1, (const void *)address, length);
	end_piece(recording, piece, PIECE_OUTPUT, length);
}

static int done(struct recording *recording, int64_t result)
{
	struct call_record *record = (struct call_record *)recording->start;
	struct agent_frame *frame = recording->frame;

	record->size = (uint32_t)(recording->at - recording->start);
	record->number = (uint16_t)frame->rax;
	record->arguments = recording->row->arguments;
	record->pieces = recording->pieces;
	record->call_end = frame->call_end;
	record->stack = shared->saved_stack;
	record->result = result;
	frame->rax = (uint64_t)result;
	shared->is_made = 0;
	agent_made(record->size);
	return 1;
}

/* ---- extents of a row ---- */

static uint64_t limited(const struct agent_extent *extent, uint64_t length)
{
	return extent->limit && length > extent->limit ? extent->limit :
							 length;
}

static uint64_t room_of(const struct agent_frame *frame,
			const struct agent_extent *extent)
{
	uint64_t count = argument_of(frame, extent->count);

	switch (extent->room) {
	case AGENT_ROOM_FIXED:
		return extent->unit;
	case AGENT_ROOM_SIZE:
		break;
	case AGENT_ROOM_INT:
		count = (int32_t)count < 0 ? 0 : (uint32_t)count;
		break;
	case AGENT_ROOM_UNSIGNED:
		count = (uint32_t)count;
		break;
	case AGENT_ROOM_LENGTH_AT:
		if (count && !may_read(count, sizeof(uint32_t)))
			return ROOM_LIMIT + 1;
		count = count ? *(const uint32_t *)count : 0;
		break;
	case AGENT_ROOM_STRING:
		return 0; /* as long as it is */
	case AGENT_ROOM_FD_SET:
		count = (int32_t)count < 0 ? 0 : ((uint32_t)count + 63) / 64;
		return count > 1024 ? ROOM_LIMIT + 1 : count * 8;
	}
	if (count > ROOM_LIMIT)
		return extent->limit && count < UINT32_MAX ?
			limited(extent, count * extent->unit) :
			ROOM_LIMIT + 1;
	return limited(extent, count * extent->unit);
}

static int is_used(const struct agent_frame *frame,
		   const struct agent_extent *extent)
{
	return argument_of(frame, extent->argument) &&
	       (!extent->needs || (argument_of(frame, extent->needs_argument) &
				   extent->needs));
}

/* Inputs are saved; false when outputs could be too much. */
static int measure(struct recording *recording)
{
	const struct agent_row *row = recording->row;
	const struct agent_frame *frame = recording->frame;
	uint64_t outputs = 0;

	for (unsigned i = 0; i < row->extents; i++) {
		const struct agent_extent *extent = &row->extent[i];
		uint64_t address = argument_of(frame, extent->argument);

		recording->room[i] = 0;
		if (!is_used(frame, extent))
			continue;
		if (extent->room == AGENT_ROOM_STRING) {
			if (!add_string(recording, extent->argument, address))
				return 0;
			continue;
		}
		recording->room[i] = room_of(frame, extent);
		if (recording->room[i] > ROOM_LIMIT)
			return 0;
		if (extent->direction & AGENT_OUT)
			outputs += sizeof(struct call_piece) +
				   padded(recording->room[i]);
		if ((extent->direction & AGENT_IN) &&
		    !add_input(recording, extent->argument, address,
			       recording->room[i], extent->is_bulk ?
			       BULK_LIMIT : TEXT_LIMIT))
			return 0;
	}
	return outputs <= (uint64_t)(recording->end - recording->at);
}

static int is_written(const struct agent_extent *extent, int64_t result)
{
	switch (extent->when) {
	case AGENT_WHEN_SUCCESS:
		return !is_error(result);
	case AGENT_WHEN_POSITIVE:
		return !is_error(result) && result > 0;
	case AGENT_WHEN_INTERRUPTED:
		return result == -EINTR;
	case AGENT_WHEN_WAITED:
		return !is_error(result) || result == -EINTR ||
		       result == -ENOMEM;
	default:
		return 1;
	}
}

static uint64_t filled(const struct recording *recording, unsigned i,
		       int64_t result)
{
	const struct agent_extent *extent = &recording->row->extent[i];
	uint64_t length = recording->room[i], at, count;

	switch (extent->filled) {
	case AGENT_FILLED_RETURNED:
		if (is_error(result))
			return 0;
		count = extent->base + extent->unit * (uint64_t)result;
		break;
	case AGENT_FILLED_LENGTH_AT:
		at = argument_of(recording->frame, extent->filled_by);
		count = extent->base + extent->unit *
			(uint64_t)(at ? *(const uint32_t *)at : 0);
		break;
	default:
		return length;
	}
	return count < length ? count : length;
}

static void save_outputs(struct recording *recording, int64_t result)
{
	const struct agent_row *row = recording->row;

	for (unsigned i = 0; i < row->extents; i++) {
		const struct agent_extent *extent = &row->extent[i];

		if (!(extent->direction & AGENT_OUT) || !recording->room[i] ||
		    !is_written(extent, result))
			continue;
		add_output(recording, extent->argument,
			   argument_of(recording->frame, extent->argument),
			   filled(recording, i, result));
	}
}

/* What the call answered is recorded. */
static int keep(struct recording *recording, int64_t result)
{
	save_outputs(recording, result);
	return done(recording, result);
}

static int prepare(struct recording *recording)
{
	return begin(recording) && measure(recording);
}

/* ---- conditions ---- */

static int make_it(struct recording *recording)
{
	if (!prepare(recording))
		return 0;
	shared->is_made = 1;
	if (recording->frame->rax == __NR_rt_sigprocmask)
		shared->is_mask_known = 0;
	return keep(recording, make(recording->frame));
}

/* A call that did not wait says so: true when the program's own would too. */
static int would_block(const struct recording *recording, int64_t result)
{
	return result == -EAGAIN && !is_non_blocking(recording->frame->rdi);
}

/*
 * A read that has nothing, or a write that has no room, is made again with a
 * stop; nothing has happened so far.
 */
static int keep_unless_blocked(struct recording *recording, int64_t result)
{
	if (result == -EOPNOTSUPP) {
		set_class((int64_t)recording->frame->rdi, CLASS_TRACED);
		return 0;
	}
	if (would_block(recording, result)) {
		shared->will_wait = 1;
		return 0;
	}
	shared->is_made = 1;
	return keep(recording, result);
}

static int read_now(struct recording *recording, uint8_t class)
{
	struct agent_frame *frame = recording->frame;
	struct vector vector = { frame->rsi, frame->rdx };

	if (!prepare(recording))
		return 0;
	if (class == CLASS_UNIX || class == CLASS_SOCKET)
		return keep_unless_blocked(recording, agent_syscall(
			__NR_recvfrom, frame->rdi, frame->rsi, frame->rdx,
			MSG_DONTWAIT, 0, 0));
	return keep_unless_blocked(recording, agent_syscall(
		__NR_preadv2, frame->rdi, (uint64_t)&vector, 1, (uint64_t)-1,
		(uint64_t)-1, RWF_NOWAIT));
}

static int read_call(struct recording *recording)
{
	uint8_t class = class_of(recording->frame->rdi) & CLASS_MASK;

	switch (class) {
	case CLASS_FILE:
	case CLASS_FOLLOWED:
		return make_it(recording);
	case CLASS_PIPE:
	case CLASS_UNIX:
	case CLASS_SOCKET:
	case CLASS_EVENT:
		return recording->frame->rdx ? read_now(recording, class) : 0;
	default:
		return 0;
	}
}

/* What goes to the session's output is shown again in replay: all of it. */
static int save_standard(struct recording *recording, uint8_t class)
{
	struct agent_frame *frame = recording->frame;
	struct call_piece *piece;
	uint64_t length = frame->rdx;

	if (!begin(recording) || !length)
		return 0;
	piece = begin_piece(recording, class & CLASS_OUTPUT ? 1 : 2,
			    frame->rsi, length);
	if (!piece || !may_read(frame->rsi, length))
		return 0;
	copy_words(piece + 1, (const void *)frame->rsi, length);
	end_piece(recording, piece, PIECE_STANDARD, length);
	return 1;
}

/* What was not written is none of the output. */
static void cut_standard(struct recording *recording, int64_t result)
{
	struct call_piece *piece = (struct call_piece *)(recording->start +
		sizeof(struct call_record) + 8 * recording->row->arguments);
	uint64_t written = is_error(result) ? 0 : (uint64_t)result;

	if (written == piece->length)
		return;
	recording->pieces = 0;
	recording->at = (uint8_t *)piece;
	if (written)
		end_piece(recording, piece, PIECE_STANDARD, written);
}

/* Whether a write of so many bytes is whole, or not made at all. */
static int is_whole(const struct agent_frame *frame, uint8_t class)
{
	uint64_t length = frame->rdx;

	switch (class) {
	case CLASS_PIPE:
	case CLASS_UNIX:
		return length <= PIPE_ATOMIC || is_non_blocking(frame->rdi);
	case CLASS_EVENT:
		return length == 8;
	default:
		return is_non_blocking(frame->rdi) != 0;
	}
}

static int64_t write_now(const struct agent_frame *frame, uint8_t class)
{
	struct vector vector = { frame->rsi, frame->rdx };

	if (class == CLASS_FILE)
		return make(frame);
	if (class == CLASS_UNIX || class == CLASS_SOCKET)
		return agent_syscall(__NR_sendto, frame->rdi, frame->rsi,
				     frame->rdx, MSG_DONTWAIT, 0, 0);
	return agent_syscall(__NR_pwritev2, frame->rdi, (uint64_t)&vector, 1,
			     (uint64_t)-1, (uint64_t)-1, RWF_NOWAIT);
}

static int write_call(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint8_t all = class_of(frame->rdi), class = all & CLASS_MASK;
	int64_t result;

	if (class != CLASS_FILE &&
	    (class < CLASS_PIPE || !frame->rdx || !is_whole(frame, class)))
		return 0;
	if (all & (CLASS_OUTPUT | CLASS_ERROR)) {
		if (!save_standard(recording, all))
			return 0;
	} else if (!prepare(recording)) {
		return 0;
	}
	shared->is_made = class == CLASS_FILE;
	result = write_now(frame, class);
	if (all & (CLASS_OUTPUT | CLASS_ERROR))
		cut_standard(recording, result);
	return class == CLASS_FILE ? keep(recording, result) :
				     keep_unless_blocked(recording, result);
}

static int file_read(struct recording *recording)
{
	uint8_t class = class_of(recording->frame->rdi) & CLASS_MASK;

	return class == CLASS_FILE || class == CLASS_FOLLOWED ?
		make_it(recording) : 0;
}

static int file_write(struct recording *recording)
{
	return class_of(recording->frame->rdi) == CLASS_FILE ?
		make_it(recording) : 0;
}

static int directory(struct recording *recording)
{
	return class_of(recording->frame->rdi) == CLASS_DIRECTORY ?
		make_it(recording) : 0;
}

/* The vector itself, and as much of its pieces as there may be. */
static int save_vector(struct recording *recording, int is_write)
{
	struct agent_frame *frame = recording->frame;
	const struct vector *vector = (const struct vector *)frame->rsi;
	uint64_t total = 0;

	if (!begin(recording) || !frame->rdx || frame->rdx > VECTOR_LIMIT ||
	    !add_input(recording, 1, frame->rsi, 16 * frame->rdx, TEXT_LIMIT))
		return 0;
	for (uint64_t i = 0; i < frame->rdx; i++) {
		if (vector[i].length > ROOM_LIMIT)
			return 0;
		total += sizeof(struct call_piece) + padded(vector[i].length);
		if (is_write && vector[i].length &&
		    !add_input(recording, 1, vector[i].address,
			       vector[i].length, BULK_LIMIT))
			return 0;
	}
	return is_write || total < (uint64_t)(recording->end - recording->at);
}

static int vector_read(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	const struct vector *vector = (const struct vector *)frame->rsi;
	uint8_t class = class_of(frame->rdi) & CLASS_MASK;
	int64_t result;
	uint64_t left;

	if ((class != CLASS_FILE && class != CLASS_FOLLOWED &&
	     class < CLASS_PIPE) || !save_vector(recording, 0))
		return 0;
	result = agent_syscall(__NR_preadv2, frame->rdi, frame->rsi,
			       frame->rdx, (uint64_t)-1, (uint64_t)-1,
			       class < CLASS_PIPE ? 0 : RWF_NOWAIT);
	if (class >= CLASS_PIPE &&
	    (result == -EOPNOTSUPP || would_block(recording, result)))
		return 0;
	shared->is_made = 1;
	left = is_error(result) ? 0 : (uint64_t)result;
	for (uint64_t i = 0; left && i < frame->rdx; i++) {
		uint64_t length = vector[i].length < left ?
			vector[i].length : left;

		add_output(recording, 1, vector[i].address, length);
		left -= length;
	}
	return done(recording, result);
}

static int vector_write(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint8_t class = class_of(frame->rdi);

	if (class != CLASS_FILE &&
	    ((class != CLASS_UNIX && class != CLASS_SOCKET) ||
	     !is_non_blocking(frame->rdi)))
		return 0;
	if (!save_vector(recording, 1))
		return 0;
	shared->is_made = 1;
	return done(recording, make(frame));
}

static int path_call(struct recording *recording)
{
	return shared->are_paths_slow ? 0 : make_it(recording);
}

/* ---- descriptors that come and go ---- */

static int can_open(uint64_t directory, uint64_t path, uint64_t flags,
		    uint8_t *class_out)
{
	struct stat status;
	int64_t err;

	*class_out = 0;
	if (shared->are_paths_slow)
		return 0;
	err = agent_syscall(__NR_newfstatat, directory, path, (uint64_t)&status,
			    flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0, 0, 0);
	if (err == -EFAULT)
		return 0;
	if (err)
		return 1; /* it fails likewise, or makes a file */
	*class_out = class_of_status(&status);
	if ((flags & O_TRUNC) && *class_out != CLASS_FILE)
		return 0;
	switch (status.st_mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFCHR:
		return *class_out != CLASS_TRACED;
	case S_IFLNK:
		*class_out = 0;
		return 1;
	default:
		return 0;
	}
}

static int keep_new(struct recording *recording, int64_t result)
{
	/* which file it is, fstat(2) says when that is asked */
	set_class(result, 0);
	return keep(recording, result);
}

static int open_call(struct recording *recording, uint64_t directory,
		     uint64_t path, uint64_t flags)
{
	uint8_t class;

	check_classes();
	if (!prepare(recording) || !can_open(directory, path, flags, &class))
		return 0;
	shared->is_made = 1;
	return keep_new(recording, make(recording->frame));
}

static int close_call(struct recording *recording)
{
	if (shared->are_paths_slow)
		return 0;
	check_classes();
	if (class_of(recording->frame->rdi) == CLASS_WAITING)
		return 0;
	set_class((int64_t)recording->frame->rdi, 0);
	return make_it(recording);
}

static int new_descriptor(struct recording *recording)
{
	check_classes();
	if (!prepare(recording))
		return 0;
	shared->is_made = 1;
	return keep_new(recording, make(recording->frame));
}

static int new_pair(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint64_t at = frame->rax == __NR_socketpair ? frame->r10 : frame->rdi;
	int64_t result;

	check_classes();
	if (!prepare(recording))
		return 0;
	shared->is_made = 1;
	result = make(frame);
	if (!result) {
		set_class(((const int32_t *)at)[0], 0);
		set_class(((const int32_t *)at)[1], 0);
	}
	return keep(recording, result);
}

static int new_connection(struct recording *recording)
{
	return is_non_blocking(recording->frame->rdi) > 0 ?
		new_descriptor(recording) : 0;
}

/* ---- sockets ---- */

static int send_call(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint8_t class = class_of(frame->rdi);

	if ((class != CLASS_UNIX && class != CLASS_SOCKET) ||
	    !(frame->r10 & MSG_DONTWAIT || is_whole(frame, class)) ||
	    !prepare(recording))
		return 0;
	return keep_unless_blocked(recording, agent_syscall(
		__NR_sendto, frame->rdi, frame->rsi, frame->rdx,
		frame->r10 | MSG_DONTWAIT, frame->r8, frame->r9));
}

static int receive_call(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint8_t class = class_of(frame->rdi);
	int64_t result;

	if ((class != CLASS_UNIX && class != CLASS_SOCKET) ||
	    frame->r10 & MSG_WAITALL || !prepare(recording))
		return 0;
	result = agent_syscall(__NR_recvfrom, frame->rdi, frame->rsi,
			       frame->rdx, frame->r10 | MSG_DONTWAIT,
			       frame->r8, frame->r9);
	if (result == -EAGAIN && frame->r10 & MSG_DONTWAIT) {
		shared->is_made = 1;
		return keep(recording, result);
	}
	return keep_unless_blocked(recording, result);
}

/* ---- waiting ---- */

/*
 * As if with no time to wait: what there is counts, if it is anything.  Until
 * then the program's memory is left as it is, for others may look at it; a copy
 * is where the record has it, too.
 */
static int poll_call(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	struct call_piece *piece;
	uint64_t length;
	int64_t result;

	if (!prepare(recording))
		return 0;
	piece = (struct call_piece *)recording->at;
	length = recording->room[0];
	if (!may_read(frame->rdi, length))
		return 0;
	copy_words(piece + 1, (const void *)frame->rdi, length);
	result = agent_syscall(__NR_poll, length ? (uint64_t)(piece + 1) :
			       frame->rdi, frame->rsi, 0, 0, 0, 0);
	if (!result && (int32_t)frame->rdx) {
		shared->will_wait = 1;
		return 0;
	}
	if (are_faults_seen() && !is_error(result))
		result = agent_syscall(__NR_poll, frame->rdi, frame->rsi, 0, 0,
				       0, 0);
	else if (!is_error(result))
		copy_words((void *)frame->rdi, piece + 1, length);
	shared->is_made = 1;
	return keep(recording, result);
}

static int epoll_call(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	int64_t result;

	if ((frame->rax == __NR_epoll_pwait && frame->r8) ||
	    !prepare(recording))
		return 0;
	result = agent_syscall(__NR_epoll_wait, frame->rdi, frame->rsi,
			       frame->rdx, 0, 0, 0);
	if (!result && (int32_t)frame->r10) {
		shared->will_wait = 1;
		return 0;
	}
	shared->is_made = 1;
	return keep(recording, result);
}

static int select_call(struct recording *recording)
{
	const uint64_t *timeout = (const uint64_t *)recording->frame->r8;

	return timeout && may_read(recording->frame->r8, 16) && !timeout[0] &&
	       !timeout[1] ? make_it(recording) : 0;
}

/*
 * Who is woken waits for what is free just now, and may be taken again soon: on
 * a core of its own it would run at once.
 */
static int futex_wake(struct recording *recording)
{
	if (!make_it(recording))
		return 0;
	if ((int64_t)recording->frame->rax > 0 && shared->stops_after_wake)
		shared->has_woken = shared->is_stop_wanted = 1;
	return 1;
}

/* The kernel would find the word changed, too: only we can change it. */
static int futex_wait(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;

	if (frame->rdi & 3 || !prepare(recording) || !may_read(frame->rdi, 4))
		return 0;
	if (*(const volatile uint32_t *)frame->rdi == (uint32_t)frame->rdx) {
		shared->will_wait = 1;
		return 0;
	}
	if (frame->r10)
		return 0; /* the time, too, might be wrong */
	if ((frame->rsi & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET &&
	    !(uint32_t)frame->r9)
		return 0;
	return done(recording, -EAGAIN);
}

static int no_sleep(struct recording *recording)
{
	const uint64_t *time = (const uint64_t *)recording->frame->rdi;

	return time && may_read(recording->frame->rdi, 16) && !time[0] &&
	       !time[1] ? make_it(recording) : 0;
}

static int non_blocking_lock(struct recording *recording)
{
	return recording->frame->rsi & LOCK_NB ? path_call(recording) : 0;
}

static __attribute__((noinline)) int record(struct agent_frame *frame,
					    const struct agent_row *row)
{
	struct recording recording; /* clearing all of it would take 10 ns */

	recording.frame = frame;
	recording.row = row;
	switch ((enum agent_condition)row->condition) {
	case CONDITION_ALWAYS:
		return make_it(&recording);
	case CONDITION_PATH:
		return path_call(&recording);
	case CONDITION_READ:
		return read_call(&recording);
	case CONDITION_WRITE:
		return write_call(&recording);
	case CONDITION_FILE_READ:
		return file_read(&recording);
	case CONDITION_FILE_WRITE:
		return file_write(&recording);
	case CONDITION_VECTOR_READ:
		return vector_read(&recording);
	case CONDITION_VECTOR_WRITE:
		return vector_write(&recording);
	case CONDITION_DIRECTORY:
		return directory(&recording);
	case CONDITION_OPEN:
		return open_call(&recording, (uint64_t)AT_FDCWD, frame->rdi,
				 frame->rsi);
	case CONDITION_OPEN_AT:
		return open_call(&recording, frame->rdi, frame->rsi,
				 frame->rdx);
	case CONDITION_CLOSE:
		return close_call(&recording);
	case CONDITION_NEW_DESCRIPTOR:
		return new_descriptor(&recording);
	case CONDITION_NEW_PAIR:
		return new_pair(&recording);
	case CONDITION_NEW_CONNECTION:
		return new_connection(&recording);
	case CONDITION_SEND:
		return send_call(&recording);
	case CONDITION_RECEIVE:
		return receive_call(&recording);
	case CONDITION_POLL:
		return poll_call(&recording);
	case CONDITION_SELECT:
		return select_call(&recording);
	case CONDITION_EPOLL:
		return epoll_call(&recording);
	case CONDITION_FUTEX_WAKE:
		return futex_wake(&recording);
	case CONDITION_FUTEX_WAIT:
		return futex_wait(&recording);
	case CONDITION_NO_SLEEP:
		return no_sleep(&recording);
	case CONDITION_NON_BLOCKING_LOCK:
		return non_blocking_lock(&recording);
	case CONDITION_NONE:
		break;
	}
	return 0;
}

/* ---- replay ---- */

static int is_recorded(const struct agent_frame *frame,
		       const struct call_record *record)
{
	const uint64_t *arguments = (const uint64_t *)(record + 1);

	if (record->number != frame->rax ||
	    record->call_end != frame->call_end ||
	    record->stack != shared->saved_stack)
		return 0;
	for (unsigned i = 0; i < record->arguments; i++)
		if (arguments[i] != argument_of(frame, i))
			return 0;
	return 1;
}

/* Inputs come first: what the call read is compared before it writes. */
static int take_pieces(const struct call_record *record)
{
	const struct call_piece *piece = (const struct call_piece *)
		((const uint64_t *)(record + 1) + record->arguments);

	for (unsigned i = 0; i < record->pieces; i++) {
		void *memory = (void *)piece->address;

		if (piece->kind == PIECE_OUTPUT)
			copy_words(memory, piece + 1, piece->length);
		else if (!are_equal(memory, piece + 1, piece->length))
			return 0;
		piece = (const struct call_piece *)((const uint8_t *)
			(piece + 1) + padded(piece->length));
	}
	return 1;
}

/* The call is answered; with a stop when there is no record of it. */
static __attribute__((noinline)) int replay(struct agent_frame *frame)
{
	const struct call_record *record = (const struct call_record *)
		(ring + shared->position);

	if (shared->position >= shared->limit)
		return 0;
	if (!is_recorded(frame, record) || !take_pieces(record)) {
		shared->is_different = 1;
		return 0;
	}
	frame->rax = (uint64_t)record->result;
	agent_took(record->size);
	return 1;
}

int agent_call(struct agent_frame *frame)
{
	const struct agent_row *row;

	if (shared->is_traced)
		return 0;
	if (shared->mode == AGENT_REPLAYS)
		return replay(frame);
	shared->is_made = shared->will_wait = 0;
	row = row_of(frame);
	return row ? record(frame, row) : 0;
}
