/* SPDX-License-Identifier: MIT */
/*
 * The agent: reads and writes of descriptors.  Where one may wait, its form
 * that does not is tried first.
 */
#include "src/agent_conditions.h"

#include <linux/errno.h>
#include <linux/fcntl.h>

#include "src/agent_descriptor.h"

#define VECTOR_LIMIT 16u

#define RWF_NOWAIT 8
#define MSG_DONTWAIT 0x40
#define MSG_WAITALL 0x100

struct vector {
	uint64_t address, length;
};

/* A call that did not wait says so: true when the program's own would too. */
static int would_block(const struct recording *recording, int64_t result)
{
	return result == -EAGAIN &&
	       !agent_is_non_blocking(recording->frame->rdi);
}

/*
 * A read that has nothing, or a write that has no room, is made again with a
 * stop; nothing has happened so far.
 */
static int keep_unless_blocked(struct recording *recording, int64_t result)
{
	if (result == -EOPNOTSUPP) {
		agent_set_class((int64_t)recording->frame->rdi, CLASS_TRACED);
		return 0;
	}
	if (would_block(recording, result)) {
		shared->will_wait = 1;
		return 0;
	}
	shared->is_made = 1;
	return agent_keep(recording, result);
}

static int read_now(struct recording *recording, uint8_t class)
{
	struct agent_frame *frame = recording->frame;
	struct vector vector = { frame->rsi, frame->rdx };

	if (!agent_prepare(recording))
		return 0;
	if (class == CLASS_UNIX || class == CLASS_SOCKET)
		return keep_unless_blocked(recording, agent_syscall(
			__NR_recvfrom, frame->rdi, frame->rsi, frame->rdx,
			MSG_DONTWAIT, 0, 0));
	return keep_unless_blocked(recording, agent_syscall(
		__NR_preadv2, frame->rdi, (uint64_t)&vector, 1, (uint64_t)-1,
		(uint64_t)-1, RWF_NOWAIT));
}

/*
 * A read without cache that comes to the end of the file has written more than
 * it says.
 */
static int fills_all(const struct agent_frame *frame, int64_t result,
		     uint64_t room)
{
	return result > 0 && (uint64_t)result < room &&
	       agent_syscall(__NR_fcntl, frame->rdi, F_GETFL, 0, 0, 0, 0) &
		       O_DIRECT;
}

/* As agent_make() does by the row, but programs do it so often. */
static int read_file(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	int64_t result;

	if (frame->rdx > ROOM_LIMIT || !agent_begin(recording) ||
	    sizeof(struct call_piece) + padded(frame->rdx) >
		    (uint64_t)(recording->end - recording->at))
		return 0;
	shared->is_made = 1;
	result = make(frame);
	if (!is_error(result))
		agent_add_output(recording, 1, frame->rsi,
				 fills_all(frame, result, frame->rdx) ?
				 frame->rdx : (uint64_t)result);
	return agent_done(recording, result);
}

static int write_file(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;

	if (frame->rdx > ROOM_LIMIT || !agent_begin(recording) ||
	    !agent_add_input(recording, 1, frame->rsi, frame->rdx, BULK_LIMIT))
		return 0;
	shared->is_made = 1;
	return agent_done(recording, make(frame));
}

int agent_read(struct recording *recording)
{
	uint8_t class = agent_class_of(recording->frame->rdi) & CLASS_MASK;

	switch (class) {
	case CLASS_FILE:
	case CLASS_FOLLOWED:
		return read_file(recording);
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

	if (!agent_begin(recording) || !length)
		return 0;
	piece = agent_begin_piece(recording, class & CLASS_OUTPUT ? 1 : 2,
				  frame->rsi, length);
	if (!piece || !agent_may_read(frame->rsi, length))
		return 0;
	copy_words(piece + 1, (const void *)frame->rsi, length);
	agent_end_piece(recording, piece, PIECE_STANDARD, length);
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
		agent_end_piece(recording, piece, PIECE_STANDARD, written);
}

/* Whether a write of so many bytes is whole, or not made at all. */
static int is_whole(const struct agent_frame *frame, uint8_t class)
{
	uint64_t length = frame->rdx;

	switch (class) {
	case CLASS_PIPE:
	case CLASS_UNIX:
		return length <= PIPE_ATOMIC ||
		       agent_is_non_blocking(frame->rdi);
	case CLASS_EVENT:
		return length == 8;
	default:
		return agent_is_non_blocking(frame->rdi) != 0;
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

int agent_write(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint8_t all = agent_class_of(frame->rdi), class = all & CLASS_MASK;
	int64_t result;

	if (class == CLASS_FILE && !(all & (CLASS_OUTPUT | CLASS_ERROR)))
		return write_file(recording);
	if (class != CLASS_FILE &&
	    (class < CLASS_PIPE || !frame->rdx || !is_whole(frame, class)))
		return 0;
	if (all & (CLASS_OUTPUT | CLASS_ERROR)) {
		if (!save_standard(recording, all))
			return 0;
	} else if (!agent_prepare(recording)) {
		return 0;
	}
	shared->is_made = class == CLASS_FILE;
	result = write_now(frame, class);
	if (all & (CLASS_OUTPUT | CLASS_ERROR))
		cut_standard(recording, result);
	return class == CLASS_FILE ? agent_keep(recording, result) :
				     keep_unless_blocked(recording, result);
}

int agent_file_read(struct recording *recording)
{
	uint8_t class = agent_class_of(recording->frame->rdi) & CLASS_MASK;

	return class == CLASS_FILE || class == CLASS_FOLLOWED ?
		read_file(recording) : 0;
}

/* Not the session's output, whose bytes are shown again in replay. */
static int is_plain_file(uint64_t fd)
{
	return (agent_class_of(fd) & ~CLASS_IN_MEMORY) == CLASS_FILE;
}

int agent_file_write(struct recording *recording)
{
	return is_plain_file(recording->frame->rdi) ? agent_make(recording) : 0;
}

/* What is copied is in no mapping that the trace must follow. */
int agent_file_copy(struct recording *recording)
{
	const struct agent_frame *frame = recording->frame;
	int is_range = frame->rax == __NR_copy_file_range;
	uint64_t from = is_range ? frame->rdi : frame->rsi;
	uint64_t to = is_range ? frame->rdx : frame->rdi;
	uint8_t class = agent_class_of(from) & CLASS_MASK;

	if ((class != CLASS_FILE && class != CLASS_FOLLOWED) ||
	    !is_plain_file(to) || !agent_prepare(recording))
		return 0;
	shared->is_made = 1;
	return agent_keep(recording, make(frame));
}

/* On a disk it waits for long, and others are to run meanwhile. */
int agent_sync(struct recording *recording)
{
	return agent_class_of(recording->frame->rdi) & CLASS_IN_MEMORY ?
		agent_make(recording) : 0;
}

int agent_directory(struct recording *recording)
{
	uint8_t class = agent_class_of(recording->frame->rdi) & CLASS_MASK;

	return class == CLASS_DIRECTORY ? agent_make(recording) : 0;
}

/* The vector itself, and as much of its pieces as there may be. */
static int save_vector(struct recording *recording, int is_write)
{
	struct agent_frame *frame = recording->frame;
	const struct vector *vector = (const struct vector *)frame->rsi;
	uint64_t total = 0;

	if (!agent_begin(recording) || !frame->rdx ||
	    frame->rdx > VECTOR_LIMIT ||
	    !agent_add_input(recording, 1, frame->rsi, 16 * frame->rdx,
			     TEXT_LIMIT))
		return 0;
	for (uint64_t i = 0; i < frame->rdx; i++) {
		if (vector[i].length > ROOM_LIMIT)
			return 0;
		total += sizeof(struct call_piece) + padded(vector[i].length);
		if (is_write && vector[i].length &&
		    !agent_add_input(recording, 1, vector[i].address,
				     vector[i].length, BULK_LIMIT))
			return 0;
	}
	return is_write || total < (uint64_t)(recording->end - recording->at);
}

static void add_vector(struct recording *recording, uint64_t left)
{
	const struct agent_frame *frame = recording->frame;
	const struct vector *vector = (const struct vector *)frame->rsi;

	for (uint64_t i = 0; left && i < frame->rdx; i++) {
		uint64_t length = vector[i].length < left ?
			vector[i].length : left;

		agent_add_output(recording, 1, vector[i].address, length);
		left -= length;
	}
}

static uint64_t room_of_vector(const struct agent_frame *frame)
{
	const struct vector *vector = (const struct vector *)frame->rsi;
	uint64_t room = 0;

	for (uint64_t i = 0; i < frame->rdx; i++)
		room += vector[i].length;
	return room;
}

int agent_vector_read(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint8_t class = agent_class_of(frame->rdi) & CLASS_MASK;
	uint64_t room;
	int64_t result;

	if ((class != CLASS_FILE && class != CLASS_FOLLOWED &&
	     class < CLASS_PIPE) || !save_vector(recording, 0))
		return 0;
	result = class < CLASS_PIPE ? make(frame) :
		agent_syscall(__NR_preadv2, frame->rdi, frame->rsi, frame->rdx,
			      (uint64_t)-1, (uint64_t)-1, RWF_NOWAIT);
	if (class >= CLASS_PIPE &&
	    (result == -EOPNOTSUPP || would_block(recording, result)))
		return 0;
	shared->is_made = 1;
	room = room_of_vector(frame);
	if (class < CLASS_PIPE && fills_all(frame, result, room))
		add_vector(recording, room);
	else
		add_vector(recording, is_error(result) ? 0 : (uint64_t)result);
	return agent_done(recording, result);
}

int agent_vector_write(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint8_t class = agent_class_of(frame->rdi);

	if (!is_plain_file(frame->rdi) &&
	    ((class != CLASS_UNIX && class != CLASS_SOCKET) ||
	     !agent_is_non_blocking(frame->rdi)))
		return 0;
	if (!save_vector(recording, 1))
		return 0;
	shared->is_made = 1;
	return agent_done(recording, make(frame));
}

/* ---- sockets ---- */

int agent_send(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint8_t class = agent_class_of(frame->rdi);

	if ((class != CLASS_UNIX && class != CLASS_SOCKET) ||
	    !(frame->r10 & MSG_DONTWAIT || is_whole(frame, class)) ||
	    !agent_prepare(recording))
		return 0;
	return keep_unless_blocked(recording, agent_syscall(
		__NR_sendto, frame->rdi, frame->rsi, frame->rdx,
		frame->r10 | MSG_DONTWAIT, frame->r8, frame->r9));
}

int agent_receive(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint8_t class = agent_class_of(frame->rdi);
	int64_t result;

	if ((class != CLASS_UNIX && class != CLASS_SOCKET) ||
	    frame->r10 & MSG_WAITALL || !agent_prepare(recording))
		return 0;
	result = agent_syscall(__NR_recvfrom, frame->rdi, frame->rsi,
			       frame->rdx, frame->r10 | MSG_DONTWAIT,
			       frame->r8, frame->r9);
	if (result == -EAGAIN && frame->r10 & MSG_DONTWAIT) {
		shared->is_made = 1;
		return agent_keep(recording, result);
	}
	return keep_unless_blocked(recording, result);
}
