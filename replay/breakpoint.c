/* SPDX-License-Identifier: MIT */
#include "replay/breakpoint.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "traces/report.h"

#define INT3 0xcc

/* Of the debug control register (Intel SDM volume 3, chapter 18). */
#define CONTROL_ENABLE(number) (1ul << ((number) * 2))
#define CONTROL_FIELD(number, value) \
	((uint64_t)(value) << (16 + (number) * 4))

void breakpoints_deinit(struct breakpoints *breakpoints)
{
	free(breakpoints->all);
	breakpoints->all = NULL;
	breakpoints->count = 0;
}

static int is_watch(enum break_kind kind)
{
	return kind >= WATCH_WRITE;
}

static uint64_t program_of(const struct breakpoints *breakpoints,
			   pid_t process)
{
	return breakpoints->program_of(breakpoints->context, process);
}

/*
 * In the middle of an instruction of another program it would do harm: a
 * process may have executed that before, or will have.
 */
static int is_for(const struct breakpoints *breakpoints,
		  const struct breakpoint *one, pid_t process)
{
	return one->process == process &&
	       one->program == program_of(breakpoints, process);
}

static struct breakpoint *find(struct breakpoints *breakpoints,
			       enum break_kind kind, pid_t process,
			       remote_addr address, uint64_t length)
{
	for (size_t i = 0; i < breakpoints->count; i++) {
		struct breakpoint *one = &breakpoints->all[i];

		if (one->kind == kind && one->address == address &&
		    is_for(breakpoints, one, process) &&
		    (!is_watch(kind) || one->length == length))
			return one;
	}
	return NULL;
}

static size_t count_watches(const struct breakpoints *breakpoints,
			    pid_t process)
{
	size_t count = 0;

	for (size_t i = 0; i < breakpoints->count; i++)
		count += is_watch(breakpoints->all[i].kind) &&
			 is_for(breakpoints, &breakpoints->all[i], process);
	return count;
}

int breakpoints_add(struct breakpoints *breakpoints, enum break_kind kind,
		    pid_t process, remote_addr address, uint64_t length)
{
	struct breakpoint *all;

	if (is_watch(kind) && ((length != 1 && length != 2 && length != 4 &&
				length != 8) || address % length))
		return -EINVAL;
	if (find(breakpoints, kind, process, address, length))
		return 0;
	if (breakpoints->count == BREAKPOINTS_MAX ||
	    (is_watch(kind) &&
	     count_watches(breakpoints, process) == WATCHES_MAX))
		return -ENOSPC;
	all = xrealloc(breakpoints->all,
		       (breakpoints->count + 1) * sizeof(*all));
	all[breakpoints->count++] = (struct breakpoint){
		.kind = kind,
		.process = process,
		.program = program_of(breakpoints, process),
		.address = address,
		.length = is_watch(kind) ? (unsigned)length : 1,
	};
	breakpoints->all = all;
	return 0;
}

int breakpoints_remove(struct breakpoints *breakpoints, enum break_kind kind,
		       pid_t process, remote_addr address, uint64_t length)
{
	struct breakpoint *one = find(breakpoints, kind, process, address,
				      length);

	if (one)
		*one = breakpoints->all[--breakpoints->count];
	return 0;
}

void breakpoints_forget(struct breakpoints *breakpoints, pid_t process)
{
	size_t kept = 0;

	for (size_t i = 0; i < breakpoints->count; i++)
		if (breakpoints->all[i].process != process)
			breakpoints->all[kept++] = breakpoints->all[i];
	breakpoints->count = kept;
}

void breakpoints_set_condition(struct breakpoints *breakpoints,
			       enum break_kind kind, pid_t process,
			       remote_addr address,
			       const struct gdb_condition *condition)
{
	struct breakpoint *one = find(breakpoints, kind, process, address, 1);

	if (one && !is_watch(kind))
		one->condition = condition;
}

void breakpoints_copy(struct breakpoints *breakpoints, pid_t from, pid_t to)
{
	size_t count = breakpoints->count;

	for (size_t i = 0; i < count; i++) {
		struct breakpoint one = breakpoints->all[i];

		if (one.process != from ||
		    breakpoints_add(breakpoints, one.kind, to, one.address,
				    one.length))
			continue;
		breakpoints_set_condition(breakpoints, one.kind, to,
					  one.address, one.condition);
	}
}

void breakpoints_count_anew(struct breakpoints *breakpoints)
{
	for (size_t i = 0; i < breakpoints->count; i++)
		breakpoints->all[i].hits = 0;
}

struct breakpoint *breakpoints_at(struct breakpoints *breakpoints,
				  pid_t process, remote_addr address)
{
	for (size_t i = 0; i < breakpoints->count; i++) {
		struct breakpoint *one = &breakpoints->all[i];

		if (!is_watch(one->kind) && one->address == address &&
		    is_for(breakpoints, one, process))
			return one;
	}
	return NULL;
}

int breakpoints_is_met(const struct breakpoints *breakpoints,
		       const struct breakpoint *one, struct replay_task *task)
{
	return !one->condition || !breakpoints->is_met ||
	       breakpoints->is_met(breakpoints->judge, task, one->condition);
}

struct breakpoint *breakpoints_met(struct breakpoints *breakpoints,
				   struct replay_task *task,
				   remote_addr address)
{
	struct breakpoint *one = breakpoints_at(breakpoints,
						task->recorded_tgid, address);

	return one && breakpoints_is_met(breakpoints, one, task) ? one : NULL;
}

int breakpoints_any(const struct breakpoints *breakpoints, pid_t process,
		    int is_wanted_watch)
{
	for (size_t i = 0; i < breakpoints->count; i++)
		if (is_watch(breakpoints->all[i].kind) == is_wanted_watch &&
		    is_for(breakpoints, &breakpoints->all[i], process))
			return 1;
	return 0;
}

/* ---- code ---- */

int breakpoints_is_inserted(const struct breakpoints *breakpoints,
			    remote_addr address)
{
	for (size_t i = 0; i < breakpoints->inserted_count; i++)
		if (breakpoints->inserted[i].address == address)
			return 1;
	return 0;
}

void breakpoints_insert_code(struct breakpoints *breakpoints,
			     struct replay_task *task, remote_addr address)
{
	struct address_space *space = task->task.space;
	uint8_t original, trap = INT3;
	size_t i = breakpoints->inserted_count;

	if (breakpoints_is_inserted(breakpoints, address) ||
	    replay_is_reserved(address, 1) || i == BREAKPOINTS_MAX + 2 ||
	    address_space_read(space, address, &original, 1) ||
	    address_space_write(space, address, &trap, 1))
		return;
	breakpoints->inserted[i].address = address;
	breakpoints->inserted[i].original = original;
	breakpoints->inserted_count++;
}

void breakpoints_insert(struct breakpoints *breakpoints,
			struct replay_task *task)
{
	for (size_t i = 0; i < breakpoints->count; i++) {
		const struct breakpoint *one = &breakpoints->all[i];

		if (!is_watch(one->kind) &&
		    is_for(breakpoints, one, task->recorded_tgid))
			breakpoints_insert_code(breakpoints, task,
						one->address);
	}
}

/* ---- debug registers ---- */

static uint64_t get_debug(const struct replay_task *task, unsigned number)
{
	long value;

	errno = 0;
	value = ptrace(PTRACE_PEEKUSER, task->task.tid,
		       offsetof(struct user, u_debugreg) + number * 8, NULL);
	return errno ? 0 : (uint64_t)value;
}

static int set_debug(const struct replay_task *task, unsigned number,
		     uint64_t value)
{
	return ptrace(PTRACE_POKEUSER, task->task.tid,
		      offsetof(struct user, u_debugreg) + number * 8, value) ?
		-errno : 0;
}

static uint64_t control_of(const struct breakpoints *breakpoints)
{
	uint64_t control = 0;

	for (unsigned i = 0; i < WATCHES_MAX; i++) {
		unsigned length = breakpoints->watched[i].length;
		unsigned how = breakpoints->watched[i].kind == WATCH_WRITE ?
			       1 : 3;

		if (!breakpoints->watched[i].is_set)
			continue;
		/* lengths of 1, 2, 4, 8 are 0, 1, 3, 2 */
		length = length == 8 ? 2 : length - 1;
		control |= CONTROL_ENABLE(i) |
			   CONTROL_FIELD(i, length << 2 | how);
	}
	return control;
}

static void begin_watching(struct breakpoints *breakpoints,
			   const struct replay_task *task)
{
	if (breakpoints->is_watching)
		return;
	breakpoints->is_watching = 1;
	breakpoints->saved_control = get_debug(task, 7);
	set_debug(task, 7, 0);
	for (unsigned i = 0; i < WATCHES_MAX; i++) {
		breakpoints->watched[i].is_set = 0;
		breakpoints->watched[i].saved = get_debug(task, i);
	}
	set_debug(task, 6, 0);
}

int breakpoints_watch_one(struct breakpoints *breakpoints,
			  struct replay_task *task, remote_addr address,
			  unsigned length, enum break_kind kind)
{
	unsigned i = 0;

	if (replay_is_reserved(address, length))
		return -EINVAL;
	begin_watching(breakpoints, task);
	while (i < WATCHES_MAX && breakpoints->watched[i].is_set &&
	       (breakpoints->watched[i].address != address ||
		breakpoints->watched[i].length != length ||
		breakpoints->watched[i].kind != kind))
		i++;
	if (i == WATCHES_MAX)
		return -ENOSPC;
	if (breakpoints->watched[i].is_set)
		return 0;
	breakpoints->watched[i].is_set = 1;
	breakpoints->watched[i].address = address;
	breakpoints->watched[i].length = length;
	breakpoints->watched[i].kind = kind;
	set_debug(task, i, address);
	return set_debug(task, 7, control_of(breakpoints));
}

void breakpoints_watch(struct breakpoints *breakpoints,
		       struct replay_task *task)
{
	for (size_t i = 0; i < breakpoints->count; i++) {
		const struct breakpoint *one = &breakpoints->all[i];

		if (is_watch(one->kind) &&
		    is_for(breakpoints, one, task->recorded_tgid))
			breakpoints_watch_one(breakpoints, task, one->address,
					      one->length, one->kind);
	}
}

unsigned breakpoints_watches_met(struct breakpoints *breakpoints,
				 struct replay_task *task)
{
	return breakpoints->is_watching ?
		(unsigned)get_debug(task, 6) & 15 : 0;
}

void breakpoints_take_out(struct breakpoints *breakpoints,
			  struct replay_task *task)
{
	for (size_t i = breakpoints->inserted_count; i-- > 0;)
		if (task->task.tid)
			address_space_write(task->task.space,
					    breakpoints->inserted[i].address,
					    &breakpoints->inserted[i].original,
					    1);
	breakpoints->inserted_count = 0;
	if (!breakpoints->is_watching)
		return;
	breakpoints->is_watching = 0;
	set_debug(task, 7, 0);
	set_debug(task, 6, 0);
	for (unsigned i = 0; i < WATCHES_MAX; i++)
		set_debug(task, i, breakpoints->watched[i].saved);
	set_debug(task, 7, breakpoints->saved_control);
}

/* ---- what calls wrote ---- */

struct breakpoint *breakpoints_changed(struct breakpoints *breakpoints,
				       struct replay_task *task)
{
	struct breakpoint *found = NULL;

	for (size_t i = 0; i < breakpoints->count; i++) {
		struct breakpoint *one = &breakpoints->all[i];
		uint64_t value = 0;

		if (!is_for(breakpoints, one, task->recorded_tgid) ||
		    (one->kind != WATCH_WRITE && one->kind != WATCH_ACCESS) ||
		    address_space_read(task->task.space, one->address, &value,
				       one->length))
			continue;
		if (value != one->value && !found)
			found = one;
		one->value = value;
	}
	return found;
}
