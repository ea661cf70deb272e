/* SPDX-License-Identifier: MIT */
/* The agent: calls that wait, made when there is nothing to wait for. */
#include "src/agent_conditions.h"

#include <linux/errno.h>
#include <linux/futex.h>

#define SECOND_NS 1000000000u
#define SECONDS_LIMIT 1000000000u
#define MASK_LENGTH 8u

/*
 * As if with no time to wait: what there is counts, if it is anything.  Until
 * then the program's memory is left as it is, for others may look at it; a copy
 * is where the record has it, too.
 */
static int poll_now(struct recording *recording, int can_wait)
{
	struct agent_frame *frame = recording->frame;
	struct call_piece *piece;
	uint64_t length;
	int64_t result;

	if (!agent_prepare(recording))
		return 0;
	piece = (struct call_piece *)recording->at;
	length = recording->room[0];
	if (!agent_may_read(frame->rdi, length))
		return 0;
	copy_words(piece + 1, (const void *)frame->rdi, length);
	result = agent_syscall(__NR_poll, length ? (uint64_t)(piece + 1) :
			       frame->rdi, frame->rsi, 0, 0, 0, 0);
	if (!result && can_wait) {
		shared->will_wait = 1;
		return 0;
	}
	if (agent_are_faults_seen() && !is_error(result))
		result = agent_syscall(__NR_poll, frame->rdi, frame->rsi, 0, 0,
				       0, 0);
	else if (!is_error(result))
		copy_words((void *)frame->rdi, piece + 1, length);
	shared->is_made = 1;
	return agent_keep(recording, result);
}

int agent_poll(struct recording *recording)
{
	return poll_now(recording, (int32_t)recording->frame->rdx != 0);
}

/*
 * What there is counts before any signal that the mask lets in, and takes no
 * time: all of the timeout is left.
 */
int agent_poll_masked(struct recording *recording)
{
	const struct agent_frame *frame = recording->frame;
	const uint64_t *timeout = (const uint64_t *)frame->rdx;
	int can_wait = 1;

	if (frame->r10 && frame->r8 != MASK_LENGTH)
		return 0;
	if (timeout) {
		if (!agent_may_read(frame->rdx, 16) ||
		    timeout[0] >= SECONDS_LIMIT || timeout[1] >= SECOND_NS)
			return 0;
		can_wait = frame->r10 || timeout[0] || timeout[1];
	}
	return poll_now(recording, can_wait);
}

int agent_epoll(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	int64_t result;

	if ((frame->rax == __NR_epoll_pwait && frame->r8) ||
	    !agent_prepare(recording))
		return 0;
	result = agent_syscall(__NR_epoll_wait, frame->rdi, frame->rsi,
			       frame->rdx, 0, 0, 0);
	if (!result && (int32_t)frame->r10) {
		shared->will_wait = 1;
		return 0;
	}
	shared->is_made = 1;
	return agent_keep(recording, result);
}

int agent_select(struct recording *recording)
{
	const uint64_t *timeout = (const uint64_t *)recording->frame->r8;

	return timeout && agent_may_read(recording->frame->r8, 16) &&
	       !timeout[0] && !timeout[1] ? agent_make(recording) : 0;
}

/*
 * Who is woken waits for what is free just now, and may be taken again soon: on
 * a core of its own it would run at once.
 */
int agent_futex_wake(struct recording *recording)
{
	if (!agent_make(recording))
		return 0;
	if ((int64_t)recording->frame->rax > 0)
		shared->are_others_woken = 1;
	if (((int64_t)recording->frame->rax > 0 && shared->stops_after_wake) ||
	    (!recording->frame->rax && shared->stops_after_any_wake))
		shared->has_woken = shared->is_stop_wanted = 1;
	return 1;
}

/* The kernel would find the word changed, too: only we can change it. */
int agent_futex_wait(struct recording *recording)
{
	struct agent_frame *frame = recording->frame;
	int is_bitset = (frame->rsi & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;

	if (frame->rdi & 3 || !agent_prepare(recording) ||
	    !agent_may_read(frame->rdi, 4))
		return 0;
	if (*(const volatile uint32_t *)frame->rdi == (uint32_t)frame->rdx) {
		shared->will_wait = 1;
		return 0;
	}
	/* The time, the bits or the clock, too, might be wrong. */
	if (frame->r10 || !(is_bitset ? (uint32_t)frame->r9 :
			    !(frame->rsi & FUTEX_CLOCK_REALTIME)))
		return 0;
	return agent_done(recording, -EAGAIN);
}

int agent_no_sleep(struct recording *recording)
{
	const uint64_t *time = (const uint64_t *)recording->frame->rdi;

	return time && agent_may_read(recording->frame->rdi, 16) && !time[0] &&
	       !time[1] ? agent_make(recording) : 0;
}
