/* SPDX-License-Identifier: MIT */
/*
 * System calls while recording.  At the entry the row's inputs are saved, at
 * the exit its outputs; hooks take care of what a row can't say.  A call that
 * ends while its task is still the current one is one event; one that lets
 * others run is announced by SYSCALL_ENTER and ended by SYSCALL_EXIT.
 */
#include "src/recorder.h"
#include "src/record_ptrace.h"

#include <asm/prctl.h>
#include <errno.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "src/record_agent.h"
#include "src/record_chaos.h"
#include "src/record_cores.h"
#include "src/record_trapped_call.h"
#include "src/session_page.h"
#include "src/syscall_rows.h"
#include "traces/report.h"

#define INPUT_TEXT_LIMIT 4096u
#define INPUT_BULK_LIMIT 64u   /* of a payload, a reader needs the start */
#define INPUT_STRUCT_LIMIT 4096u
#define OUTPUT_PIECE (1u << 20)
#define OUTPUT_LIMIT (4u << 20)
#define DIGEST_PAGES 256u      /* budget of a digest between events */

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef ARCH_GET_CPUID
#define ARCH_GET_CPUID 0x1011
#define ARCH_SET_CPUID 0x1012
#endif

/* A call's result that means "interrupted" (include/linux/errno.h). */
static int is_restart(int64_t result)
{
	return result <= -512 && result >= -516 && result != -515;
}

/* ---- saving memory ---- */

struct save_context {
	struct recorder *recorder; /* NULL: keep it all */
	struct record_task *task;
	struct memory *memory; /* of inputs */
	uint64_t saved;
};

static int save_input(void *context, const struct syscall_extent *extent)
{
	struct record_task *task = ((struct save_context *)context)->task;
	struct memory *memory = ((struct save_context *)context)->memory;
	uint64_t limit = extent->is_text ? INPUT_TEXT_LIMIT :
		extent->is_bulk ? INPUT_BULK_LIMIT : INPUT_STRUCT_LIMIT;
	size_t length = extent->length < limit ? extent->length : limit;
	uint8_t bytes[4096];
	size_t got = memory->read(memory, extent->address, bytes, length);
	struct effect *effect;

	if (!got)
		return 0;
	effect = effect_list_add_bytes(&task->effects, EFFECT_INPUT, bytes,
				       got);
	effect->id = extent->argument;
	effect->address = extent->address;
	effect->extent = extent->length == got ? 0 : extent->length;
	return 0;
}

int record_flush_effects(struct recorder *recorder, struct record_task *task)
{
	struct event event = { .kind = EVENT_NOTE };
	int err = 0;

	if (task->audit)
		return 0;
	if (task->phase == CALL_ENTERED)
		err = record_announce_call(recorder, task);
	if (!err)
		err = recorder_append(recorder, task, &event, &task->effects);
	effect_list_clear(&task->effects);
	return err;
}

static int flush_outputs(struct save_context *context)
{
	context->saved = 0;
	return context->recorder ? record_flush_effects(context->recorder,
							context->task) : 0;
}

static int save_output(void *context, const struct syscall_extent *extent)
{
	struct save_context *saving = context;
	struct record_task *task = saving->task;
	struct scratch_memory memory = record_call_memory(task);
	int is_elsewhere = record_scratch_is_redirected(task, extent->address);
	uint64_t done = 0;

	while (done < extent->length) {
		uint64_t left = extent->length - done;
		size_t piece = left < OUTPUT_PIECE ? left : OUTPUT_PIECE;
		struct effect *effect = effect_list_add_bytes(
			&task->effects, EFFECT_WRITE, NULL, piece);
		size_t got = memory.memory.read(&memory.memory,
						extent->address + done,
						(void *)effect->bytes, piece);

		if (is_elsewhere)
			address_space_write(space_of(task),
					    extent->address + done,
					    effect->bytes, got);
		effect->address = extent->address + done;
		effect->id = extent->argument;
		effect->length = got;
		saving->saved += got;
		if (saving->saved >= OUTPUT_LIMIT && flush_outputs(saving))
			return -EIO;
		if (got < piece)
			break;
		done += got;
	}
	return 0;
}

static int save_inputs(struct record_task *task, struct memory *memory)
{
	struct save_context context = { .task = task, .memory = memory };
	int err = syscall_inputs(&task->call, memory, save_input, &context);

	task->inputs = task->effects.count;
	return err;
}

static int save_outputs(struct recorder *recorder, struct record_task *task)
{
	struct save_context context = { recorder, task };
	struct scratch_memory memory = record_call_memory(task);

	return syscall_outputs(&task->call, &memory.memory, save_output,
			       &context);
}

/* ---- hooks ---- */

int record_change_call(struct record_task *task, struct registers *changed)
{
	record_pass(task, changed);
	task->restore = task->entry;
	task->has_restore = 1;
	return task_set_registers(&task->task, changed);
}

/* What the kernel shall see instead; the program gets its own value back. */
static int change_argument(struct record_task *task, enum register_name name,
			   uint64_t value)
{
	struct registers changed = task->entry;

	changed.value[R_RAX] = (uint64_t)-ENOSYS;
	changed.value[name] = value;
	return record_change_call(task, &changed);
}

int record_answer(struct record_task *task, int64_t result)
{
	struct registers changed = task->entry;
	int err;

	changed.value[R_RAX] = (uint64_t)-ENOSYS;
	record_cancel(task, &changed);
	task->restore = task->entry;
	task->has_restore = 1;
	err = task_set_registers(&task->task, &changed);
	task->is_cancelled = 1;
	task->call.result = result;
	return err == -ESRCH ? 0 : err;
}

int record_refuse(struct recorder *recorder, struct record_task *task,
		  int64_t result, const char *text)
{
	int err = recorder_note(recorder, task, TEXT_WARNING, text);

	warn("%s", text);
	return err ? err : record_answer(task, result);
}

static uint64_t clone_flags_of(struct record_task *task)
{
	uint64_t flags = 0;

	switch (task->call.number) {
	case SYS_fork:
		return 0;
	case SYS_vfork:
		return CLONE_VM | CLONE_VFORK;
	case SYS_clone:
		return task->call.arguments[0];
	}
	address_space_read(space_of(task), task->call.arguments[0], &flags,
			   sizeof(flags));
	return flags;
}

/*
 * A process that is not dumpable can't be looked into by an unprivileged
 * tracer (ptrace(2)): it believes to be so.  That it is dumpable it may really
 * say: the kernel takes that away when credentials change.
 */
static int dumpable_entry(struct recorder *recorder, struct record_task *task)
{
	struct space_data *data = space_data_of(task);
	uint64_t mode = task->call.arguments[1];

	if (recorder->is_privileged)
		return 0;
	if (task->call.arguments[0] == PR_GET_DUMPABLE)
		return data->is_undumpable ? record_answer(task, 0) : 0;
	if (mode <= 1)
		data->is_undumpable = mode == 0;
	return mode == 0 ? record_answer(task, 0) : 0;
}

static int arch_prctl_entry(struct record_task *task)
{
	if (task->call.arguments[0] == ARCH_GET_CPUID)
		return record_answer(task, 1);
	if (task->call.arguments[0] == ARCH_SET_CPUID)
		return record_answer(task, task->call.arguments[1] ?
					    0 : -ENODEV);
	return 0;
}

/* Kernels before 6.13 know no advice here that changes what memory holds. */
static int process_madvise_entry(struct recorder *recorder,
				 struct record_task *task)
{
	switch (task->call.arguments[3]) {
	case MADV_NORMAL:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_WILLNEED:
	case MADV_COLLAPSE:
		return 0;
	}
	return record_refuse(recorder, task, -EINVAL, "process_madvise that "
			     "discards memory was answered EINVAL");
}

/* Where a sleep that is interrupted puts what remains of it. */
static remote_addr sleep_rest_of(const struct record_task *task)
{
	if (task->call.number == SYS_nanosleep)
		return task->call.arguments[1];
	return task->call.number == SYS_clock_nanosleep ?
		task->call.arguments[3] : 0;
}

/* A filter gets instructions in front that let reel's own calls through. */
static int filter_entry(struct recorder *recorder, struct record_task *task)
{
	int is_changed = record_filter_entry(recorder, task);
	int64_t result;

	if (record_strict_entry(recorder, task, &result))
		return record_answer(task, result);
	return is_changed ? change_argument(task, R_RDX, FILTER_START) : 0;
}

static int prctl_entry(struct recorder *recorder, struct record_task *task)
{
	uint64_t option = task->call.arguments[0];
	uint64_t mode = task->call.arguments[1];

	if (option == PR_SET_SECCOMP)
		return filter_entry(recorder, task);
	if (option == PR_SET_DUMPABLE || option == PR_GET_DUMPABLE)
		return dumpable_entry(recorder, task);
	if (option != PR_SET_TSC)
		return 0;
	if (mode != PR_TSC_ENABLE && mode != PR_TSC_SIGSEGV)
		return record_answer(task, -EINVAL);
	task->tsc_mode = (int)mode;
	return record_answer(task, 0);
}

/* Lazily freed pages would be zero or not, at any moment. */
uint64_t record_advice(const struct record_task *task)
{
	uint64_t advice = task->call.arguments[2];

	return task->call.number == SYS_madvise && advice == MADV_FREE ?
		MADV_DONTNEED : advice;
}

/* What the agent knows of the memory is the recorder's from now on. */
static void take_range(struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;
	int number = task->call.number;

	record_agent_learn_break(task);
	if (number == SYS_madvise ? arguments[2] == MADV_DONTFORK :
	    number == SYS_munmap || arguments[2] & PROT_EXEC)
		record_agent_forget_plain(task, arguments[0],
					  arguments[0] + arguments[1]);
}

static int range_entry(struct record_task *task)
{
	int err = record_own_memory_entry(task);
	uint64_t advice = record_advice(task);

	take_range(task);
	if (err || task->goes_around || advice == task->call.arguments[2])
		return err;
	return change_argument(task, R_RDX, advice);
}

/* Flags that there are none of: what it says before it looks at them stands. */
static int landlock_entry(const struct recorder *recorder,
			  struct record_task *task)
{
	task->is_forbidden = !record_may_confine(recorder, task);
	return task->is_forbidden ?
		change_argument(task, R_RSI, 0xffffffff) : 0;
}

static int confine_entry(struct recorder *recorder, struct record_task *task)
{
	return task->call.number == SYS_seccomp ?
		filter_entry(recorder, task) : landlock_entry(recorder, task);
}

static int affinity_entry(struct recorder *recorder, struct record_task *task)
{
	struct registers changed = task->entry;

	if (!record_affinity_entry(recorder, task))
		return 0;
	changed.value[R_RAX] = (uint64_t)-ENOSYS;
	changed.value[R_RSI] = sizeof(cpu_set_t);
	changed.value[R_RDX] = FILTER_START;
	return record_change_call(task, &changed);
}

static int clone_entry(struct record_task *task)
{
	task->clone_flags = clone_flags_of(task);
	if (task->call.number != SYS_clone ||
	    !(task->clone_flags & CLONE_UNTRACED))
		return 0;
	return change_argument(task, R_RDI, task->call.arguments[0] &
			       ~(uint64_t)CLONE_UNTRACED);
}

static int hook_entry(struct recorder *recorder, struct record_task *task)
{
	task->goes_around = 0;
	record_priority_entry(recorder, task);
	switch (task->call.number) {
	case SYS_clone:
	case SYS_clone3:
	case SYS_fork:
	case SYS_vfork:
		return clone_entry(task);
	case SYS_execve:
	case SYS_execveat:
		return record_exec_entry(recorder, task);
	case SYS_mmap:
		return record_mmap_entry(recorder, task);
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_pkey_mprotect:
	case SYS_madvise:
		return range_entry(task);
	case SYS_process_madvise:
		return process_madvise_entry(recorder, task);
	case SYS_kill:
		return record_before_kill(recorder, task);
	case SYS_shmdt:
		record_shmdt_entry(task);
		return 0;
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
		address_space_read(space_of(task), sleep_rest_of(task),
				   task->sleep_rest, sizeof(task->sleep_rest));
		return 0;
	case SYS_splice:
		record_splice_entry(recorder, task);
		return 0;
	case SYS_sched_setaffinity:
		return affinity_entry(recorder, task);
	case SYS_read:
	case SYS_pread64:
	case SYS_readv:
	case SYS_preadv:
	case SYS_preadv2:
		record_cores_read(recorder, task);
		return 0;
	case SYS_ioctl:
		if (record_notify_entry(recorder, task))
			return change_argument(task, R_RDX, FILTER_START);
		return 0;
	case SYS_seccomp:
	case SYS_landlock_restrict_self:
		return confine_entry(recorder, task);
	case SYS_prctl:
		return prctl_entry(recorder, task);
	case SYS_arch_prctl:
		return arch_prctl_entry(task);
	case SYS_ptrace:
		return record_ptrace_entry(recorder, task);
	case SYS_wait4:
	case SYS_waitid:
		return record_wait_entry(recorder, task);
	}
	return 0;
}

static void stack_limit_effect(struct record_task *task)
{
	struct rlimit limit;
	struct effect *effect;

	if (prlimit(task->task.tid, RLIMIT_STACK, NULL, &limit))
		return;
	effect = effect_list_add(&task->effects, EFFECT_RLIMIT);
	effect->id = RLIMIT_STACK;
	effect->address = limit.rlim_cur;
	effect->extent = limit.rlim_max;
}

/* process_vm_writev(): the bytes appear in another traced task's memory. */
static int vm_write_exit(struct recorder *recorder, struct record_task *task)
{
	struct record_task *target =
		recorder_find_seen(recorder, task,
				   (pid_t)task->call.arguments[0]);
	uint64_t left = (uint64_t)task->call.result;
	struct effect_list effects = { 0 };
	struct event event = { .kind = EVENT_NOTE };
	int err = 0;

	for (uint64_t i = 0; target && left && i < task->call.arguments[4];
	     i++) {
		uint64_t vector[2];
		struct effect *effect;

		if (address_space_read(space_of(task),
				       task->call.arguments[3] + 16 * i,
				       vector, sizeof(vector)))
			break;
		if (vector[1] > left)
			vector[1] = left;
		effect = effect_list_add_bytes(&effects, EFFECT_WRITE, NULL,
					       vector[1]);
		effect->address = vector[0];
		address_space_read(space_of(target), vector[0],
				   (void *)effect->bytes, vector[1]);
		left -= vector[1];
	}
	if (effects.count)
		err = recorder_append(recorder, target, &event, &effects);
	effect_list_deinit(&effects);
	return err;
}

/* That randomization is off is the program's own doing, or not shown. */
static void personality_result(struct recorder *recorder,
			       struct record_task *task)
{
	uint32_t asked = (uint32_t)task->call.arguments[0];

	if (task->call.result < 0 || recorder->options->aslr)
		return;
	if (!task->is_unrandomized)
		task->call.result &= ~(int64_t)ADDR_NO_RANDOMIZE;
	if (asked != 0xffffffff)
		task->is_unrandomized = (asked & ADDR_NO_RANDOMIZE) != 0;
}

static void save_rest(struct record_task *task, remote_addr addr)
{
	effect_list_add_bytes(&task->effects, EFFECT_WRITE, task->sleep_rest,
			      sizeof(task->sleep_rest))->address = addr;
}

/* One that we sent (record_wait.c) says what the kernel would have said. */
static void child_signal_result(struct recorder *recorder,
				struct record_task *task)
{
	remote_addr addr = record_scratch_address(task,
						  task->call.arguments[1]);
	siginfo_t info;

	if (address_space_read(space_of(task), addr, &info, sizeof(info)))
		return;
	record_wait_siginfo(recorder, task, &info);
	address_space_write(space_of(task), addr, &info, sizeof(info));
}

static void signal_stack_set(struct record_task *task)
{
	stack_t stack;

	if (address_space_read(space_of(task), task->call.arguments[0], &stack,
			       sizeof(stack)))
		return;
	task->signal_stack = stack.ss_flags & SS_DISABLE ?
		0 : (remote_addr)stack.ss_sp;
	task->signal_stack_length = stack.ss_size;
}

/* Whether the program wants SIGCHLD for stops: /proc doesn't tell. */
static void child_action_set(struct recorder *recorder,
			     struct record_task *task)
{
	uint64_t action[2]; /* handler, flags */

	if (!task->call.arguments[1] ||
	    address_space_read(space_of(task), task->call.arguments[1],
			       action, sizeof(action)))
		return;
	for (struct record_task *other = recorder->all; other;
	     other = other->next_all)
		if (other->task.tgid == task->task.tgid)
			other->wants_no_stops =
				(action[1] & SA_NOCLDSTOP) != 0;
}

static void action_set(struct recorder *recorder, struct record_task *task)
{
	record_sigsys_action(task);
	if (task->call.arguments[0] == SIGCHLD)
		child_action_set(recorder, task);
}

/* Before the outputs are saved: what the program shall see. */
static void hook_result(struct recorder *recorder, struct record_task *task)
{
	int64_t *result = &task->call.result;

	record_own_filter_result(recorder, task);
	switch (task->call.number) {
	case SYS_sched_setaffinity:
		if (*result == 0)
			record_affinity_set(recorder, task);
		break;
	case SYS_sched_getaffinity:
		if (*result > 0)
			record_affinity_get(recorder, task);
		break;
	case SYS_getcpu:
		record_getcpu_exit(recorder, task);
		break;
	case SYS_getdents:
	case SYS_getdents64:
		record_cores_listed(recorder, task);
		break;
	case SYS_personality:
		personality_result(recorder, task);
		break;
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
		/* Only a tracer makes ignored signals interrupt a sleep. */
		if (*result == 0 && task->was_restarted &&
		    sleep_rest_of(task)) {
			address_space_write(space_of(task),
					    sleep_rest_of(task),
					    task->sleep_rest,
					    sizeof(task->sleep_rest));
			/* an event may have had the remainder already */
			save_rest(task, sleep_rest_of(task));
		}
		break;
	case SYS_set_tid_address:
		task->clear_tid = task->call.arguments[0];
		break;
	case SYS_sigaltstack:
		if (*result == 0 && task->call.arguments[0])
			signal_stack_set(task);
		break;
	case SYS_rt_sigtimedwait:
		if (*result == SIGCHLD && task->call.arguments[1])
			child_signal_result(recorder, task);
		break;
	case SYS_rt_sigaction:
		if (*result == 0)
			action_set(recorder, task);
		break;
	case SYS_prctl:
		if (task->call.arguments[0] == PR_GET_TSC && *result == 0)
			address_space_write(space_of(task),
					    task->call.arguments[1],
					    &task->tsc_mode,
					    sizeof(task->tsc_mode));
		break;
	}
}

static int hook_exit(struct recorder *recorder, struct record_task *task)
{
	int err = record_own_memory_exit(task);
	int64_t result = task->call.result;

	if (err)
		return err;
	record_priority_exit(recorder, task);
	switch (task->call.number) {
	case SYS_mmap:
		return record_mmap_exit(recorder, task);
	case SYS_munmap:
		return record_munmap_exit(recorder, task);
	case SYS_mremap:
		return record_mremap_exit(task);
	case SYS_brk:
		return record_brk_exit(recorder, task);
	case SYS_shmat:
		return record_shmat_exit(recorder, task);
	case SYS_shmdt:
		return record_shmdt_exit(task);
	case SYS_mprotect:
	case SYS_pkey_mprotect:
		return result ? 0 : record_protect_exit(recorder, task);
	case SYS_setrlimit:
	case SYS_prlimit64:
		if (result == 0)
			stack_limit_effect(task);
		return 0;
	case SYS_seccomp:
	case SYS_prctl:
		if (task->call.number == SYS_prctl)
			record_dispatch_set(task);
		return record_filter_exit(recorder, task);
	case SYS_open:
	case SYS_openat:
	case SYS_openat2:
		err = record_cores_opened(recorder, task);
		return err ? err : record_file_changes(recorder, task);
	case SYS_ioctl:
		record_notify_exit(recorder, task);
		break;
	case SYS_process_vm_writev:
		return result > 0 ? vm_write_exit(recorder, task) : 0;
	case SYS_setuid:
	case SYS_setreuid:
	case SYS_setresuid:
	case SYS_setgid:
	case SYS_setregid:
	case SYS_setresgid:
		return result ? 0 : record_identity_exit(recorder, task);
	}
	return record_file_changes(recorder, task);
}

/* ---- entry ---- */

/* Lets the call run: where the task is then depends on whose turn it is. */
static int resume_call(struct recorder *recorder, struct record_task *task)
{
	task->state = task == recorder->current ? TASK_RUNNING : TASK_IN_CALL;
	task->resumed_ns = now_ns();
	return recorder_resume(task, PTRACE_SYSCALL, 0);
}

/* What would be no call without reel is none for the program's filters. */
static int vdso_call_entry(struct recorder *recorder, struct record_task *task)
{
	struct registers changed = task->entry;

	if (!task->filters || !task->filters->lets_us_pass)
		return record_answer(task, record_vdso_answer(recorder, task));
	changed.value[R_RAX] = (uint64_t)-ENOSYS;
	return record_change_call(task, &changed);
}

static int warn_of_supervisor(struct recorder *recorder,
			      struct record_task *task)
{
	static const char text[] = "a call that reel changes or refuses was "
		"left to the program's seccomp supervisor (docs/limits.md)";

	warn("%s", text);
	return recorder_note(recorder, task, TEXT_WARNING, text);
}

/*
 * A supervisor sees and answers the call as the program made it.  Whether the
 * kernel makes it after all is for record_notify.c to see.
 */
static int unchange_call(struct recorder *recorder, struct record_task *task)
{
	struct registers entry = task->entry;

	if (!task->has_restore)
		return 0;
	entry.value[R_RAX] = (uint64_t)-ENOSYS;
	task->is_denied = task->is_cancelled;
	task->denied = task->call.result;
	task->has_restore = task->is_cancelled = task->passes = 0;
	task->goes_around = 0;
	if (task_set_registers(&task->task, &entry))
		return -ESRCH;
	return task->is_denied ? 0 : warn_of_supervisor(recorder, task);
}

static int prepare_call(struct recorder *recorder, struct record_task *task)
{
	enum syscall_replay replay = syscall_replay_of(&task->call);
	const struct registers *entry = &task->entry;
	int err;

	/* There is no such call; tracers use that to have none made. */
	if (task->call.number < 0)
		return 0;
	/* The syscall instruction leaves rip in rcx; int 0x80 does not. */
	if (entry->value[R_RCX] != entry->value[R_RIP])
		err = record_refuse(recorder, task, -ENOSYS, "a call by int "
				    "0x80 was answered ENOSYS "
				    "(docs/limits.md)");
	else if (record_cores_hides(recorder, task))
		err = record_answer(task, -ENOENT);
	else if (task->needs_pass)
		err = vdso_call_entry(recorder, task);
	else if (replay == REPLAY_UNKNOWN)
		err = record_unknown_call(recorder, task);
	else if (replay == REPLAY_REFUSE)
		err = record_answer(task, syscall_refusal(&task->call));
	else
		err = hook_entry(recorder, task);
	if (!err && record_seccomp_asks(task))
		err = unchange_call(recorder, task);
	return err;
}

int record_call_begins(struct record_task *task)
{
	const uint64_t *value = task->entry.value;
	const uint64_t arguments[SYSCALL_ARGUMENTS] = {
		value[R_RDI], value[R_RSI], value[R_RDX], value[R_R10],
		value[R_R8], value[R_R9],
	};

	struct memory_page memory;

	memory_page_init(&memory, &space_of(task)->memory);
	task->at_boundary = 0;
	task->slice_ns = 0;
	task->phase = CALL_ENTERED;
	task->will_wait = record_agent_will_wait(task);
	task->was_restarted = task->was_stopped = 0;
	record_seccomp_entry(task);
	effect_list_clear(&task->effects);
	syscall_enter(&task->call, (int)value[R_ORIG_RAX], arguments,
		      &memory.memory);
	return save_inputs(task, &memory.memory);
}

int record_call_goes_on(struct recorder *recorder, struct record_task *task)
{
	int err = 0;

	if (record_dies_strictly(task)) {
		err = record_die_strictly(task);
		if (err && err != -ESRCH)
			return err;
	} else if (!task->is_skipped) {
		err = prepare_call(recorder, task);
		if (err && err != -ESRCH)
			return err;
		if (!record_seccomp_asks(task))
			record_scratch_entry(recorder, task);
	}
	record_audit_entry(recorder, task);
	record_clone_entry(task);
	err = record_pass_filters(recorder, task);
	if (err && err != -ESRCH)
		return err;
	return resume_call(recorder, task);
}

int record_call_restarts(struct recorder *recorder, struct record_task *task)
{
	task->is_interrupted = task->is_repeated = 0;
	task->was_restarted = 1;
	record_scratch_apply(task);
	record_pass_again(task);
	record_wait_restarts(recorder, task);
	record_clone_entry(task);
	return resume_call(recorder, task);
}

int record_syscall_entry(struct recorder *recorder, struct record_task *task)
{
	struct registers *entry = &task->entry;
	int err;

	if (task->is_interrupted) {
		/* The kernel restarts the call; the program notices nothing. */
		if (!task->is_repeated &&
		    record_stops_at_entry(recorder, task, &err))
			return err;
		return record_call_restarts(recorder, task);
	}
	if (task_get_registers(&task->task, entry))
		return 0;
	entry->value[R_RAX] = entry->value[R_ORIG_RAX];
	if (task->withheld && !task->withheld->is_sent &&
	    !record_chaos_holds(recorder, task))
		return record_deliver_withheld(recorder, task);
	if (record_wants_strict(task))
		return record_release_first(recorder, task);
	err = record_call_begins(task);
	if (err || record_stops_at_entry(recorder, task, &err))
		return err;
	return record_call_goes_on(recorder, task);
}

/* ---- exit ---- */

static void fill_event(const struct record_task *task, struct event *event)
{
	event->detail = task->call.number;
	memcpy(event->registers, task->entry.value, sizeof(event->registers));
}

/* Where the call waits is told by it (record_stuck.c). */
static char *copy_path(const struct record_task *task)
{
	const struct syscall_row *row = task->call.row;

	for (size_t i = 0; row && i < task->inputs; i++) {
		const struct effect *input = &task->effects.effects[i];

		if (row_argument_type(row, input->id) == TYPE_path)
			return xasprintf("%.*s", (int)input->length,
					 (const char *)input->bytes);
	}
	return NULL;
}

int record_announce_call(struct recorder *recorder, struct record_task *task)
{
	struct event event = { .kind = EVENT_SYSCALL_ENTER };
	struct effect_list inputs = task->effects;
	int err;

	bug_unless(task->phase == CALL_ENTERED, "task %d: announced twice",
		   task->task.tid);
	task->phase = CALL_ANNOUNCED;
	free(task->announced_path);
	task->announced_path = copy_path(task);
	fill_event(task, &event);
	inputs.count = task->inputs;
	err = recorder_append(recorder, task, &event, &inputs);
	/* What an interrupted call wrote so far stays for its exit. */
	task->effects.count -= task->inputs;
	if (task->effects.count)
		memmove(task->effects.effects,
			task->effects.effects + task->inputs,
			task->effects.count * sizeof(struct effect));
	task->inputs = 0;
	return err;
}

static int is_pi_futex(const struct record_task *task)
{
	int operation = (int)task->call.arguments[1] & FUTEX_CMD_MASK;

	return task->call.number == SYS_futex &&
	       (operation == FUTEX_LOCK_PI || operation == FUTEX_LOCK_PI2 ||
		operation == FUTEX_WAIT_REQUEUE_PI);
}

/*
 * The call waits: others run now.  A priority-inheriting futex has changed
 * already (FUTEX_WAITERS), which they see (futex(2)).
 */
int record_blocked_call(struct recorder *recorder, struct record_task *task)
{
	struct effect_list effects = { 0 };
	struct event event = { .kind = EVENT_NOTE };
	remote_addr addr = task->call.arguments[0];
	uint32_t word;
	int err = 0;

	if (task->phase == CALL_ENTERED)
		err = record_announce_call(recorder, task);
	if (err || !is_pi_futex(task))
		return err;
	if ((task->call.arguments[1] & FUTEX_CMD_MASK) ==
	    FUTEX_WAIT_REQUEUE_PI)
		addr = task->call.arguments[4];
	if (!address_space_read(space_of(task), addr, &word, sizeof(word))) {
		effect_list_add_bytes(&effects, EFFECT_WRITE, &word,
				      sizeof(word))->address = addr;
		err = recorder_append(recorder, task, &event, &effects);
	}
	effect_list_deinit(&effects);
	return err;
}

static int finish_call(struct recorder *recorder, struct record_task *task)
{
	struct event event = { .kind = EVENT_SYSCALL };
	int err;

	event.result = task->call.result;
	if (task->phase == CALL_ENTERED) {
		fill_event(task, &event);
	} else {
		event.kind = EVENT_SYSCALL_EXIT;
		event.detail = task->call.number;
	}
	task->phase = CALL_NONE;
	task->is_stuck_reported = 0;
	task->stuck_since_ns = 0;
	record_scratch_release(task);
	err = recorder_append(recorder, task, &event, &task->effects);
	effect_list_clear(&task->effects);
	return err;
}

static void save_registers(struct record_task *task,
			   const struct registers *now)
{
	uint8_t xstate[EXTENDED_STATE_LENGTH];
	ssize_t length;

	effect_list_add_bytes(&task->effects, EFFECT_REGISTERS, now,
			      sizeof(*now));
	if (task->call.number != SYS_rt_sigreturn)
		return;
	length = task_get_xstate(&task->task, xstate);
	if (length > 0)
		effect_list_add_bytes(&task->effects, EFFECT_XSTATE, xstate,
				      (size_t)length);
}

/* Registers as the program has them after the call, in *now too. */
static int settle_registers(struct record_task *task, struct registers *now)
{
	struct registers expected = task->entry;
	int must_set = task->has_restore || task->passes ||
		now->value[R_RAX] != (uint64_t)task->call.result;

	if (task->has_restore)
		*now = task->restore;
	if (task->call.number != SYS_rt_sigreturn || task->is_skipped)
		now->value[R_RAX] = (uint64_t)task->call.result;
	task->has_restore = 0;
	task->is_cancelled = 0;
	/* orig_rax is no part of what the program sees. */
	now->value[R_ORIG_RAX] = expected.value[R_ORIG_RAX];
	expected.value[R_RAX] = now->value[R_RAX];
	if (memcmp(now, &expected, sizeof(expected)))
		save_registers(task, now);
	task->last = *now;
	/* A loop that it returns to may come by with the same registers. */
	if (task->call.number == SYS_rt_sigreturn && !record_is_pending(task))
		task->last = (struct registers){ 0 };
	if (!must_set)
		return 0;
	expected = *now;
	expected.value[R_ORIG_RAX] = (uint64_t)-1;
	return task_set_registers(&task->task, &expected);
}

int record_interrupted_call(struct recorder *recorder,
			    struct record_task *task)
{
	int err;

	task->is_interrupted = 0;
	if (task->phase == CALL_NONE)
		return 0;
	err = save_outputs(recorder, task);
	if (err)
		return err;
	memory_copy_destroy(task->audit);
	task->audit = NULL;
	task->has_restore = 0;
	return finish_call(recorder, task);
}

/*
 * The task is killed inside a call, which may have written before: what its
 * outputs hold now is saved, whatever the result would have been.
 */
int record_killed_call(struct recorder *recorder, struct record_task *task)
{
	struct event event = { .kind = EVENT_NOTE };
	int err;

	/* Redirected outputs never reach the program now. */
	if (task->phase != CALL_ANNOUNCED || task->scratch_count)
		return 0;
	task->call.result = -516; /* ERESTART_RESTARTBLOCK: a sleep's rest */
	err = save_outputs(NULL, task);
	task->call.result = INT64_MAX; /* clipped to the room */
	if (!err)
		err = save_outputs(NULL, task);
	if (!err && task->effects.count)
		err = recorder_append(recorder, task, &event, &task->effects);
	effect_list_clear(&task->effects);
	return err;
}

int record_repeat_call(struct recorder *recorder, struct record_task *task,
		       int number)
{
	struct registers again = task->has_restore ? task->restore :
						     task->entry;

	record_site_restart(task, &again.value[R_RIP]);
	again.value[R_RIP] -= 2;
	again.value[R_RAX] = (uint64_t)number;
	again.value[R_ORIG_RAX] = (uint64_t)-1;
	task->is_interrupted = task->is_repeated = 1;
	if (task_set_registers(&task->task, &again))
		return 0;
	return resume_call(recorder, task);
}

/* A filter answered: nothing has happened but the result. */
static int skipped_exit(struct recorder *recorder, struct record_task *task,
			struct registers *now)
{
	int err;

	effect_list_add(&task->effects, EFFECT_SKIPPED);
	err = record_audit_exit(recorder, task);
	if (!err)
		err = settle_registers(task, now);
	if (err && err != -ESRCH)
		return err;
	err = finish_call(recorder, task);
	return err ? err : record_go_on(recorder, task, DUE_EXIT);
}

/* A vfork, which lets its caller wait for the child. */
static int makes_child_wait(const struct record_task *task)
{
	int number = task->call.number;

	return task->call.result > 0 &&
	       (number == SYS_vfork || ((number == SYS_clone ||
					 number == SYS_clone3) &&
					(task->clone_flags & CLONE_VFORK)));
}

/*
 * It will be made again, unless a handler comes first: only then do its outputs
 * (what is left of a sleep) become the program's.
 */
static int interrupted_call(struct recorder *recorder,
			    struct record_task *task, struct registers *now)
{
	int err = 0;

	task->is_interrupted = 1;
	record_scratch_undo(task, now);
	if (task->passes)
		task_set_registers(&task->task, now);
	task->last = *now;
	if (err || record_stops_at_restart(recorder, task, &err))
		return err;
	return resume_call(recorder, task);
}

static int returned_call(struct recorder *recorder, struct record_task *task,
			 struct registers *now)
{
	int err;

	hook_result(recorder, task);
	err = save_outputs(recorder, task);
	record_agent_after_call(recorder, task);
	if (!err && task->is_denied) /* nobody who is recorded answered */
		err = warn_of_supervisor(recorder, task);
	if (!err)
		err = hook_exit(recorder, task);
	if (!err)
		err = record_audit_exit(recorder, task);
	if (err && err != -ESRCH)
		return err;
	record_call_site(recorder, task);
	err = settle_registers(task, now);
	if (err && err != -ESRCH)
		return err;
	/* A loop that it returns to may come by with the same registers. */
	if (task->call.number == SYS_rt_sigreturn && !record_is_pending(task))
		task->last = (struct registers){ { 0 } };
	err = finish_call(recorder, task);
	/* Another one may be running in the same memory right now. */
	if (!err && task == recorder->current &&
	    record_digest_is_due(recorder, task))
		err = record_digest(recorder, task, DIGEST_PAGES);
	if (err)
		return err;
	return record_go_on(recorder, task, makes_child_wait(task) ?
			    DUE_VFORK_DONE | DUE_EXIT : DUE_EXIT);
}

int record_syscall_exit(struct recorder *recorder, struct record_task *task)
{
	struct registers now;
	int err;

	if (task_get_registers(&task->task, &now))
		return 0;
	record_unpass(task, &now);
	record_dispatch_on(task);
	record_pin_again(recorder, task);
	record_clone_exit(task);
	if (!task->is_cancelled)
		task->call.result = (int64_t)now.value[R_RAX];
	if (task->is_skipped)
		return skipped_exit(recorder, task, &now);
	if (task->call.number == SYS_rt_sigreturn)
		task->call.result = 0;
	else if ((task->call.number == SYS_execve ||
		  task->call.number == SYS_execveat) && !task->call.result)
		return record_exec_exit(recorder, task);
	if (record_wait_exit(recorder, task, &now, &err) == WAIT_GOES_ON)
		return err;
	if (is_restart(task->call.result))
		return interrupted_call(recorder, task, &now);
	record_restore_mask(task, task);
	if (task->call.result == -EINTR && !task->is_cancelled &&
	    record_only_ignored_pending(task))
		return record_repeat_call(recorder, task, task->call.number);
	if (task->call.number == SYS_mremap && task->call.result == -EFAULT &&
	    record_join_held(recorder, task))
		return record_repeat_call(recorder, task, SYS_mremap);
	if (record_filter_wants_retry(task)) {
		task->has_restore = task->passes = 0;
		return record_repeat_call(recorder, task, task->call.number);
	}
	return returned_call(recorder, task, &now);
}
