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

#include <linux/errno.h>
#include <linux/fcntl.h>

#include "src/agent_conditions.h"
#include "src/agent_rows.h" /* made by agent_table.c */

_Static_assert(sizeof(agent_index) <= AGENT_NUMBERS,
	       "there is a bit for each call");

/* Where two arguments are the key: not one that has a row of its own. */
static int is_of_row(const struct agent_frame *frame,
		     const struct agent_row *row)
{
	for (unsigned i = row->first; i < row->end; i++)
		if ((uint32_t)argument_of(frame, row->key) ==
			    agent_others[i].first &&
		    (uint32_t)argument_of(frame, row->second) ==
			    agent_others[i].second)
			return 0;
	return 1;
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
		return is_of_row(frame, row) ? row : 0;
	request = (argument_of(frame, row->key) & row->mask) >> row->shift;
	for (i = row->first; i < row->end; i++)
		if (agent_rows[i].request == request)
			return &agent_rows[i];
	return 0;
}

static int open_here(struct recording *recording)
{
	const struct agent_frame *frame = recording->frame;

	return agent_open(recording, (uint64_t)AT_FDCWD, frame->rdi,
			  frame->rsi);
}

static int open_at(struct recording *recording)
{
	const struct agent_frame *frame = recording->frame;

	return agent_open(recording, frame->rdi, frame->rsi, frame->rdx);
}

/* By enum agent_condition. */
static int (*const makers[])(struct recording *recording) = {
	[CONDITION_ALWAYS] = agent_make,
	[CONDITION_PATH] = agent_path,
	[CONDITION_STATUS] = agent_status,
	[CONDITION_READ] = agent_read,
	[CONDITION_WRITE] = agent_write,
	[CONDITION_FILE_READ] = agent_file_read,
	[CONDITION_FILE_WRITE] = agent_file_write,
	[CONDITION_VECTOR_READ] = agent_vector_read,
	[CONDITION_VECTOR_WRITE] = agent_vector_write,
	[CONDITION_DIRECTORY] = agent_directory,
	[CONDITION_OPEN] = open_here,
	[CONDITION_OPEN_AT] = open_at,
	[CONDITION_CLOSE] = agent_close,
	[CONDITION_NEW_DESCRIPTOR] = agent_new_descriptor,
	[CONDITION_NEW_PAIR] = agent_new_pair,
	[CONDITION_NEW_CONNECTION] = agent_new_connection,
	[CONDITION_SEND] = agent_send,
	[CONDITION_RECEIVE] = agent_receive,
	[CONDITION_POLL] = agent_poll,
	[CONDITION_SELECT] = agent_select,
	[CONDITION_EPOLL] = agent_epoll,
	[CONDITION_FUTEX_WAKE] = agent_futex_wake,
	[CONDITION_FUTEX_WAIT] = agent_futex_wait,
	[CONDITION_NO_SLEEP] = agent_no_sleep,
	[CONDITION_NON_BLOCKING_LOCK] = agent_non_blocking_lock,
	[CONDITION_FILE_COPY] = agent_file_copy,
	[CONDITION_SYNC] = agent_sync,
	[CONDITION_POLL_MASKED] = agent_poll_masked,
	[CONDITION_SIGNAL_MASK] = agent_signal_mask,
	[CONDITION_SIGNAL_ACTION] = agent_signal_action,
	[CONDITION_SOCKET_OPTION] = agent_socket_option,
	[CONDITION_LIMIT] = agent_limit,
	[CONDITION_MAP] = agent_map,
	[CONDITION_PLAIN_RANGE] = agent_plain_range,
	[CONDITION_BREAK] = agent_break,
	[CONDITION_SEND_MESSAGE] = agent_send_message,
	[CONDITION_RECEIVE_MESSAGE] = agent_receive_message,
};

/* A call of the vDSO's that it would not make, if it were not for reel. */
static __attribute__((noinline)) int saves_call(const struct agent_frame *frame)
{
	unsigned i = 0;

	while (i < shared->vdso_call_count &&
	       shared->vdso_calls[i] != frame->call_end)
		i++;
	if (i == shared->vdso_call_count)
		return 0;
	switch (frame->rax) {
	case __NR_time:
	case __NR_getcpu:
		return 1;
	case __NR_gettimeofday:
		return shared->vdso_clocks & 1;
	case __NR_clock_gettime:
		return frame->rdi < 32 &&
		       (shared->vdso_clocks >> frame->rdi & 1);
	}
	return 0;
}

/* What such a call wrote, as a piece of its record; returns the piece's end. */
static inline uint64_t *save_simple(uint64_t address, unsigned argument,
				    unsigned words, uint64_t *at)
{
	const uint64_t *from = (const uint64_t *)address;

	_Static_assert(offsetof(struct call_piece, length) == 8 &&
		       offsetof(struct call_piece, kind) == 16 &&
		       offsetof(struct call_piece, argument) == 17,
		       "three words make a piece");
	at[0] = address;
	at[1] = 8 * words;
	at[2] = PIECE_OUTPUT | argument << 8;
	for (at += 3; words; words--)
		*at++ = *from++;
	return at;
}

static inline int64_t make_simple(const struct agent_frame *frame)
{
	return shared->is_filtered && saves_call(frame) ?
		agent_syscall(frame->rax, frame->rdi, frame->rsi, 0, 0, 0, 0) :
		make(frame);
}

/*
 * The shortest way, for calls that programs make most often: there is nothing
 * to look at before.
 */
static __attribute__((noinline)) int record_simple(struct agent_frame *frame,
						   uint64_t simple)
{
	uint64_t *start = (uint64_t *)(ring + shared->position);
	struct call_record *made = (struct call_record *)start;
	uint64_t *at = (uint64_t *)(made + 1);
	unsigned arguments = (uint8_t)simple - 1;
	uint64_t head = frame->rax << 32 | (uint64_t)arguments << 48;
	int64_t result;

	_Static_assert(AGENT_EXTENTS * 8 * AGENT_SIMPLE_WORDS < TEXT_LIMIT,
		       "there is room for it");
	_Static_assert(offsetof(struct call_record, number) == 4 &&
		       offsetof(struct call_record, arguments) == 6 &&
		       offsetof(struct call_record, pieces) == 7,
		       "one word is its head");
	if (shared->position + 2 * TEXT_LIMIT > shared->limit)
		return 0;
	/* What is none of its arguments, the rest of the record replaces. */
	at[0] = argument_of(frame, 0);
	at[1] = argument_of(frame, 1);
	for (unsigned i = 2; i < arguments; i++)
		at[i] = argument_of(frame, i);
	at += arguments;
	shared->is_made = 1;
	made->call_end = frame->call_end;
	made->stack = shared->saved_stack;
	result = make_simple(frame);
	made->result = result;
	if (!is_error(result))
		while (simple >>= AGENT_SIMPLE_BITS) {
			unsigned extent = (uint8_t)simple;
			unsigned argument = extent >> AGENT_SIMPLE_WORD_BITS;
			uint64_t address = argument_of(frame, argument);

			if (!address)
				continue;
			at = save_simple(address, argument,
					 extent & AGENT_SIMPLE_WORDS, at);
			head += 1ull << 56;
		}
	head += (uint64_t)((uint8_t *)at - (uint8_t *)start);
	*start = head;
	shared->is_made = 0;
	if (result == -EFAULT) {
		shared->has_faulted = 1;
		return 0;
	}
	frame->rax = (uint64_t)result;
	agent_made((uint32_t)head);
	return 1;
}

static __attribute__((noinline)) int record(struct agent_frame *frame,
					    const struct agent_row *row)
{
	struct recording recording; /* clearing all of it would take 10 ns */

	recording.frame = frame;
	recording.row = row;
	return makers[row->condition](&recording);
}

/* It is made as another call, or answered without one. */
static int is_changed(const struct agent_row *row)
{
	switch ((enum agent_condition)row->condition) {
	case CONDITION_READ:
	case CONDITION_WRITE:
	case CONDITION_VECTOR_READ:
	case CONDITION_OPEN:
	case CONDITION_OPEN_AT:
	case CONDITION_SEND:
	case CONDITION_RECEIVE:
	case CONDITION_SEND_MESSAGE:
	case CONDITION_RECEIVE_MESSAGE:
	case CONDITION_POLL:
	case CONDITION_POLL_MASKED:
	case CONDITION_EPOLL:
	case CONDITION_FUTEX_WAIT:
	/* A success that is none changes no memory. */
	case CONDITION_MAP:
	case CONDITION_PLAIN_RANGE:
	case CONDITION_BREAK:
		return 1;
	default:
		return 0;
	}
}

/* Whether the program's seccomp filters leave the call to the agent. */
static int may_make(const struct agent_frame *frame,
		    const struct agent_row *row)
{
	const uint8_t *set;

	if (!shared->is_filtered)
		return 1;
	set = is_changed(row) ? shared->allowed : shared->harmless;
	return (set[frame->rax / 8] >> frame->rax % 8 & 1) ||
	       (row->simple && saves_call(frame));
}

static __attribute__((noinline)) int look_and_record(struct agent_frame *frame)
{
	const struct agent_row *row = row_of(frame);

	if (!row || !may_make(frame, row))
		return 0;
	return row->simple ? record_simple(frame, row->simple) :
			     record(frame, row);
}

int agent_call(struct agent_frame *frame)
{
	uint64_t simple;

	if (shared->is_traced)
		return 0;
	if (shared->mode == AGENT_REPLAYS)
		return agent_replay(frame);
	shared->is_made = shared->will_wait = shared->has_faulted = 0;
	simple = frame->rax < sizeof(agent_simple) / sizeof(*agent_simple) ?
		agent_simple[frame->rax] : 0;
	return simple && !shared->is_filtered ? record_simple(frame, simple) :
						look_and_record(frame);
}
