/* SPDX-License-Identifier: MIT */
/*
 * A recording that cannot go on lets its program go on, if so told: traps are
 * taken out of the code, rdtsc and cpuid work again, nobody stays stopped.
 */
#include "src/record_agent.h"
#include "src/record_filters.h"
#include "src/record_spaces.h"
#include "src/recorder.h"

#include <asm/prctl.h>
#include <errno.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef ARCH_SET_CPUID
#define ARCH_SET_CPUID 0x1012
#endif

#define IS_RESTART(result) ((result) <= -512 && (result) >= -516)

static void remove_traps(struct record_task *task)
{
	struct space_data *data = space_data_of(task);

	for (size_t i = 0; i < data->site_count; i++)
		address_space_write(space_of(task), data->sites[i].addr,
				    data->sites[i].original,
				    data->sites[i].instruction.length);
	data->site_count = 0;
}

/* Brings the task into a stop in which it can make a call for us. */
static int stop_for_calls(struct record_task *task)
{
	struct registers registers;
	int status;

	if (task->state == TASK_IN_CALL || task->state == TASK_RUNNING ||
	    task->state == TASK_STOPPED) {
		ptrace(PTRACE_INTERRUPT, task->task.tid, NULL, NULL);
		/* Already stopped, or in a stop that nobody looked at yet. */
		if (waitpid(task->task.tid, &status, __WALL | WNOHANG) == 0 &&
		    task_get_registers(&task->task, &registers) &&
		    (task_wait(&task->task, &status) || !WIFSTOPPED(status)))
			return -ESRCH;
	}
	return task_get_registers(&task->task, &registers);
}

/*
 * The call that the task is in is made again afterwards: one that waits was
 * interrupted, one at its entry has not begun.
 */
static void rewind_call(struct record_task *task, struct registers *registers)
{
	int64_t result = (int64_t)registers->value[R_RAX];
	int64_t number = (int64_t)registers->value[R_ORIG_RAX];

	if (task->phase == CALL_NONE || number < 0 ||
	    !(IS_RESTART(result) || result == -ENOSYS))
		return;
	if (task->has_restore)
		*registers = task->restore;
	registers->value[R_RAX] = task->entry.value[R_ORIG_RAX];
	registers->value[R_RIP] = task->entry.value[R_RIP] - 2;
}

/* From a syscall-entry-stop to the exit-stop, without making the call. */
static void leave_entry(struct record_task *task)
{
	struct __ptrace_syscall_info info = { 0 };
	struct registers registers;
	int status;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->task.tid, sizeof(info),
		   &info) < 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY ||
	    task_get_registers(&task->task, &registers))
		return;
	record_cancel(task, &registers);
	task_set_registers(&task->task, &registers);
	if (!task_resume(&task->task, PTRACE_SYSCALL, 0))
		task_wait(&task->task, &status);
}

static void release(struct record_task *task)
{
	uint64_t tsc[6] = { PR_SET_TSC, (uint64_t)task->tsc_mode };
	uint64_t cpuid[6] = { ARCH_SET_CPUID, 1 };
	remote_addr at = space_data_of(task)->syscall_address;
	struct registers registers;

	if (task_get_registers(&task->task, &registers))
		return;
	record_priority_restore(task);
	record_agent_unmask(task);
	record_unpass(task, &registers);
	rewind_call(task, &registers);
	leave_entry(task);
	if (at && !task->strict) {
		record_release_held(task);
		record_inject(task, at, SYS_prctl, tsc);
		record_inject(task, at, SYS_arch_prctl, cpuid);
	}
	registers.value[R_ORIG_RAX] = (uint64_t)-1;
	task_set_registers(&task->task, &registers);
}

void record_detach_all(struct recorder *recorder)
{
	for (struct record_task *task = recorder->all; task;
	     task = task->next_all) {
		if (task->state == TASK_DEAD || task->state == TASK_EXITING ||
		    !task->task.space)
			continue;
		if (stop_for_calls(task) == 0) {
			remove_traps(task);
			release(task);
		}
	}
	/* Only now may any of them run: they may share memory. */
	for (struct record_task *task = recorder->all; task;
	     task = task->next_all)
		ptrace(PTRACE_DETACH, task->task.tid, NULL, NULL);
}
