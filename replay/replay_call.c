/* SPDX-License-Identifier: MIT */
/*
 * System calls of the replayed program: each must be the recorded one, with
 * the recorded registers and inputs.  It gets the recorded answer; only calls
 * that change the address space are made again, by the replayer.
 */
#include "replay/replayer.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "src/process_maps.h"
#include "src/session_page.h"
#include "src/syscall_rows.h"
#include "traces/report.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

static const char *const register_names[R_COUNT] = {
	"r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8",
	"rax", "rcx", "rdx", "rsi", "rdi", "orig_rax", "rip", "cs", "eflags",
	"rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
};

/* Those of a task that could not be stopped (traces/format.md). */
static int is_unknown(const struct event *event, int name)
{
	static const uint32_t segments =
		1u << R_CS | 1u << R_SS | 1u << R_DS | 1u << R_ES |
		1u << R_FS | 1u << R_GS | 1u << R_FS_BASE | 1u << R_GS_BASE;

	return event->kind == EVENT_SYSCALL_ENTER && !event->registers[R_CS] &&
	       (segments >> name & 1);
}

/* Interrupts make other ones of an empty selector (0 to 3). */
static int are_empty_selectors(int name, uint64_t a, uint64_t b)
{
	return name >= R_DS && name <= R_GS && a < 4 && b < 4;
}

/* rax holds the call's number or its result; that is compared elsewhere. */
int replay_compare_registers(struct replayer *replayer,
			     struct replay_task *task,
			     const struct event *event,
			     const struct registers *actual)
{
	for (int i = 0; i < R_COUNT; i++) {
		uint64_t other = actual->value[i] ^ event->registers[i];

		if (i == R_EFLAGS)
			other &= ~(uint64_t)EFLAGS_RESUME;
		if (i == R_RAX || i == R_ORIG_RAX || !other ||
		    is_unknown(event, i) ||
		    are_empty_selectors(i, actual->value[i],
					event->registers[i]))
			continue;
		return replay_diverged(replayer, task, event,
				       "%s is %#llx, recorded %#llx",
				       register_names[i],
				       (unsigned long long)actual->value[i],
				       (unsigned long long)event->registers[i]);
	}
	return 0;
}

static int wrong_stop(struct replayer *replayer, struct replay_task *task,
		      const struct event *event, int status)
{
	if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGSYS)
		return replay_diverged(replayer, task, event, "it called the "
				       "vsyscall page, and this recording did "
				       "not see such calls (docs/limits.md)");
	if (!WIFSTOPPED(status))
		return replay_diverged(replayer, task, event,
				       "the task ended (status %#x)", status);
	return replay_diverged(replayer, task, event, "signal %d (%s) came "
			       "where %s was recorded%s", WSTOPSIG(status),
			       strsignal(WSTOPSIG(status)),
			       event->kind == EVENT_SIGNAL ?
			       "another signal" : syscall_name(event->detail),
			       WSTOPSIG(status) == SIGILL ?
			       "; if this processor lacks the instruction, "
			       "record with --cpu=x86-64-v2" : "");
}

int replay_to_syscall(struct replayer *replayer, struct replay_task *task,
		      const struct event *event)
{
	struct registers *registers = &task->registers;
	int status, err;

	if (task->is_at_call) {
		task->is_at_call = 0;
		return 0;
	}
	err = replay_run_task(replayer, task, &status);
	if (err)
		return err;
	if (!WIFSTOPPED(status) || !status_is_syscall(status)) {
		if (WIFSTOPPED(status))
			task_get_registers(&task->task, registers);
		return wrong_stop(replayer, task, event, status);
	}
	err = replay_get_registers(replayer, task);
	if (err)
		return err;
	registers->value[R_RAX] = registers->value[R_ORIG_RAX];
	return 0;
}

/* ---- calls made again ---- */

/*
 * A call on the pages from arguments[0] on, arguments[1] bytes, as the program
 * sees it: without the pages of reel among them.
 */
static int64_t repeat_range(struct replay_task *task, int number,
			    const uint64_t arguments[6])
{
	uint64_t start = arguments[0], end = start + arguments[1];
	uint64_t below[6] = { start, SESSION_PAGE - start, arguments[2] };
	uint64_t above[6] = { SESSION_END, 0, arguments[2] };
	int64_t result = 0, last = 0;

	if (!replay_is_reserved(start, arguments[1]))
		return replay_inject(task, number,
				     (uint64_t[6]){ start, arguments[1],
						    arguments[2] });
	if (end < start)
		return -ENOMEM;
	if (start < SESSION_PAGE)
		result = replay_inject(task, number, below);
	/* madvise(2) goes on behind a hole, and then tells of it. */
	if (end > above[0] && (!result || (number == SYS_madvise &&
					   result == -ENOMEM))) {
		above[1] = end - above[0];
		last = replay_inject(task, number, above);
	}
	return last ? last : result;
}

static int64_t repeat_mremap(struct replay_task *task,
			     const uint64_t arguments[6], int64_t result)
{
	uint64_t changed[6];

	if (result < 0 && result > -4096)
		return result;
	if (replay_is_reserved(arguments[0], arguments[1] + !arguments[1]) ||
	    replay_is_reserved((uint64_t)result, arguments[2]))
		return -EFAULT;
	memcpy(changed, arguments, sizeof(changed));
	if ((uint64_t)result == arguments[0]) {
		changed[3] &= ~(uint64_t)(MREMAP_MAYMOVE | MREMAP_FIXED);
	} else {
		changed[3] |= MREMAP_MAYMOVE | MREMAP_FIXED;
		changed[4] = (uint64_t)result;
	}
	return replay_inject(task, SYS_mremap, changed);
}

static int64_t repeat_remap(struct replay_task *task,
			    const uint64_t arguments[6])
{
	if (replay_is_reserved(arguments[0], arguments[1]))
		return -EFAULT;
	return replay_inject(task, SYS_remap_file_pages, arguments);
}

static int64_t repeat_madvise(struct replay_task *task,
			      const uint64_t arguments[6], int64_t result)
{
	uint64_t changed[6] = { arguments[0], arguments[1], arguments[2] };

	switch (arguments[2]) {
	case MADV_FREE:
		changed[2] = MADV_DONTNEED;
		break;
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_REMOVE:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
	case MADV_GUARD_INSTALL:
	case MADV_GUARD_REMOVE:
	case MADV_POPULATE_WRITE: /* copies pages of private mappings */
		break;
	default:
		return result; /* changes nothing that a program can see */
	}
	repeat_range(task, SYS_madvise, changed);
	return result;
}

/*
 * Memory that is locked is there at once, and pages of files that are private
 * and writable are copies then (mlock(2)): they count in digests.
 */
static void repeat_lock(struct replay_task *task, uint64_t start, uint64_t end)
{
	struct process_maps maps;

	if (process_maps_read_range(task->task.tid, start, end, &maps))
		return;
	for (size_t i = 0; i < maps.count; i++) {
		const struct process_map *map = &maps.maps[i];
		uint64_t from = map->start > start ? map->start : start;
		uint64_t to = map->end < end ? map->end : end;

		/* Kernels before 5.14 know no such advice: a check may fail. */
		if (from < to && map->inode && !map->is_shared &&
		    (map->protection & PROT_WRITE) &&
		    !replay_is_reserved(from, to - from))
			replay_inject(task, SYS_madvise,
				      (uint64_t[6]){ from, to - from,
						     MADV_POPULATE_WRITE });
	}
	process_maps_deinit(&maps);
}

static int repeat_call(struct replayer *replayer, struct replay_task *task,
		       const struct event *event)
{
	const uint64_t *arguments = task->call.arguments;
	int64_t expected = event->result, got = expected;

	switch (task->call.number) {
	case SYS_munmap:
		if (expected == 0)
			got = repeat_range(task, SYS_munmap, arguments);
		break;
	case SYS_mprotect:
	case SYS_pkey_mprotect:
		/* On ENOMEM the pages before the hole have changed. */
		if (expected == 0 || expected == -ENOMEM)
			got = repeat_range(task, SYS_mprotect, arguments);
		break;
	case SYS_mlock:
	case SYS_mlock2:
		if (expected == 0 && (task->call.number == SYS_mlock ||
				      !(arguments[2] & MLOCK_ONFAULT)))
			repeat_lock(task, arguments[0] & ~0xfffull,
				    (arguments[0] + arguments[1] + 0xfff) &
				    ~0xfffull);
		break;
	case SYS_mlockall:
		if (expected == 0 && (arguments[0] & MCL_CURRENT) &&
		    !(arguments[0] & MCL_ONFAULT))
			repeat_lock(task, 0, UINT64_MAX);
		break;
	case SYS_remap_file_pages:
		if (expected == 0)
			got = repeat_remap(task, arguments);
		break;
	case SYS_mremap:
		got = repeat_mremap(task, arguments, expected);
		break;
	case SYS_madvise:
		if (expected == 0 || expected == -ENOMEM)
			got = repeat_madvise(task, arguments, expected);
		break;
	}
	if (got == expected)
		return 0;
	return replay_diverged(replayer, task, event, "%s made again returned "
			       "%lld, recorded %lld",
			       syscall_name(task->call.number), (long long)got,
			       (long long)expected);
}

/* ---- events ---- */

static void measure(struct replay_task *task)
{
	const uint64_t *values = task->entry.value;
	uint64_t arguments[SYSCALL_ARGUMENTS] = {
		values[R_RDI], values[R_RSI], values[R_RDX], values[R_R10],
		values[R_R8], values[R_R9],
	};

	syscall_enter(&task->call, (int)values[R_ORIG_RAX], arguments,
		      &task->task.space->memory);
}

void replay_change_call(struct replay_task *task)
{
	task->entry = task->registers;
	measure(task);
}

/* How many its record has: those of the request, where requests have rows. */
static unsigned buffered_arguments(const struct replay_task *task,
				   const struct event *event)
{
	struct syscall_call call;

	syscall_enter(&call, event->detail, (const uint64_t[]){
			event->registers[R_RDI], event->registers[R_RSI],
			event->registers[R_RDX], event->registers[R_R10],
			event->registers[R_R8], event->registers[R_R9],
		      }, &task->task.space->memory);
	return call.row ? syscall_row_arguments(call.row) : 0;
}

/* Only what belongs to the call is known. */
static int compare_buffered(struct replayer *replayer,
			    struct replay_task *task,
			    const struct event *event)
{
	static const int known[] = {
		R_RDI, R_RSI, R_RDX, R_R10, R_R8, R_R9, R_RSP,
	};
	struct registers actual = task->registers;
	unsigned arguments = buffered_arguments(task, event);

	for (unsigned i = 0; i < 7; i++)
		if (i >= arguments && i < 6)
			actual.value[known[i]] = event->registers[known[i]];
	for (int i = 0; i < R_COUNT; i++) {
		unsigned j = 0;

		while (j < 7 && known[j] != i)
			j++;
		if (j == 7)
			actual.value[i] = event->registers[i];
	}
	return replay_compare_registers(replayer, task, event, &actual);
}

static int begin_call(struct replayer *replayer, struct replay_task *task,
		      const struct event *event)
{
	int err = replay_to_syscall(replayer, task, event);
	int number = (int)task->registers.value[R_ORIG_RAX];

	if (err)
		return err;
	if (number != event->detail)
		return replay_diverged(replayer, task, event,
				       "the call is %s (%d), recorded %s (%d)",
				       syscall_name(number), number,
				       syscall_name(event->detail),
				       event->detail);
	err = event->is_buffered ?
		compare_buffered(replayer, task, event) :
		replay_compare_registers(replayer, task, event,
					 &task->registers);
	if (err)
		return err;
	err = replay_reach(replayer, task, event);
	if (err == REPLAY_STOPPED) {
		/* It will run to here again. */
		task->registers.value[R_RIP] -= 2;
		task->is_dirty = 1;
	}
	if (err)
		return err;
	task->entry = task->registers;
	task->is_in_call = 1;
	replayer->summary->syscalls++;
	measure(task);
	return 0;
}

static int is_skipped(const struct event *event)
{
	for (size_t i = 0; i < event->effect_count; i++)
		if (event->effects[i].kind == EFFECT_SKIPPED)
			return 1;
	return 0;
}

static int end_call(struct replayer *replayer, struct replay_task *task,
		    const struct event *event)
{
	int err;

	task->call.result = event->result;
	task->registers.value[R_RAX] = (uint64_t)event->result;
	/* As the agent leaves them: it was not the kernel that answered. */
	if (event->is_buffered) {
		task->registers.value[R_RCX] = event->registers[R_RIP];
		task->registers.value[R_R11] =
			task->registers.value[R_EFLAGS];
	}
	task->is_dirty = 1;
	task->is_in_call = 0;
	err = is_skipped(event) ? 0 : repeat_call(replayer, task, event);
	return err ? err : replay_effects(replayer, task, event);
}

int replay_syscall(struct replayer *replayer, struct replay_task *task,
		   const struct event *event)
{
	int err = begin_call(replayer, task, event);

	if (err)
		return err;
	if (event->kind == EVENT_SYSCALL)
		return end_call(replayer, task, event);
	return replay_effects(replayer, task, event);
}

int replay_syscall_exit(struct replayer *replayer, struct replay_task *task,
			const struct event *event)
{
	if (!task->is_in_call)
		return report(-EBADMSG, "event %llu ends a call that has not "
			      "begun", (unsigned long long)replayer->event);
	return end_call(replayer, task, event);
}
