/* SPDX-License-Identifier: MIT */
/*
 * The agent while recording.
 *
 * Each exec gets a fresh one, and a memfd that it shares with us: records of
 * calls, and words by which we tell it what to leave to us.  All processes that
 * descend from it by fork share both; only one of them runs at a time, and none
 * stays within the agent when it loses its turn.
 *
 * A seccomp filter lets through the calls of the agent's one instruction, and
 * stops at all others.  What the program does to the agent's memory can spoil
 * its own trace, and nothing else: all that is read from there is checked.
 */
#include "src/record_agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/agent_code.h"
#include "src/process_file.h"
#include "src/record_cores.h"
#include "src/record_filters.h"
#include "src/record_ptrace.h"
#include "src/session_page.h"
#include "traces/report.h"

static struct agent_area *area_create(struct recorder *recorder)
{
	struct agent_area *area = xcalloc(1, sizeof(*area));

	area->recorder = recorder;
	area->users = 1;
	for (unsigned i = 0; i < AGENT_RINGS; i++)
		area->is_free[i] = 1;
	area->next = recorder->agent_areas;
	if (area->next)
		area->next->previous = area;
	recorder->agent_areas = area;
	return area;
}

void record_agent_release(struct agent_area *area)
{
	if (!area || --area->users)
		return;
	record_agent_end_ring(area);
	if (area->shared) {
		record_agent_learn_all(area);
		munmap(area->shared, AGENT_SHARED_LENGTH);
	}
	if (area->next)
		area->next->previous = area->previous;
	if (area->previous)
		area->previous->next = area->next;
	else
		area->recorder->agent_areas = area->next;
	free(area);
}

static int64_t inject(struct record_task *task, int number, uint64_t a,
		      uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	uint64_t arguments[6] = { a, b, c, d, e };

	return record_inject(task, space_data_of(task)->syscall_address,
			     number, arguments);
}

/* The memfd that the task made, ours too, and long enough. */
static struct agent_shared *map_here(struct record_task *task, int fd)
{
	AUTO(fd_close) int copy = -1;
	char path[64];
	void *shared;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", task->task.tid, fd);
	copy = process_open(path, O_RDWR | O_CLOEXEC);
	if (copy < 0)
		copy = task_descriptor(task, fd);
	if (copy < 0 || ftruncate(copy, AGENT_SHARED_LENGTH))
		return NULL;
	shared = mmap(NULL, AGENT_SHARED_LENGTH, PROT_READ | PROT_WRITE,
		      MAP_SHARED, copy, 0);
	return shared == MAP_FAILED ? NULL : shared;
}

static struct agent_shared *share_memory(struct record_task *task)
{
	static const char name[] = "reel";
	struct agent_shared *shared = NULL;
	int64_t fd, at = -1;

	if (address_space_write(space_of(task), SESSION_DATA, name,
				sizeof(name)))
		return NULL;
	fd = inject(task, SYS_memfd_create, SESSION_DATA, 1, 0, 0, 0);
	if (fd < 0)
		return NULL;
	shared = map_here(task, (int)fd);
	if (shared)
		at = inject(task, SYS_mmap, AGENT_SHARED, AGENT_SHARED_LENGTH,
			    PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_FIXED, (uint64_t)fd);
	inject(task, SYS_close, (uint64_t)fd, 0, 0, 0, 0);
	if (shared && at != AGENT_SHARED) {
		munmap(shared, AGENT_SHARED_LENGTH);
		shared = NULL;
	}
	return shared;
}

/* Its code, at first without anything else. */
static int map_code(struct record_task *task)
{
	if (inject(task, SYS_mmap, AGENT_TEXT, AGENT_TEXT_LENGTH,
		   PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, (uint64_t)-1) !=
	    AGENT_TEXT)
		return -ENOMEM;
	return address_space_write(space_of(task), AGENT_TEXT, agent_code,
				   agent_code_length);
}

static int map_private(struct record_task *task)
{
	return inject(task, SYS_mmap, AGENT_PRIVATE, AGENT_PRIVATE_LENGTH,
		      PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		      (uint64_t)-1) == AGENT_PRIVATE ? 0 : -ENOMEM;
}

/* At the last call of the agent's set_up. */
static void take_shared(struct record_task *task,
			const struct registers *registers, void *context)
{
	struct agent_shared **shared_out = context;

	if (registers->value[R_RBX] == AGENT_PRIVATE &&
	    registers->value[R_R13] == AGENT_SHARED)
		*shared_out = map_here(task, (int)registers->value[R_R12]);
}

/*
 * The rest of its memory.  The agent maps it itself, with two stops instead of
 * eighteen, unless filters have a word in what calls are made.
 */
static struct agent_shared *map_rest(struct record_task *task)
{
	struct agent_shared *shared = NULL;

	if (task->filters || task->traps_calls || task->is_dispatching)
		return map_private(task) ? NULL : share_memory(task);
	record_inject_code(task, AGENT_SET_UP, take_shared, &shared);
	return shared;
}

int record_agent_map(struct recorder *recorder, struct record_task *task)
{
	struct space_data *data = space_data_of(task);
	struct agent_shared *shared;

	if (!recorder->agent_rules)
		return 0;
	/* One that was there was unmapped; others may still have it. */
	record_agent_release(data->agent);
	data->agent = area_create(recorder);
	if (!data->has_scratch)
		return 0;
	if (!recorder->agent_rules->device_count)
		record_agent_read_mounts(recorder, task->task.tid);
	shared = map_code(task) ? NULL : map_rest(task);
	if (!shared)
		return 0;
	data->agent->shared = shared;
	shared->mode = AGENT_RECORDS;
	shared->stack = AGENT_STACK_TOP;
	record_agent_begin_part(data->agent, 0);
	shared->is_host = recorder->cpu == CPU_HOST && recorder->is_pinned;
	memcpy(shared->leaves, recorder->agent_rules->leaves,
	       sizeof(shared->leaves));
	record_agent_tell(data->agent);
	record_agent_look_at_actions(task);
	data->syscall_address = AGENT_TEXT;
	return 0;
}

/* ---- going on ---- */

static int is_off(const struct record_task *task)
{
	return record_filters_stop_calls(task) || task->is_dispatching ||
	       is_traced(task);
}

/* Instructions that are ours to answer. */
static uint32_t trapped_kinds(const struct recorder *recorder,
			      const struct record_task *task)
{
	uint32_t kinds = 0;

	if (task->tsc_mode == PR_TSC_SIGSEGV)
		kinds |= 1u << INSTRUCTION_RDTSC | 1u << INSTRUCTION_RDTSCP;
	if (record_core_of(recorder, task) != recorder->info.core)
		kinds |= 1u << INSTRUCTION_RDTSCP | 1u << INSTRUCTION_RDPID;
	return kinds;
}

_Static_assert(AGENT_VDSO_CALLS == VDSO_PATCHES, "there is room for all");

/* Those of the vDSO are none for the filters, where reel makes them. */
static const int vdso_numbers[] = {
	SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_time,
	SYS_getcpu,
};

/* Other tasks that share this memory may have other filters. */
static void tell_of_filters(const struct record_task *task,
			    struct agent_shared *shared)
{
	const struct seccomp_filter *filters = task->filters;
	const struct space_data *data = space_data_of(task);

	shared->is_filtered = filters != NULL;
	if (!filters)
		return;
	shared->vdso_clocks = record_vdso_clocks();
	shared->vdso_call_count = data->vdso_call_count;
	memcpy(shared->vdso_calls, data->vdso_calls,
	       data->vdso_call_count * sizeof(*data->vdso_calls));
	memcpy(shared->allowed, filters->allowed, sizeof(shared->allowed));
	memcpy(shared->harmless, filters->harmless, sizeof(shared->harmless));
	for (size_t i = 0; i < sizeof(vdso_numbers) / sizeof(int); i++) {
		uint8_t bit = (uint8_t)(1u << vdso_numbers[i] % 8);
		uint8_t *byte = &shared->harmless[vdso_numbers[i] / 8];

		*byte &= (uint8_t)~(bit & ~filters->allowed[vdso_numbers[i] /
							    8]);
	}
}

int record_agent_request(struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;
	struct agent_shared *shared = area ? area->shared : NULL;
	int is_traced_only = is_off(task);

	/* One that is in a call may not be the one that runs. */
	if (!area || task->phase != CALL_NONE || task->is_interrupted)
		return PTRACE_SYSCALL;
	if (shared) {
		record_agent_go_on_in_ring(area);
		shared->is_traced = is_traced_only || task->withheld != NULL;
		shared->is_stop_wanted = 0;
		shared->stops_after_wake = task->turn_used_ns >= SOON_NS;
		shared->stops_after_any_wake = shared->stops_after_wake &&
			area->recorder->ready_first != NULL;
		shared->has_woken = 0;
		shared->are_others_woken = shared->will_wait = 0;
		shared->trapped = trapped_kinds(area->recorder, task);
		shared->are_files_apart = task->has_own_files ||
			space_data_of(task)->shares_files;
		shared->are_actions_apart = task->has_own_actions != 0;
		tell_of_filters(task, shared);
	}
	return is_traced_only ? PTRACE_SYSCALL : PTRACE_CONT;
}

void record_agent_may_yield(struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;

	if (area && area->shared)
		area->shared->stops_after_wake = 1;
}

int record_agent_has_woken(const struct record_task *task)
{
	const struct agent_area *area = space_data_of(task)->agent;

	return area && area->shared && area->shared->are_others_woken;
}

int record_agent_stop_at_call(struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;

	if (!area || !area->shared || area->shared->is_traced)
		return 0;
	area->shared->is_traced = 1;
	return 1;
}

int record_agent_will_wait(const struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;
	int will_wait;

	if (!area || !area->shared)
		return 0;
	will_wait = area->shared->will_wait != 0;
	area->shared->will_wait = 0;
	return will_wait;
}
