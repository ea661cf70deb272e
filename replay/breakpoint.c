/* SPDX-License-Identifier: MIT */
#include "replay/breakpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/inspect.h"
#include "replay/replaced_code.h"
#include "traces/report.h"

#define INT3 0xcc

void breakpoints_deinit(struct breakpoints *breakpoints)
{
	for (size_t i = 0; i < breakpoints->count; i++)
		free(breakpoints->all[i].bytes);
	free(breakpoints->all);
	breakpoints->all = NULL;
	breakpoints->count = 0;
	watch_deinit(&breakpoints->watch);
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

struct breakpoint *breakpoints_find(struct breakpoints *breakpoints,
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

/* ---- which are watched ---- */

/* Pieces for debug registers, all of them different. */
struct pieces {
	struct {
		remote_addr address;
		unsigned length;
		enum break_kind kind;
	} pieces[WATCH_REGISTERS];
	unsigned count;
};

/* False when there are not as many registers. */
static int add_piece(struct pieces *pieces, enum break_kind kind,
		     remote_addr address, unsigned length)
{
	unsigned i = 0;

	while (i < pieces->count &&
	       (pieces->pieces[i].address != address ||
		pieces->pieces[i].length != length ||
		(pieces->pieces[i].kind == WATCH_WRITE) !=
		(kind == WATCH_WRITE)))
		i++;
	if (i == WATCH_REGISTERS)
		return 0;
	pieces->pieces[i].address = address;
	pieces->pieces[i].length = length;
	pieces->pieces[i].kind = kind;
	pieces->count += i == pieces->count;
	return 1;
}

static int add_pieces(struct pieces *pieces, enum break_kind kind,
		      remote_addr address, uint64_t length)
{
	remote_addr at = address, end = address + length;
	unsigned piece;

	for (; at < end; at += piece) {
		piece = watch_piece(at, end - at);
		if (!add_piece(pieces, kind, at, piece))
			return 0;
	}
	return 1;
}

/* Whether the debug registers are enough for one more. */
static int fits(const struct breakpoints *breakpoints, enum break_kind kind,
		pid_t process, remote_addr address, uint64_t length)
{
	struct pieces pieces = { .count = 0 };

	for (size_t i = 0; i < breakpoints->count; i++) {
		const struct breakpoint *one = &breakpoints->all[i];

		if (is_watch(one->kind) && !one->is_soft &&
		    is_for(breakpoints, one, process))
			add_pieces(&pieces, one->kind, one->address,
				   one->length);
	}
	return add_pieces(&pieces, kind, address, length);
}

static int check_watch(const struct breakpoints *breakpoints, pid_t process,
		       remote_addr address, uint64_t length)
{
	uint64_t bytes = length;
	size_t count = 0;

	if (!length || length > UINT64_MAX - address)
		return -EINVAL;
	if (length > WATCHED_MAX)
		return -ENOSPC;
	for (size_t i = 0; i < breakpoints->count; i++) {
		const struct breakpoint *one = &breakpoints->all[i];

		if (!is_watch(one->kind) ||
		    !is_for(breakpoints, one, process))
			continue;
		count++;
		bytes += one->length;
	}
	return count < WATCHES_MAX && bytes <= WATCHED_MAX ? 0 : -ENOSPC;
}

int breakpoints_add(struct breakpoints *breakpoints, enum break_kind kind,
		    pid_t process, remote_addr address, uint64_t length)
{
	struct breakpoint one = {
		.kind = kind, .process = process,
		.program = program_of(breakpoints, process),
		.address = address, .length = length,
	};
	int err = 0;

	if (breakpoints_find(breakpoints, kind, process, address, length))
		return 0;
	if (is_watch(kind))
		err = check_watch(breakpoints, process, address, length);
	if (err || breakpoints->count == BREAKPOINTS_MAX)
		return err ? err : -ENOSPC;
	if (is_watch(kind)) {
		one.is_soft = !fits(breakpoints, kind, process, address,
				    length);
		one.bytes = xcalloc(1, length);
	}
	breakpoints->all = xrealloc(breakpoints->all,
				    (breakpoints->count + 1) *
				    sizeof(*breakpoints->all));
	breakpoints->all[breakpoints->count++] = one;
	return 0;
}

int breakpoints_remove(struct breakpoints *breakpoints, enum break_kind kind,
		       pid_t process, remote_addr address, uint64_t length)
{
	struct breakpoint *one = breakpoints_find(breakpoints, kind, process,
						  address, length);

	if (!one)
		return 0;
	free(one->bytes);
	*one = breakpoints->all[--breakpoints->count];
	return 0;
}

void breakpoints_forget(struct breakpoints *breakpoints, pid_t process)
{
	size_t kept = 0;

	for (size_t i = 0; i < breakpoints->count; i++) {
		if (breakpoints->all[i].process != process)
			breakpoints->all[kept++] = breakpoints->all[i];
		else
			free(breakpoints->all[i].bytes);
	}
	breakpoints->count = kept;
}

void breakpoints_forget_program(struct breakpoints *breakpoints, pid_t process)
{
	size_t kept = 0;

	for (size_t i = 0; i < breakpoints->count; i++) {
		if (!is_for(breakpoints, &breakpoints->all[i], process))
			breakpoints->all[kept++] = breakpoints->all[i];
		else
			free(breakpoints->all[i].bytes);
	}
	breakpoints->count = kept;
}

void breakpoints_set_condition(struct breakpoints *breakpoints,
			       enum break_kind kind, pid_t process,
			       remote_addr address,
			       const struct gdb_condition *condition)
{
	struct breakpoint *one = breakpoints_find(breakpoints, kind, process,
						  address, 1);

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
	    replay_is_reserved(address, 1) || i == BREAKPOINTS_INSERTED_MAX ||
	    address_space_read(space, address, &original, 1) ||
	    address_space_write(space, address, &trap, 1))
		return;
	breakpoints->inserted[i].address = address;
	breakpoints->inserted[i].original = original;
	breakpoints->inserted_count++;
}

/* Also where it runs instead (replay/replaced_code.h). */
static void insert_one(struct breakpoints *breakpoints,
		       struct replay_task *task, remote_addr address)
{
	remote_addr other = replaced_code_other(task, address);

	if (other)
		breakpoints_insert_code(breakpoints, task, other);
	if (!replaced_code_is_inside(task, address))
		breakpoints_insert_code(breakpoints, task, address);
}

void breakpoints_insert(struct breakpoints *breakpoints,
			struct replay_task *task)
{
	for (size_t i = 0; i < breakpoints->count; i++) {
		const struct breakpoint *one = &breakpoints->all[i];

		if (!is_watch(one->kind) &&
		    is_for(breakpoints, one, task->recorded_tgid))
			insert_one(breakpoints, task, one->address);
	}
}

/* ---- watched memory ---- */

static enum watch_kind watch_kind_of(enum break_kind kind)
{
	return kind == WATCH_WRITE ? WATCH_FOR_WRITES :
	       kind == WATCH_READ ? WATCH_FOR_READS : WATCH_FOR_BOTH;
}

void breakpoints_watch_one(struct breakpoints *breakpoints,
			   struct replay_task *task, remote_addr address,
			   uint64_t length, enum break_kind kind, int is_soft)
{
	struct watch_region region = {
		.address = address, .length = length,
		.kind = watch_kind_of(kind), .is_soft = is_soft,
	};

	watch_add(&breakpoints->watch, task, &region);
}

void breakpoints_watch(struct breakpoints *breakpoints,
		       struct replay_task *task)
{
	for (size_t i = 0; i < breakpoints->count; i++) {
		const struct breakpoint *one = &breakpoints->all[i];
		struct watch_region region = {
			.address = one->address, .length = one->length,
			.kind = watch_kind_of(one->kind),
			.is_soft = one->is_soft || breakpoints->is_careful,
		};

		if (is_watch(one->kind) &&
		    is_for(breakpoints, one, task->recorded_tgid))
			watch_add(&breakpoints->watch, task, &region);
	}
}

const struct watch_region *
breakpoints_region(const struct breakpoints *breakpoints, uint64_t met,
		   enum break_kind kind, remote_addr address, uint64_t length)
{
	for (unsigned i = 0; i < breakpoints->watch.count; i++) {
		const struct watch_region *one =
			&breakpoints->watch.regions[i];

		if ((met >> i & 1) && one->address == address &&
		    one->length == length && one->kind == watch_kind_of(kind))
			return one;
	}
	return NULL;
}

int breakpoints_take_out(struct breakpoints *breakpoints,
			 struct replay_task *task)
{
	int err = watch_take_out(&breakpoints->watch, task);

	for (size_t i = breakpoints->inserted_count; i-- > 0;)
		if (task->task.tid)
			address_space_write(task->task.space,
					    breakpoints->inserted[i].address,
					    &breakpoints->inserted[i].original,
					    1);
	breakpoints->inserted_count = 0;
	return err;
}

void breakpoints_lose(struct breakpoints *breakpoints)
{
	breakpoints->inserted_count = 0;
	watch_forget(&breakpoints->watch);
}

/* ---- what calls wrote ---- */

/* Where it differs from what was seen last; false: nowhere. */
static int see(struct breakpoint *one, struct replay_task *task,
	       remote_addr *address_out)
{
	struct memory *memory = inspect_memory(task);
	uint8_t *bytes = xcalloc(1, one->length);
	uint64_t i = 0;

	memory->read(memory, one->address, bytes, one->length);
	while (i < one->length && bytes[i] == one->bytes[i])
		i++;
	free(one->bytes);
	one->bytes = bytes;
	*address_out = one->address + i;
	return i < one->length;
}

struct breakpoint *breakpoints_changed(struct breakpoints *breakpoints,
				       struct replay_task *task,
				       remote_addr *address_out)
{
	struct breakpoint *found = NULL;
	remote_addr address;

	*address_out = 0;
	for (size_t i = 0; i < breakpoints->count; i++) {
		struct breakpoint *one = &breakpoints->all[i];

		if (!is_for(breakpoints, one, task->recorded_tgid) ||
		    (one->kind != WATCH_WRITE && one->kind != WATCH_ACCESS) ||
		    !see(one, task, &address))
			continue;
		/* The last is in those that overlap it, too. */
		if (!found || address > *address_out) {
			found = one;
			*address_out = address;
		}
	}
	return found;
}
