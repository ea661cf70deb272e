/* SPDX-License-Identifier: MIT */
#include "replay/watch.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "replay/inspect.h"
#include "replay/lost_reason.h"
#include "replay/replayer.h"
#include "src/agent_layout.h"
#include "traces/report.h"

#define PAGE 4096ul

/* Of the debug control register. */
#define CONTROL_ENABLE(number) (1ul << ((number) * 2))
#define CONTROL_FIELD(number, value) \
	((uint64_t)(value) << (16 + (number) * 4))

/* Of DR6: the registers, and a step. */
#define STATUS_REGISTERS 15u
#define STATUS_STEP 0x4000u

unsigned watch_piece(remote_addr address, uint64_t length)
{
	unsigned piece = 8;

	while (address % piece || piece > length)
		piece /= 2;
	return piece;
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

static uint64_t control_of(const struct watch *watch)
{
	uint64_t control = 0;

	for (unsigned i = 0; i < WATCH_REGISTERS; i++) {
		unsigned length = watch->registers[i].length;

		if (!watch->registers[i].is_used)
			continue;
		/* lengths of 1, 2, 4, 8 are 0, 1, 3, 2 */
		length = length == 8 ? 2 : length - 1;
		control |= CONTROL_ENABLE(i) |
			   CONTROL_FIELD(i, length << 2 |
					 watch->registers[i].how);
	}
	return control;
}

static void begin_registers(struct watch *watch,
			    const struct replay_task *task)
{
	if (watch->is_set)
		return;
	watch->is_set = 1;
	watch->saved_control = get_debug(task, 7);
	set_debug(task, 7, 0);
	for (unsigned i = 0; i < WATCH_REGISTERS; i++) {
		watch->registers[i].is_used = 0;
		watch->registers[i].saved = get_debug(task, i);
	}
	set_debug(task, 6, 0);
}

/* The register that is, or can be, for the piece; WATCH_REGISTERS: none. */
static unsigned find_register(const struct watch *watch, remote_addr address,
			      unsigned length, unsigned how, unsigned taken)
{
	unsigned found = WATCH_REGISTERS;

	for (unsigned i = WATCH_REGISTERS; i-- > 0;) {
		if (!watch->is_set || !watch->registers[i].is_used)
			found = taken >> i & 1 ? found : i;
		else if (watch->registers[i].address == address &&
			 watch->registers[i].length == length &&
			 watch->registers[i].how == how)
			return i;
	}
	return found;
}

/* Bits of the registers for a region; 0 when there are not enough. */
static unsigned find_registers(const struct watch *watch,
			       const struct watch_region *region, unsigned how)
{
	remote_addr at = region->address, end = at + region->length;
	unsigned found = 0;

	if (region->length > 8 * WATCH_REGISTERS)
		return 0;
	while (at < end) {
		unsigned length = watch_piece(at, end - at);
		unsigned i = find_register(watch, at, length, how, found);

		if (i == WATCH_REGISTERS)
			return 0;
		found |= 1u << i;
		at += length;
	}
	return found;
}

static int set_registers(struct watch *watch, struct replay_task *task,
			 struct watch_region *region)
{
	unsigned how = region->kind == WATCH_FOR_WRITES ? WATCH_HOW_WRITE :
							  WATCH_HOW_ACCESS;
	remote_addr at = region->address, end = at + region->length;
	unsigned taken = 0;

	region->registers = find_registers(watch, region, how);
	if (!region->registers)
		return -ENOSPC;
	begin_registers(watch, task);
	while (at < end) {
		unsigned length = watch_piece(at, end - at);
		unsigned i = find_register(watch, at, length, how, taken);

		taken |= 1u << i;
		watch->registers[i].is_used = 1;
		watch->registers[i].address = at;
		watch->registers[i].length = length;
		watch->registers[i].how = how;
		set_debug(task, i, at);
		at += length;
	}
	return set_debug(task, 7, control_of(watch));
}

static void restore_registers(struct watch *watch, struct replay_task *task)
{
	if (!watch->is_set)
		return;
	watch->is_set = 0;
	set_debug(task, 7, 0);
	set_debug(task, 6, 0);
	for (unsigned i = 0; i < WATCH_REGISTERS; i++)
		set_debug(task, i, watch->registers[i].saved);
	set_debug(task, 7, watch->saved_control);
}

/* ---- regions ---- */

void watch_clear(struct watch *watch)
{
	for (unsigned i = 0; i < watch->count; i++)
		free(watch->regions[i].before);
	watch->count = 0;
}

void watch_deinit(struct watch *watch)
{
	watch_clear(watch);
}

void watch_forget(struct watch *watch)
{
	watch->is_set = 0;
	watch->closed_count = 0;
}

static void keep_content(struct watch_region *region, struct memory *memory)
{
	region->before = xrealloc(region->before, region->length);
	memset(region->before, 0, region->length);
	memory->read(memory, region->address, region->before, region->length);
}

void watch_add(struct watch *watch, struct replay_task *task,
	       const struct watch_region *region)
{
	struct watch_region *one = &watch->regions[watch->count];

	if (watch->count == WATCH_REGIONS) {
		watch->is_incomplete = 1;
		return;
	}
	if (replay_is_reserved(region->address, region->length))
		return; /* the program has nothing there */
	*one = *region;
	one->before = NULL;
	one->registers = 0;
	watch->count++;
	if (!one->is_soft)
		one->is_soft = set_registers(watch, task, one) != 0;
	if (!one->is_soft)
		keep_content(one, inspect_memory(task));
}

/* ---- pages ---- */

static int protect(struct replay_task *task, remote_addr start,
		   remote_addr end, int protection)
{
	return (int)replay_inject(task, SYS_mprotect, (uint64_t[6]){
		start, end - start, (uint64_t)protection,
	});
}

/* What of a mapping is in a region's pages; *start_out is 0 for nothing. */
static void part_of(const struct process_map *map,
		    const struct watch_region *region, remote_addr *start_out,
		    remote_addr *end_out)
{
	remote_addr start = region->address & ~(PAGE - 1);
	remote_addr end = (region->address + region->length + PAGE - 1) &
			  ~(PAGE - 1);

	*start_out = map->start > start ? map->start : start;
	*end_out = map->end < end ? map->end : end;
	if (*start_out >= *end_out ||
	    replay_is_reserved(*start_out, *end_out - *start_out))
		*start_out = 0;
}

static void close_part(struct watch *watch, struct replay_task *task,
		       remote_addr start, remote_addr end, int before, int now)
{
	if (watch->closed_count == WATCH_CLOSED ||
	    protect(task, start, end, now)) {
		watch->is_incomplete = 1;
		return;
	}
	watch->closed[watch->closed_count].start = start;
	watch->closed[watch->closed_count].end = end;
	watch->closed[watch->closed_count++].protection = before;
}

static void close_region(struct watch *watch, struct replay_task *task,
			 const struct watch_region *region)
{
	struct process_maps maps;

	if (process_maps_read_range(task->task.tid, region->address,
				    region->address + region->length, &maps)) {
		watch->is_incomplete = 1;
		return;
	}
	for (size_t i = 0; i < maps.count; i++) {
		int before = maps.maps[i].protection;
		int now = region->kind == WATCH_FOR_WRITES ?
			  before & ~PROT_WRITE : PROT_NONE;
		remote_addr start, end;

		part_of(&maps.maps[i], region, &start, &end);
		if (start && before != now)
			close_part(watch, task, start, end, before, now);
	}
	process_maps_deinit(&maps);
}

void watch_close(struct watch *watch, struct replay_task *task)
{
	/* Those that need more first: what others need is there then. */
	for (int is_write = 0; is_write < 2; is_write++)
		for (unsigned i = 0; i < watch->count; i++)
			if (watch->regions[i].is_soft && is_write ==
			    (watch->regions[i].kind == WATCH_FOR_WRITES))
				close_region(watch, task, &watch->regions[i]);
}

static int open_pages(struct watch *watch, struct replay_task *task)
{
	int err = 0;

	while (watch->closed_count && !err) {
		unsigned i = --watch->closed_count;

		err = protect(task, watch->closed[i].start,
			      watch->closed[i].end,
			      watch->closed[i].protection);
	}
	return err ? report(-EIO, "give watched memory back to task %u",
			    task->task.serial) : 0;
}

int watch_take_out(struct watch *watch, struct replay_task *task)
{
	restore_registers(watch, task);
	return open_pages(watch, task);
}

int watch_is_fault(const struct watch *watch, const struct replay_task *task,
		   int status)
{
	siginfo_t info;
	remote_addr at;

	if (!watch->closed_count || !WIFSTOPPED(status) ||
	    status_is_syscall(status) || WSTOPSIG(status) != SIGSEGV ||
	    task_get_siginfo(&task->task, &info) ||
	    info.si_code != SEGV_ACCERR)
		return 0;
	at = (remote_addr)info.si_addr;
	for (unsigned i = 0; i < watch->closed_count; i++)
		if (at >= watch->closed[i].start && at < watch->closed[i].end)
			return 1;
	return 0;
}

/* ---- steps ---- */

void watch_look(struct watch *watch, struct replay_task *task)
{
	struct memory *memory = inspect_memory(task);
	int is_any = 0;

	watch->before = task->registers;
	for (unsigned i = 0; i < watch->count; i++) {
		struct watch_region *one = &watch->regions[i];

		is_any |= one->is_soft;
		if (!one->is_soft || one->kind == WATCH_FOR_READS)
			continue;
		keep_content(one, memory);
	}
	/* What the agent reads, the program does not. */
	watch->access_count = is_any && !inspect_is_within(task) ?
		memory_accesses(memory, &task->registers, watch->accesses) : 0;
}

static int has_changed(struct watch_region *region, struct memory *memory)
{
	uint8_t *now;
	size_t i = 0;

	if (!region->before)
		return 0;
	now = xcalloc(1, region->length);
	memory->read(memory, region->address, now, region->length);
	while (i < region->length && now[i] == region->before[i])
		i++;
	free(now);
	region->met_at = region->address + i;
	return i < region->length;
}

static int is_accessed(const struct watch *watch, struct watch_region *region)
{
	remote_addr end = region->address + region->length;

	for (unsigned i = 0; i < watch->access_count; i++) {
		const struct memory_access *one = &watch->accesses[i];

		if (one->address >= end ||
		    region->address >= one->address + one->length ||
		    (region->kind == WATCH_FOR_READS && !one->is_read))
			continue;
		region->met_at = one->address > region->address ?
				 one->address : region->address;
		return 1;
	}
	return 0;
}

static int is_met_softly(struct watch *watch, struct watch_region *region,
			 struct replay_task *task)
{
	if (has_changed(region, inspect_memory(task)))
		return 1;
	return region->kind != WATCH_FOR_WRITES && is_accessed(watch, region);
}

/*
 * Of several pieces the last: what is in one that overlaps it is in both.  No
 * debug register tells a read from a write, but what has changed was written.
 */
static int is_met_by(const struct watch *watch, struct watch_region *region,
		     struct memory *memory, unsigned registers)
{
	if (!(registers & region->registers) ||
	    (region->kind == WATCH_FOR_READS && has_changed(region, memory)))
		return 0;
	region->met_at = region->address;
	for (unsigned i = 0; i < WATCH_REGISTERS; i++)
		if ((registers & region->registers) >> i & 1 &&
		    watch->registers[i].address > region->met_at)
			region->met_at = watch->registers[i].address;
	return 1;
}

void watch_take_reason(struct watch *watch, struct replay_task *task,
		       const siginfo_t *info, enum watch_stop stop)
{
	uint64_t status = watch->is_set ? get_debug(task, 6) : 0;
	struct memory *memory = inspect_memory(task);

	watch->met = status & STATUS_REGISTERS;
	watch->is_ambiguous = 0;
	if (!watch->is_set || info->si_code == SI_KERNEL ||
	    (status & (STATUS_REGISTERS | STATUS_STEP)))
		; /* it is known */
	else if (stop == WATCH_STEPPED)
		watch->met = lost_reason_of_step(watch, memory);
	else if (stop == WATCH_RAN &&
		 !(task->registers.value[R_EFLAGS] & EFLAGS_TRAP))
		watch->met = lost_reason_of_run(watch, memory,
						&task->registers,
						&watch->is_ambiguous);
	watch->is_stop = watch->met && !(status & STATUS_STEP);
}

int watch_has_stopped(const struct watch *watch)
{
	return watch->is_stop;
}

uint64_t watch_met(struct watch *watch, struct replay_task *task, int is_step)
{
	struct memory *memory = inspect_memory(task);
	uint64_t met = 0;

	for (unsigned i = 0; i < watch->count; i++) {
		struct watch_region *one = &watch->regions[i];

		if (one->is_soft ? is_step && is_met_softly(watch, one, task) :
				   is_met_by(watch, one, memory, watch->met))
			met |= 1ul << i;
	}
	return met;
}
