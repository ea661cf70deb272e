/* SPDX-License-Identifier: MIT */
/*
 * Calls in the name of a recorded task.  They use a syscall instruction that
 * the program has anyway (the vDSO's), so nothing of the program is touched.
 */
#include "src/recorder.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "src/process_status.h"

/* Resumes to the next syscall stop of this task; other stops end the try. */
int record_to_syscall_stop(struct record_task *task)
{
	int status, err;

	do {
		if (task_resume(&task->task, PTRACE_SYSCALL, 0))
			return -ESRCH;
		err = task_wait(&task->task, &status);
		if (err)
			return -ESRCH;
		/* Our own filter stops at calls, too. */
	} while (WIFSTOPPED(status) &&
		 status_event(status) == PTRACE_EVENT_SECCOMP);
	return status_is_syscall(status) ? 0 : -ESRCH;
}

int record_has_filter(const struct record_task *task)
{
	return process_status_number(task->task.tid, "Seccomp") > 0;
}

/* Filters come after the entry's stop (seccomp(2)). */
static int pass_filters(struct record_task *task)
{
	struct registers now;
	int passes = task->passes;

	if (!task->filters && !task->traps_calls)
		return 0;
	if (task_get_registers(&task->task, &now))
		return -ESRCH;
	record_pass(task, &now);
	task->passes = passes;
	return task_set_registers(&task->task, &now);
}

static int64_t make_call(struct record_task *task, remote_addr syscall_address,
			 int number, const uint64_t arguments[6])
{
	struct registers saved, changed;

	if (task_get_registers(&task->task, &saved))
		return -ESRCH;
	changed = saved;
	changed.value[R_RIP] = syscall_address;
	changed.value[R_RAX] = (uint64_t)number;
	changed.value[R_ORIG_RAX] = (uint64_t)-1;
	changed.value[R_RDI] = arguments[0];
	changed.value[R_RSI] = arguments[1];
	changed.value[R_RDX] = arguments[2];
	changed.value[R_R10] = arguments[3];
	changed.value[R_R8] = arguments[4];
	changed.value[R_R9] = arguments[5];
	if (task_set_registers(&task->task, &changed) ||
	    record_to_syscall_stop(task) || pass_filters(task) ||
	    record_to_syscall_stop(task) ||
	    task_get_registers(&task->task, &changed))
		return -ESRCH;
	saved.value[R_ORIG_RAX] = (uint64_t)-1;
	if (task_set_registers(&task->task, &saved))
		return -ESRCH;
	return (int64_t)changed.value[R_RAX];
}

/* No signal may come in between: its stop would be taken for the call's. */
int64_t record_inject(struct record_task *task, remote_addr syscall_address,
		      int number, const uint64_t arguments[6])
{
	uint64_t mask, all = ~0ull;
	int64_t result;

	if (ptrace(PTRACE_GETSIGMASK, task->task.tid, sizeof(mask), &mask) ||
	    ptrace(PTRACE_SETSIGMASK, task->task.tid, sizeof(all), &all))
		return -ESRCH;
	record_dispatch_off(task);
	result = make_call(task, syscall_address, number, arguments);
	record_dispatch_on(task);
	ptrace(PTRACE_SETSIGMASK, task->task.tid, sizeof(mask), &mask);
	return result;
}
