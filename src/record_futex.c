/* SPDX-License-Identifier: MIT */
/*
 * Waits for futexes that begin late.
 *
 * A task that is about to sleep while others are ready is left at the entry of
 * its call, as if it had lost its turn just before it.  When its turn comes,
 * the word has often changed: then the call has its answer without ever being
 * made, where to sleep and to be woken takes a stop more, and three switches of
 * the processor.  So threads that wake each other stop once each time.
 *
 * It begins to wait soon in any case, at a tick: the kernel gives no signals to
 * who is stopped.
 */
#include "src/recorder.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "src/record_agent.h"

/* The agent has looked just before: the call is made as the word is so. */
static size_t read_expected(struct memory *memory, remote_addr addr,
			    void *bytes, size_t length)
{
	struct expected_word *expected = (struct expected_word *)memory;

	if (addr != expected->addr || length != sizeof(expected->word))
		return expected->below->read(expected->below, addr, bytes,
					     length);
	memcpy(bytes, &expected->word, length);
	return length;
}

struct memory *record_expected_word(const struct record_task *task,
				    struct expected_word *expected,
				    struct memory *below)
{
	if (!task->will_wait || task->call.number != SYS_futex)
		return below;
	expected->memory.read = read_expected;
	expected->below = below;
	expected->addr = task->call.arguments[0];
	expected->word = (uint32_t)task->call.arguments[2];
	return &expected->memory;
}

/* The word alone decides, and the kernel would say so. */
static int is_plain_wait(const struct syscall_call *call)
{
	int operation = (int)call->arguments[1] & FUTEX_CMD_MASK;

	if (call->number != SYS_futex || call->arguments[3])
		return 0;
	if (operation == FUTEX_WAIT_BITSET)
		return (uint32_t)call->arguments[5] != 0;
	return operation == FUTEX_WAIT &&
	       !(call->arguments[1] & FUTEX_CLOCK_REALTIME);
}

static int may_begin_late(const struct recorder *recorder,
			  const struct record_task *task)
{
	return task->is_at_filter && task->will_wait &&
	       task == recorder->current && !task->is_doomed &&
	       !task->filters && !task->tracing && !task->traps_calls &&
	       !task->withheld && is_plain_wait(&task->call);
}

int record_wait_begins_late(struct recorder *recorder, struct record_task *task,
			    int *err_out)
{
	pid_t tid = task->task.tid;

	*err_out = 0;
	if (!may_begin_late(recorder, task))
		return 0;
	if (!recorder->ready_first && record_agent_has_woken(task)) {
		*err_out = recorder_yield(recorder, task);
		if (*err_out || recorder_find(recorder, tid) != task ||
		    task->state != TASK_RUNNING)
			return 1;
	}
	if (!record_next_in_line(recorder) || task != recorder->current ||
	    task->is_doomed || task->phase == CALL_NONE)
		return 0;
	/* An event of another's has done so already. */
	if (task->phase == CALL_ENTERED)
		*err_out = record_announce_call(recorder, task);
	if (*err_out)
		return 1;
	task->is_wait_late = 1;
	record_leave_turn(task); /* others come first */
	recorder_make_ready(recorder, task);
	return 1;
}

static int has_word_changed(const struct record_task *task)
{
	uint32_t word;

	return !address_space_read(space_of(task), task->call.arguments[0],
				   &word, sizeof(word)) &&
	       word != (uint32_t)task->call.arguments[2];
}

int record_run_late_wait(struct recorder *recorder, struct record_task *task)
{
	int err;

	task->is_wait_late = 0;
	if (!has_word_changed(task))
		return record_resume_call(recorder, task);
	err = record_call_unmade(recorder, task, -EAGAIN);
	if (err)
		return err == -ESRCH ? 0 : err;
	return record_run_task(recorder, task, 0);
}

int record_begin_late_waits(struct recorder *recorder)
{
	struct record_task *task = recorder->ready_first, *next;
	int err = 0;

	for (; task && !err; task = next) {
		next = task->next_ready;
		if (!task->is_wait_late)
			continue;
		task->is_wait_late = 0;
		recorder_unready(recorder, task);
		err = record_resume_call(recorder, task);
	}
	return err;
}
