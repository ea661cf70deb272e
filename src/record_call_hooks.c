/* SPDX-License-Identifier: MIT */
/*
 * What rows can't say of calls while recording: those that are made otherwise,
 * answered by reel, or change what it knows of a task.
 */
#include "src/recorder.h"

#include <asm/prctl.h>
#include <errno.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "src/record_agent.h"
#include "src/record_cores.h"
#include "src/record_filters.h"
#include "src/record_ptrace.h"
#include "src/record_spaces.h"
#include "src/record_forced.h"
#include "src/record_vdso.h"
#include "src/session_page.h"
#include "traces/report.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef ARCH_GET_CPUID
#define ARCH_GET_CPUID 0x1011
#define ARCH_SET_CPUID 0x1012
#endif
#ifndef ARCH_MAP_VDSO_64
#define ARCH_MAP_VDSO_64 0x2003
#endif

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
	int err = recorder_warn(recorder, task, text);

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

static int memory_entry(struct recorder *recorder, struct record_task *task)
{
	switch (task->call.number) {
	case SYS_mmap:
		return record_mmap_entry(recorder, task);
	case SYS_mremap:
		return record_mremap_entry(recorder, task);
	default:
		return range_entry(task);
	}
}

static int segment_entry(struct recorder *recorder, struct record_task *task)
{
	if (task->call.number == SYS_shmat)
		return record_shmat_entry(recorder, task);
	record_shmdt_entry(task);
	return 0;
}

/* What a call that only our tracing interrupts must leave as it was. */
static void remember_output(struct record_task *task)
{
	if (task->call.number == SYS_rt_sigtimedwait)
		address_space_read(space_of(task), task->call.arguments[1],
				   task->waited_info,
				   sizeof(task->waited_info));
	else
		address_space_read(space_of(task), sleep_rest_of(task),
				   task->sleep_rest,
				   sizeof(task->sleep_rest));
}

int record_hook_entry(struct recorder *recorder, struct record_task *task)
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
	case SYS_mremap:
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_pkey_mprotect:
	case SYS_madvise:
		return memory_entry(recorder, task);
	case SYS_process_madvise:
		return process_madvise_entry(recorder, task);
	case SYS_kill:
		return record_before_kill(recorder, task);
	case SYS_shmat:
	case SYS_shmdt:
		return segment_entry(recorder, task);
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
	case SYS_rt_sigtimedwait:
		remember_output(task);
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

	if (task->call.result >= 0 && asked != 0xffffffff) {
		task->reads_execute = (asked & READ_IMPLIES_EXEC) != 0;
		/* What the agent maps is as it asked for in the trace. */
		if (task->reads_execute)
			record_sites_undo(task, &task->effects);
	}
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
	record_note_action(task);
	if (task->call.arguments[0] == SIGCHLD)
		child_action_set(recorder, task);
}

/* Before the outputs are saved: what the program shall see. */
void record_hook_result(struct recorder *recorder, struct record_task *task)
{
	int64_t *result = &task->call.result;

	record_own_filter_result(recorder, task);
	record_deadly_waited(recorder, task);
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
			record_stacks_set(task);
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

/* Pages without what reel had written there. */
static int pages_exit(struct recorder *recorder, struct record_task *task)
{
	if (task->call.number == SYS_madvise)
		record_discard_exit(recorder, task);
	else if (task->call.arguments[0] == ARCH_MAP_VDSO_64 &&
		 task->call.result > 0)
		return record_vdso_mapped(recorder, task);
	return record_file_changes(recorder, task);
}

int record_hook_exit(struct recorder *recorder, struct record_task *task)
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
	case SYS_madvise:
	case SYS_arch_prctl:
		return pages_exit(recorder, task);
	case SYS_ioctl:
		record_notify_exit(recorder, task);
		break;
	case SYS_landlock_restrict_self:
		record_landlock_exit(recorder, task);
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
