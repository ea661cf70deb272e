/* SPDX-License-Identifier: MIT */
/*
 * A program that goes over all its mappings, to make room for another program
 * say, finds reel's memory among them.  That stays as it is: a call on a range
 * goes around it.  Replay does the same (replay_call.c), but has no other name
 * for the areas of trampolines than memory: it gets them anew.
 */
#include <errno.h>
#include <sys/syscall.h>

#include "src/call_patch.h"
#include "src/record_agent.h"
#include "src/record_spaces.h"
#include "src/recorder.h"
#include "src/session_page.h"

#define PAGE 4096ul
#define USER_END 0x7ffffffff000ul /* Documentation/arch/x86/x86_64/mm.rst */

struct range {
	remote_addr start, end;
};

/* Empty where the kernel finds it wrong before it does anything. */
static struct range range_of(const struct record_task *task)
{
	uint64_t length = task->call.arguments[1];
	struct range range = { .start = task->call.arguments[0] };

	range.end = range.start + ((length + PAGE - 1) & ~(PAGE - 1));
	if (range.start % PAGE || range.end < range.start ||
	    (range.end > USER_END && task->call.number == SYS_munmap))
		range.end = range.start;
	return range;
}

/* The first part of the range that is reel's, or an empty one at its end. */
static struct range find_own(const struct record_task *task,
			     struct range range)
{
	struct range own = { range.end, range.end };
	remote_addr area = record_sites_area(task, range.start, range.end);

	if (range.start < SESSION_END && range.end > SESSION_PAGE)
		own = (struct range){ SESSION_PAGE, SESSION_END };
	if (area && area < own.start)
		own = (struct range){ area, area + CALL_AREA_LENGTH };
	return own;
}

int record_own_memory_entry(struct record_task *task)
{
	struct registers changed = task->entry;
	struct range range = range_of(task);
	struct range own = find_own(task, range);

	task->goes_around = own.start < range.end;
	if (!task->goes_around)
		return 0;
	if (own.start <= range.start)
		return record_answer(task, 0);
	changed.value[R_RAX] = (uint64_t)-ENOSYS;
	changed.value[R_RSI] = own.start - range.start;
	changed.value[R_RDX] = record_advice(task);
	return record_change_call(task, &changed);
}

/* madvise(2) goes on behind a hole, and then tells of it. */
static int goes_on(const struct record_task *task, int64_t result)
{
	return result == 0 ||
		(task->call.number == SYS_madvise && result == -ENOMEM);
}

int record_own_memory_exit(struct record_task *task)
{
	struct space_data *data = space_data_of(task);
	struct range all = range_of(task), range = all, own;
	int64_t result = task->call.result, last;

	if (!task->goes_around)
		return 0;
	/* The call did what is before the first part that is reel's. */
	range.start = find_own(task, range).end;
	while (goes_on(task, result) && range.start < range.end) {
		uint64_t arguments[6] = { range.start, 0, record_advice(task),
					  task->call.arguments[3] };

		own = find_own(task, range);
		arguments[1] = own.start - range.start;
		last = own.start <= range.start ? 0 :
			record_inject(task, data->syscall_address,
				      task->call.number, arguments);
		result = last ? last : result;
		range.start = own.end;
	}
	task->call.result = result;
	record_sites_spared(task, all.start, all.end);
	return result == -ESRCH ? -ESRCH : 0;
}
