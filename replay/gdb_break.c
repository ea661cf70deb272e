/* SPDX-License-Identifier: MIT */
/* Z and z packets: breakpoints, watched memory, and what they are to meet. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/gdb_server.h"
#include "replay/inspect.h"
#include "traces/report.h"

/* ---- conditions ---- */

static int get_register(void *context, unsigned number, uint64_t *value_out)
{
	return gdb_register_value(context, number, value_out);
}

/* The task stands at the breakpoint, and its registers are known. */
static int is_met(void *judge, struct replay_task *task,
		  const struct gdb_condition *condition)
{
	struct gdb_scene scene = {
		.memory = inspect_memory(task),
		.get_register = get_register,
		.context = task,
	};

	(void)judge;
	return gdb_condition_is_met(condition, &scene);
}

void gdb_conditions_init(struct gdb_server *server)
{
	server->timeline->breakpoints.is_met = is_met;
}

void gdb_conditions_deinit(struct gdb_server *server)
{
	for (size_t i = 0; i < server->condition_count; i++) {
		gdb_condition_deinit(server->conditions[i]);
		free(server->conditions[i]);
	}
	free(server->conditions);
	server->timeline->breakpoints.is_met = NULL;
}

static int is_used(const struct gdb_server *server,
		   const struct gdb_condition *condition)
{
	const struct breakpoints *breakpoints = &server->timeline->breakpoints;

	for (size_t i = 0; i < breakpoints->count; i++)
		if (breakpoints->all[i].condition == condition)
			return 1;
	return 0;
}

static void drop_unused(struct gdb_server *server)
{
	size_t kept = 0;

	for (size_t i = 0; i < server->condition_count; i++) {
		struct gdb_condition *one = server->conditions[i];

		if (is_used(server, one)) {
			server->conditions[kept++] = one;
			continue;
		}
		gdb_condition_deinit(one);
		free(one);
	}
	server->condition_count = kept;
}

/*
 * gdb sends them again each time that it resumes: equal ones are one.  The
 * condition's bytes become the server's, or are freed.
 */
static int keep(struct gdb_server *server, struct gdb_condition *condition,
		const struct gdb_condition **kept_out)
{
	struct gdb_condition *one;

	for (size_t i = 0; i < server->condition_count; i++) {
		one = server->conditions[i];
		if (one->length == condition->length &&
		    !memcmp(one->bytes, condition->bytes, one->length)) {
			gdb_condition_deinit(condition);
			*kept_out = one;
			return 0;
		}
	}
	if (server->condition_count == GDB_CONDITIONS_MAX)
		drop_unused(server);
	if (server->condition_count == GDB_CONDITIONS_MAX) {
		gdb_condition_deinit(condition);
		return -ENOSPC;
	}
	server->conditions = xrealloc(server->conditions,
				      (server->condition_count + 1) *
				      sizeof(*server->conditions));
	one = xmemdup(condition, sizeof(*condition));
	server->conditions[server->condition_count++] = one;
	*kept_out = one;
	return 0;
}

/* ";X len,expr..." or nothing. */
static int read_condition(struct gdb_server *server, const char *packet,
			  const struct gdb_condition **condition_out)
{
	struct gdb_condition condition;
	int err;

	*condition_out = NULL;
	if (!*packet)
		return 0;
	err = *packet == ';' ? gdb_condition_read(packet + 1, &condition) :
			       -EINVAL;
	return err ? err : keep(server, &condition, condition_out);
}

/* ---- packets ---- */

/* A breakpoint where nothing is mapped is refused, as gdb expects. */
static int is_mapped(struct replay_task *task, uint64_t address)
{
	uint8_t byte;

	return memory_read(inspect_memory(task), address, &byte, 1);
}

/* Pages that no call can protect are refused, not missed later. */
static int can_protect(struct gdb_server *server, struct replay_task *task,
		       const struct breakpoint *one)
{
	struct watch *watch = &server->timeline->breakpoints.watch;
	int is_possible;

	if (!one->is_soft)
		return 1;
	watch_clear(watch);
	breakpoints_watch_one(&server->timeline->breakpoints, task,
			      one->address, one->length, one->kind, 1);
	watch->is_incomplete = 0;
	watch_close(watch, task);
	is_possible = !watch->is_incomplete;
	watch->is_incomplete = 0;
	return !watch_take_out(watch, task) && is_possible;
}

static int watch(struct gdb_server *server, enum break_kind kind,
		 struct replay_task *task, uint64_t address, uint64_t length,
		 int is_added)
{
	struct breakpoints *all = &server->timeline->breakpoints;
	pid_t process = task->recorded_tgid;
	int err;

	if (!is_added)
		return breakpoints_remove(all, kind, process, address, length);
	err = breakpoints_add(all, kind, process, address, length);
	if (err || can_protect(server, task,
			       breakpoints_find(all, kind, process, address,
						length)))
		return err;
	breakpoints_remove(all, kind, process, address, length);
	return -EPERM;
}

static int add(struct gdb_server *server, enum break_kind kind,
	       struct replay_task *task, uint64_t address, const char *packet)
{
	struct breakpoints *breakpoints = &server->timeline->breakpoints;
	const struct gdb_condition *condition;
	int err;

	if (gdb_copy_keeps_out(server, task, address,
			       is_mapped(task, address)))
		return 0;
	/* A hardware breakpoint may be where nothing is yet. */
	if (kind == BREAK_SOFTWARE && !is_mapped(task, address))
		return -EFAULT;
	err = read_condition(server, packet, &condition);
	if (!err)
		err = breakpoints_add(breakpoints, kind, task->recorded_tgid,
				      address, 1);
	if (!err)
		breakpoints_set_condition(breakpoints, kind,
					  task->recorded_tgid, address,
					  condition);
	return err;
}

void gdb_break(struct gdb_server *server, const char *packet)
{
	struct replay_task *task = gdb_task(server);
	int is_added = packet[0] == 'Z', err;
	enum break_kind kind = (enum break_kind)(packet[1] - '0');
	uint64_t address, length;

	if (packet[1] < '0' || packet[1] > '4')
		return;
	packet += 2;
	if (*packet++ != ',' || !gdb_read_until(&packet, ',', &address) ||
	    !gdb_read_number(&packet, &length) || !task) {
		gdb_error(server, EINVAL);
		return;
	}
	if (kind >= WATCH_WRITE)
		err = watch(server, kind, task, address, length, is_added);
	else
		err = is_added ? add(server, kind, task, address, packet) :
			breakpoints_remove(&server->timeline->breakpoints,
					   kind, task->recorded_tgid, address,
					   1);
	if (err)
		gdb_error(server, -err);
	else
		gdb_ok(server);
}
