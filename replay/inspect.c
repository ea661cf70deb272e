/* SPDX-License-Identifier: MIT */
#include "replay/inspect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay/confinement.h"
#include "replay/replaced_code.h"
#include "replay/replayer.h"
#include "src/agent_layout.h"
#include "src/backtrace.h"
#include "src/call_patch.h"
#include "src/disassembly.h"
#include "traces/report.h"

uint64_t inspect_event(const struct replayer *replayer)
{
	return replayer->event;
}

int inspect_check_event(uint64_t event, uint64_t count)
{
	if (!event)
		return report(-ERANGE, "events count from 1");
	if (event > count)
		return report(-ERANGE, "event %" PRIu64 ": the trace has only "
			      "%" PRIu64, event, count);
	return 0;
}

int inspect_go(struct replayer *replayer, uint64_t event)
{
	int err = inspect_check_event(event,
			trace_reader_event_count(replayer->reader));

	if (err)
		return err;
	if (event < replayer->event)
		return report(-ERANGE, "event %" PRIu64 ": the replay is at %"
			      PRIu64 " already", event, replayer->event);
	err = replay_to(replayer, event);
	return err > 0 ? -EIO : err;
}

/* ---- tasks ---- */

struct replay_task *inspect_next(const struct replayer *replayer,
				 const struct replay_task *last)
{
	uint32_t after = last ? last->task.serial : 0;
	struct replay_task *found = NULL;

	for (size_t i = 0; i < TASK_BUCKETS; i++)
		for (struct replay_task *task = replayer->buckets[i]; task;
		     task = task->next)
			if (task->task.serial > after &&
			    (!found || task->task.serial < found->task.serial))
				found = task;
	return found;
}

struct replay_task *inspect_current(const struct replayer *replayer)
{
	return replay_find(replayer, replayer->event_task);
}

struct replay_task *inspect_find(const struct replayer *replayer, pid_t tid)
{
	struct replay_task *found = NULL;

	for (size_t i = 0; i < TASK_BUCKETS; i++)
		for (struct replay_task *task = replayer->buckets[i]; task;
		     task = task->next) {
			if (task->recorded_tid == tid)
				return task;
			if (task->recorded_tgid == tid)
				found = task;
		}
	return found;
}

struct inspect_task inspect_describe(const struct replay_task *task)
{
	return (struct inspect_task){
		.serial = task->task.serial,
		.tid = task->recorded_tid,
		.tgid = task->recorded_tgid,
		.replayed = task->task.tid,
		.call = task->is_in_call ? task->call.number : -1,
	};
}

int inspect_registers(struct replayer *replayer, struct replay_task *task,
		      struct registers *registers_out)
{
	int err = replay_get_registers(replayer, task);

	if (!err)
		*registers_out = task->registers;
	return err;
}

#define LENGTH_MAX 4u /* of an instruction that a trampoline has as it is */

static int is_ours(const struct replay_task *task)
{
	uint64_t rip = task->registers.value[R_RIP];

	return !strcmp(replay_name_of(task->task.space, rip, rip + 1),
		       AGENT_MAPPING_NAME);
}

/* Where in the program that is, or 0. */
static remote_addr place_of(struct replay_task *task)
{
	struct memory *memory = inspect_memory(task);
	remote_addr rip = task->registers.value[R_RIP];
	remote_addr end = call_patch_call_end(memory, rip);

	if (end)
		return end;
	/* Not behind it yet. */
	for (unsigned length = 2; length <= LENGTH_MAX; length++) {
		end = call_patch_call_end(memory, rip + length);
		if (end)
			return end - length;
	}
	end = replay_detour_origin(task, rip);
	return end ? end : replaced_code_origin(task, rip);
}

struct registers inspect_program_registers(struct replay_task *task)
{
	struct registers registers = task->registers;
	remote_addr *rip = &registers.value[R_RIP];
	remote_addr place = place_of(task);

	if (!place)
		return registers;
	/* The kernel leaves there where a call returns to. */
	if (registers.value[R_RCX] == *rip)
		registers.value[R_RCX] = place;
	*rip = place;
	return registers;
}

remote_addr inspect_program_place(struct replay_task *task)
{
	remote_addr place = place_of(task);

	return place ? place : task->registers.value[R_RIP];
}

int inspect_has_place(struct replay_task *task)
{
	return !is_ours(task) || place_of(task);
}

int inspect_is_within(struct replay_task *task)
{
	remote_addr rip = task->registers.value[R_RIP];

	return is_ours(task) ? replaced_code_is_way(task, rip) :
			       replaced_code_is_room(task, rip);
}

struct memory *inspect_memory(struct replay_task *task)
{
	task->task.space->tid = task->task.tid;
	return &task->task.space->memory;
}

static size_t read_shown(struct memory *memory, remote_addr address,
			 void *bytes, size_t length)
{
	struct replay_space *shown = (struct replay_space *)memory;
	struct memory *below = &shown->space->memory;
	size_t got = below->read(below, address, bytes, length);

	replaced_code_hide(shown->space, address, bytes, got);
	return got;
}

struct memory *inspect_shown_memory(struct replay_task *task)
{
	struct replay_space *shown = replay_space_of(task->task.space);

	inspect_memory(task);
	shown->shown.read = read_shown;
	shown->space = task->task.space;
	return &shown->shown;
}

/* ---- mappings ---- */

static void describe_map(const struct replayer *replayer,
			 const struct replay_task *task,
			 const struct process_map *map, struct code_map *code,
			 struct inspect_map *more)
{
	const struct replay_file *file =
		map->inode ? replay_file_of_map(replayer, map) :
			     NULL;
	const char *special = replay_name_of(task->task.space, map->start,
					     map->end);

	*code = (struct code_map){
		.start = map->start,
		.end = map->end,
		.protection = map->protection,
		.offset = map->offset,
		.name = file ? file->name : *special ? special :
			map->inode ? map->name : "",
		.fd = file ? file->fd : -1,
	};
	*more = (struct inspect_map){
		.is_shared = map->is_shared,
		.device = file ? file->recorded_device : 0,
		.inode = file ? file->recorded_inode : 0,
	};
}

int inspect_maps_read(const struct replayer *replayer,
		      const struct replay_task *task,
		      struct inspect_maps *maps_out)
{
	struct process_maps *own = &maps_out->own;

	*maps_out = (struct inspect_maps){ 0 };
	if (!proc_is_ours() || process_maps_read(task->task.tid, own))
		return report(-ENOENT, "read the mappings without /proc of "
			      "this pid namespace");
	maps_out->count = own->count;
	maps_out->code = xcalloc(own->count + 1, sizeof(*maps_out->code));
	maps_out->maps = xcalloc(own->count + 1, sizeof(*maps_out->maps));
	for (size_t i = 0; i < own->count; i++)
		describe_map(replayer, task, &own->maps[i],
			     &maps_out->code[i], &maps_out->maps[i]);
	return 0;
}

void inspect_maps_deinit(struct inspect_maps *maps)
{
	free(maps->code);
	free(maps->maps);
	process_maps_deinit(&maps->own);
	*maps = (struct inspect_maps){ 0 };
}

/* ---- for people ---- */

void inspect_use_debug_files(struct replayer *replayer, const char *directory)
{
	replayer->debug_files = directory;
}

/* Those of all code, since nothing can be opened later. */
static void open_debug_files(const char *directory,
			     const struct inspect_maps *maps)
{
	struct debug_file *files = xcalloc(maps->count + 1, sizeof(*files));

	for (size_t i = 0; i < maps->count; i++) {
		files[i] = code_map_find_debug(&maps->code[i], directory);
		maps->code[i].debug = &files[i];
	}
}

/* In the child; it does not return, so it need not free anything. */
static void print_parts(const struct replayer *replayer,
			struct replay_task *task,
			const struct inspect_maps *maps, FILE *stream,
			unsigned parts)
{
	struct memory *memory = inspect_shown_memory(task);
	struct registers registers = inspect_program_registers(task);

	if (replayer->debug_files && (parts & INSPECT_BACKTRACE))
		open_debug_files(replayer->debug_files, maps);
	if (confine_reader(fileno(stream)))
		_exit(1);
	if (parts & INSPECT_BACKTRACE)
		backtrace_print(stream, memory, &registers, maps->code,
				maps->count);
	if (parts & INSPECT_CODE)
		disassembly_print(stream, memory,
				  registers.value[R_RIP]);
	_exit(fflush(stream) ? 1 : 0);
}

/*
 * In a process of its own: the files that are read for symbols, unwind tables
 * and lines are the trace's, and may be made to break who reads them.
 */
static int print_confined(const struct replayer *replayer,
			  struct replay_task *task,
			  const struct inspect_maps *maps, FILE *stream,
			  unsigned parts)
{
	pid_t child;
	int status;

	fflush(stream);
	child = fork();
	if (child < 0)
		return report(-errno, "show where the task stood");
	if (child == 0)
		print_parts(replayer, task, maps, stream, parts);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return report(-errno, "show where the task stood");
	if (WIFSIGNALED(status))
		report(0, "the place can't be shown in full: reading the "
		       "program's symbols ended with %s",
		       strsignal(WTERMSIG(status)));
	return 0;
}

int inspect_print(struct replayer *replayer, struct replay_task *task,
		  FILE *stream, unsigned parts)
{
	struct inspect_maps maps;
	int err = replay_get_registers(replayer, task);

	if (!err)
		err = inspect_maps_read(replayer, task, &maps);
	if (err)
		return err;
	err = print_confined(replayer, task, &maps, stream, parts);
	inspect_maps_deinit(&maps);
	return err;
}
