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

#include <linux/fcntl.h>

#include "src/agent_conditions.h"
#include "src/agent_rows.h" /* made by agent_table.c */

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

static __attribute__((noinline)) int record(struct agent_frame *frame,
					    const struct agent_row *row)
{
	struct recording recording; /* clearing all of it would take 10 ns */

	recording.frame = frame;
	recording.row = row;
	switch ((enum agent_condition)row->condition) {
	case CONDITION_ALWAYS:
		return agent_make(&recording);
	case CONDITION_PATH:
		return agent_path(&recording);
	case CONDITION_READ:
		return agent_read(&recording);
	case CONDITION_WRITE:
		return agent_write(&recording);
	case CONDITION_FILE_READ:
		return agent_file_read(&recording);
	case CONDITION_FILE_WRITE:
		return agent_file_write(&recording);
	case CONDITION_VECTOR_READ:
		return agent_vector_read(&recording);
	case CONDITION_VECTOR_WRITE:
		return agent_vector_write(&recording);
	case CONDITION_DIRECTORY:
		return agent_directory(&recording);
	case CONDITION_OPEN:
		return agent_open(&recording, (uint64_t)AT_FDCWD, frame->rdi,
				 frame->rsi);
	case CONDITION_OPEN_AT:
		return agent_open(&recording, frame->rdi, frame->rsi,
				 frame->rdx);
	case CONDITION_CLOSE:
		return agent_close(&recording);
	case CONDITION_NEW_DESCRIPTOR:
		return agent_new_descriptor(&recording);
	case CONDITION_NEW_PAIR:
		return agent_new_pair(&recording);
	case CONDITION_NEW_CONNECTION:
		return agent_new_connection(&recording);
	case CONDITION_SEND:
		return agent_send(&recording);
	case CONDITION_RECEIVE:
		return agent_receive(&recording);
	case CONDITION_POLL:
		return agent_poll(&recording);
	case CONDITION_SELECT:
		return agent_select(&recording);
	case CONDITION_EPOLL:
		return agent_epoll(&recording);
	case CONDITION_FUTEX_WAKE:
		return agent_futex_wake(&recording);
	case CONDITION_FUTEX_WAIT:
		return agent_futex_wait(&recording);
	case CONDITION_NO_SLEEP:
		return agent_no_sleep(&recording);
	case CONDITION_NON_BLOCKING_LOCK:
		return agent_non_blocking_lock(&recording);
	case CONDITION_FILE_COPY:
		return agent_file_copy(&recording);
	case CONDITION_SYNC:
		return agent_sync(&recording);
	case CONDITION_POLL_MASKED:
		return agent_poll_masked(&recording);
	case CONDITION_SIGNAL_ACTION:
		return agent_signal_action(&recording);
	case CONDITION_SOCKET_OPTION:
		return agent_socket_option(&recording);
	case CONDITION_LIMIT:
		return agent_limit(&recording);
	case CONDITION_NONE:
		break;
	}
	return 0;
}

int agent_call(struct agent_frame *frame)
{
	const struct agent_row *row;

	if (shared->is_traced)
		return 0;
	if (shared->mode == AGENT_REPLAYS)
		return agent_replay(frame);
	shared->is_made = shared->will_wait = 0;
	row = row_of(frame);
	return row ? record(frame, row) : 0;
}
