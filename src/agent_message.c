/* SPDX-License-Identifier: MIT */
/*
 * The agent: sendmsg(2) and recvmsg(2).  The header says where the rest is: it
 * is looked at in the record, where nobody changes it.
 */
#include "src/agent_conditions.h"

#include <linux/errno.h>

#include "src/agent_descriptor.h"

#define MSG_DONTWAIT 0x40u
#define MSG_WAITALL 0x100u
#define VECTOR_LIMIT 16u
#define NAME_LIMIT 128u
#define CONTROL_LIMIT 4096u

struct message {
	uint64_t name;
	uint32_t name_length, zero;
	uint64_t vectors, vector_count;
	uint64_t control, control_length;
	uint32_t flags, zero_too;
};

struct vector {
	uint64_t address, length;
};

/* Both are in the record. */
struct parts {
	const struct message *message;
	const struct vector *vectors;
	uint64_t total; /* bytes of all vectors */
};

static const void *bytes_at(uint8_t *piece)
{
	return piece + sizeof(struct call_piece);
}

/* The header and its vectors are saved as inputs, for a start. */
static int begin_message(struct recording *recording, struct parts *parts)
{
	uint64_t address = recording->frame->rsi;
	const struct message *message;
	uint8_t *at;

	if (!address || !agent_begin(recording))
		return 0;
	at = recording->at;
	if (!agent_add_input(recording, 1, address, sizeof(*message),
			     TEXT_LIMIT))
		return 0;
	message = bytes_at(at);
	parts->message = message;
	parts->total = 0;
	at = recording->at;
	if (message->vector_count > VECTOR_LIMIT ||
	    message->name_length > NAME_LIMIT ||
	    message->control_length > CONTROL_LIMIT ||
	    !agent_add_input(recording, 1, message->vectors,
			     sizeof(struct vector) * message->vector_count,
			     TEXT_LIMIT))
		return 0;
	parts->vectors = bytes_at(at);
	for (uint64_t i = 0; i < message->vector_count; i++) {
		if (parts->vectors[i].length > ROOM_LIMIT)
			return 0;
		parts->total += parts->vectors[i].length;
	}
	return message->vectors || !message->vector_count;
}

static int is_socket(uint8_t class)
{
	return class == CLASS_UNIX || class == CLASS_SOCKET;
}

/* A call that would wait is made with a stop; nothing has happened so far. */
static int is_blocked(const struct recording *recording, int64_t result)
{
	const struct agent_frame *frame = recording->frame;

	if (result != -EAGAIN || frame->rdx & MSG_DONTWAIT ||
	    agent_is_non_blocking(frame->rdi))
		return 0;
	shared->will_wait = 1;
	return 1;
}

static int64_t make_now(const struct agent_frame *frame)
{
	return agent_syscall(frame->rax, frame->rdi, frame->rsi,
			     frame->rdx | MSG_DONTWAIT, 0, 0, 0);
}

/* ---- sending ---- */

static int save_sent(struct recording *recording, const struct parts *parts)
{
	const struct message *message = parts->message;

	for (uint64_t i = 0; i < message->vector_count; i++)
		if (!agent_add_input(recording, 1, parts->vectors[i].address,
				     parts->vectors[i].length, BULK_LIMIT))
			return 0;
	return agent_add_input(recording, 1, message->name,
			       message->name_length, TEXT_LIMIT) &&
	       agent_add_input(recording, 1, message->control,
			       message->control_length, TEXT_LIMIT);
}

int agent_send_message(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	uint8_t class = agent_class_of(frame->rdi);
	struct parts parts;
	int64_t result;

	if (!is_socket(class) || !begin_message(recording, &parts) ||
	    !save_sent(recording, &parts))
		return 0;
	/* Little is sent whole, or not at all. */
	if (!(frame->rdx & MSG_DONTWAIT) &&
	    !(class == CLASS_UNIX && parts.total <= PIPE_ATOMIC) &&
	    !agent_is_non_blocking(frame->rdi))
		return 0;
	result = make_now(frame);
	if (is_blocked(recording, result))
		return 0;
	shared->is_made = 1;
	return agent_done(recording, result);
}

/* ---- receiving ---- */

/* Whether all that may come has room in the record. */
static int has_room(const struct recording *recording,
		    const struct parts *parts)
{
	uint64_t pieces = parts->message->vector_count + 3;
	uint64_t room = parts->total + sizeof(struct message) + NAME_LIMIT +
			CONTROL_LIMIT +
			pieces * (sizeof(struct call_piece) + 8);

	return room <= (uint64_t)(recording->end - recording->at);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void save_received(struct recording *recording,
			  const struct parts *parts, uint64_t left)
{
	uint64_t address = recording->frame->rsi;
	const struct message *before = parts->message;
	const struct message *now = (const struct message *)address;
	uint64_t control = least(now->control_length, before->control_length);

	for (uint64_t i = 0; left && i < before->vector_count; i++) {
		uint64_t length = least(parts->vectors[i].length, left);

		agent_add_output(recording, 1, parts->vectors[i].address,
				 length);
		left -= length;
	}
	agent_add_output(recording, 1, before->name,
			 least(now->name_length, before->name_length));
	agent_add_output(recording, 1, before->control, control);
	agent_add_output(recording, 1, address, sizeof(*now));
	/* Descriptors may have come with it. */
	if (control)
		own->is_stale = 1;
}

int agent_receive_message(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	struct parts parts;
	int64_t result;

	if (!is_socket(agent_class_of(frame->rdi)) ||
	    frame->rdx & MSG_WAITALL || !begin_message(recording, &parts) ||
	    !has_room(recording, &parts))
		return 0;
	result = make_now(frame);
	if (is_blocked(recording, result))
		return 0;
	shared->is_made = 1;
	if (!is_error(result))
		save_received(recording, &parts, (uint64_t)result);
	return agent_done(recording, result);
}
