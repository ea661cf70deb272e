/* SPDX-License-Identifier: MIT */
/*
 * How long turns are: in time of the processor, for which others may compete.
 * What a task and the recorder had of it is what the task has cost its session,
 * and all that ends a turn is paid for by the same measure.  Where nobody else
 * wants the processor, that is the time that passes.
 */
#include "src/recorder.h"

#include <time.h>

#define LONG_AGO 1
#define LONGEST_NS 1000000000ull /* whoever has the processor meanwhile */

static uint64_t time_of(clockid_t clock)
{
	struct timespec used = { 0 };

	clock_gettime(clock, &used);
	return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

uint64_t record_slice(const struct record_task *task)
{
	if (task->chaos_slice_ns)
		return task->chaos_slice_ns;
	return task->slice_ns ? task->slice_ns : SLICE_NS;
}

uint64_t record_own_time(void)
{
	return time_of(CLOCK_THREAD_CPUTIME_ID);
}

/*
 * The kernel has no clock of one thread for other processes.  The number of
 * this one is what clock_getcpuclockid(3) makes of a process, and tries out.
 */
uint64_t record_process_time(const struct record_task *task)
{
	return time_of((clockid_t)(~(uint32_t)task->task.tgid << 3 | 2));
}

static uint64_t used_by(const struct record_task *task)
{
	return record_process_time(task) + record_own_time();
}

void record_mark_time(const struct record_task *task, struct time_mark *mark)
{
	mark->ns = now_ns();
	mark->used_ns = used_by(task);
}

static uint64_t left_at(const struct record_task *task,
			const struct time_mark *mark, uint64_t limit_ns,
			uint64_t now)
{
	uint64_t passed = now - mark->ns, used;

	if (passed < limit_ns)
		return limit_ns - passed;
	if (passed >= limit_ns + LONGEST_NS)
		return 0;
	used = used_by(task) - mark->used_ns;
	return used < limit_ns ? limit_ns - used : 0;
}

uint64_t record_time_left(const struct record_task *task,
			  const struct time_mark *mark, uint64_t limit_ns)
{
	return left_at(task, mark, limit_ns, now_ns());
}

/*
 * The clocks are read when a turn has lasted for a while, since most last for a
 * few microseconds.  It had the processor until then; but a look that was to
 * come soon, and comes late, is one that others kept from it.
 */
static void settle(struct record_task *task, uint64_t now)
{
	struct time_mark *began = &task->turn_began;
	uint64_t passed = now - began->ns - task->turn_used_ns;

	if (began->ns <= LONG_AGO || began->used_ns || passed < SOON_NS)
		return;
	if (passed > 2 * SOON_NS && task->task.space->users > 1)
		passed = 2 * SOON_NS;
	began->used_ns = used_by(task) - task->turn_used_ns - passed;
}

uint64_t record_turn_left(struct record_task *task, uint64_t limit_ns)
{
	uint64_t now = now_ns();

	settle(task, now);
	return left_at(task, &task->turn_began, limit_ns, now);
}

int record_has_processor(struct record_task *task)
{
	uint64_t now = now_ns(), passed = now - task->turn_began.ns;

	settle(task, now);
	return !task->turn_began.used_ns ||
	       used_by(task) - task->turn_began.used_ns > passed - passed / 4;
}

void record_end_turn(struct record_task *task)
{
	task->turn_began = (struct time_mark){ LONG_AGO };
	task->turn_used_ns = 0;
}

void record_leave_turn(struct record_task *task)
{
	struct time_mark *began = &task->turn_began;

	if (!began->ns)
		return;
	if (!record_turn_left(task, record_slice(task)))
		task->turn_used_ns = 0;
	else if (began->used_ns)
		task->turn_used_ns = used_by(task) - began->used_ns;
	else
		task->turn_used_ns = now_ns() - began->ns;
	*began = (struct time_mark){ 0 };
}

void record_begin_turn(struct record_task *task)
{
	task->turn_began = (struct time_mark){ now_ns() - task->turn_used_ns };
}
