/* SPDX-License-Identifier: MIT */
/*
 * All writable memory, compared around a call: because no row says what the
 * call writes, or to prove that the row says all (record --audit).
 */
#include "src/recorder.h"

#include <stdlib.h>
#include <sys/syscall.h>

#include "src/process_maps.h"
#include "traces/report.h"

static int changes_mappings(int number)
{
	switch (number) {
	case SYS_mmap:
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_pkey_mprotect:
	case SYS_mremap:
	case SYS_brk:
	case SYS_madvise:
	case SYS_shmat:
	case SYS_shmdt:
	case SYS_remap_file_pages:
	case SYS_execve:
	case SYS_execveat:
		return 1;
	}
	return 0;
}

void record_audit_entry(struct recorder *recorder, struct record_task *task)
{
	int is_unknown = syscall_replay_of(&task->call) == REPLAY_UNKNOWN;

	if (!is_unknown && !recorder->options->audit)
		return;
	if (changes_mappings(task->call.number))
		return;
	task->audit = memory_copy_create(&task->task);
	task->audit_events = trace_writer_event_count(recorder->writer);
}

static int save_difference(void *context, remote_addr addr, const void *now,
			   size_t length)
{
	struct record_task *task = context;

	effect_list_add_bytes(&task->effects, EFFECT_WRITE, now, length)
		->address = addr;
	return 0;
}

struct audit_context {
	struct recorder *recorder;
	struct record_task *task;
	struct process_maps maps;
};

/* A mapped file that the call wrote: replay writes its copy. */
static int is_written_file(const struct audit_context *audit, remote_addr addr)
{
	const struct effect_list *effects = &audit->task->effects;
	const struct process_map *map = process_maps_find(&audit->maps, addr);

	if (!map || !map->inode)
		return 0;
	for (size_t i = 0; i < effects->count; i++)
		if (effects->effects[i].kind == EFFECT_FILE_WRITE ||
		    effects->effects[i].kind == EFFECT_FILE_SIZE)
			return 1;
	return 0;
}

static int is_covered(const struct record_task *task, remote_addr addr,
		      size_t length)
{
	for (size_t i = 0; i < task->effects.count; i++) {
		const struct effect *effect = &task->effects.effects[i];

		if (effect->kind == EFFECT_WRITE && addr >= effect->address &&
		    addr + length <= effect->address + effect->length)
			return 1;
	}
	return 0;
}

/* Whether a call in progress was told that it may write there. */
static int may_write(const struct syscall_call *call, remote_addr addr)
{
	for (unsigned i = 0; i < call->piece_count; i++)
		if (addr - call->pieces[i].address < call->pieces[i].length)
			return 1;
	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++)
		if (addr - call->arguments[i] < call->room[i])
			return 1;
	return 0;
}

/* Another thread's call, which waits, fills its memory when it likes. */
static int is_written_by_another(const struct audit_context *audit,
				 remote_addr addr)
{
	const struct record_task *task = audit->recorder->all;

	while (task && (task == audit->task || task->phase == CALL_NONE ||
			task->task.space != audit->task->task.space ||
			!may_write(&task->call, addr)))
		task = task->next_all;
	return task != NULL;
}

static int audit_difference(void *context, remote_addr addr, const void *now,
			    size_t length)
{
	struct audit_context *audit = context;
	struct record_task *task = audit->task;
	size_t covered = 0;

	(void)now;
	while (covered < length &&
	       (is_covered(task, addr + covered, 1) ||
		is_written_by_another(audit, addr + covered)))
		covered++;
	if (covered == length || is_written_file(audit, addr))
		return 0;
	audit->recorder->audit_failures++;
	report(0, "audit: task %d: %s(%#llx, %#llx, %#llx, %#llx) = %lld "
	       "wrote %zu bytes at %#llx that its row does not cover",
	       task->task.tid, syscall_name(task->call.number),
	       (unsigned long long)task->call.arguments[0],
	       (unsigned long long)task->call.arguments[1],
	       (unsigned long long)task->call.arguments[2],
	       (unsigned long long)task->call.arguments[3],
	       (long long)task->call.result, length - covered,
	       (unsigned long long)(addr + covered));
	return 0;
}

int record_unknown_call(struct recorder *recorder, struct record_task *task)
{
	unsigned long long request = task->call.arguments[1];
	unsigned key = (unsigned)task->call.number * 31u +
		       (task->call.number == SYS_ioctl ? (unsigned)request : 0);
	char *text;
	int err;

	key %= sizeof(recorder->warned) * 8;
	if (recorder->warned[key / 8] & 1u << key % 8)
		return 0;
	recorder->warned[key / 8] |= (uint8_t)(1u << key % 8);
	text = xasprintf("%s(%#llx, %#llx, ...) is not known to this version; "
			 "all memory is compared around it, which is slow",
			 syscall_name(task->call.number),
			 (unsigned long long)task->call.arguments[0], request);
	warn("%s", text);
	err = recorder_note(recorder, task, TEXT_WARNING, text);
	free(text);
	return err;
}

int record_audit_exit(struct recorder *recorder, struct record_task *task)
{
	struct audit_context audit = { recorder, task };
	int err = 0;

	if (!task->audit)
		return 0;
	process_maps_read(task->task.tid, &audit.maps);
	if (syscall_replay_of(&task->call) == REPLAY_UNKNOWN)
		err = memory_copy_compare(task->audit, &task->task,
					  save_difference, task);
	else if (task->audit_events ==
		 trace_writer_event_count(recorder->writer))
		err = memory_copy_compare(task->audit, &task->task,
					  audit_difference, &audit);
	process_maps_deinit(&audit.maps);
	memory_copy_destroy(task->audit);
	task->audit = NULL;
	return err;
}
