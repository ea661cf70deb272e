/* SPDX-License-Identifier: MIT */
/*
 * Syscall user dispatch: calls from outside of a range of code become SIGSYS,
 * before any tracer sees them, while a byte of the program's says so (the
 * kernel's admin-guide/syscall-user-dispatch).  The signal is recorded where
 * the call would be.  What reel calls in the task's name, or for the vDSO, is
 * made with the dispatch off.
 */
#include "src/record_agent.h"
#include "src/record_filters.h"
#include "src/recorder.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#ifndef PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG
#define PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG 0x4210
#define PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG 0x4211
#endif
#define CODE_USER_DISPATCH 2 /* SYS_USER_DISPATCH, siginfo's si_code */

void record_dispatch_set(struct record_task *task)
{
	if (task->call.arguments[0] != PR_SET_SYSCALL_USER_DISPATCH ||
	    task->call.result)
		return;
	task->is_dispatching = task->call.arguments[1] != 0;
	/* The kernel looks at where a call is made. */
	record_sites_undo(task, &task->effects);
	task->selector = task->call.arguments[4];
}

/* Kernels before 6.4 don't let a tracer: the byte does where there is one. */
void record_dispatch_off(struct record_task *task)
{
	struct dispatch_config none = { 0 };
	uint8_t allow = 0;

	if (!task->is_dispatching || task->is_dispatch_off)
		return;
	task->is_dispatch_off = 1;
	task->has_config =
		!ptrace(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG,
			task->task.tid, sizeof(task->dispatch),
			&task->dispatch) &&
		!ptrace(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG,
			task->task.tid, sizeof(none), &none);
	if (task->has_config || !task->selector)
		return;
	address_space_read(space_of(task), task->selector,
			   &task->selector_byte, sizeof(allow));
	address_space_write(space_of(task), task->selector, &allow,
			    sizeof(allow));
}

void record_dispatch_on(struct record_task *task)
{
	if (!task->is_dispatch_off)
		return;
	task->is_dispatch_off = 0;
	if (task->has_config)
		ptrace(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, task->task.tid,
		       sizeof(task->dispatch), &task->dispatch);
	else if (task->selector)
		address_space_write(space_of(task), task->selector,
				    &task->selector_byte,
				    sizeof(task->selector_byte));
}

int record_is_dispatch(const struct record_task *task, const siginfo_t *info)
{
	return task->is_dispatching && info->si_signo == SIGSYS &&
	       info->si_code == CODE_USER_DISPATCH;
}

/*
 * The vDSO makes no such call without reel: the task makes it again, and no
 * signal comes.
 */
int record_dispatch_vdso(struct recorder *recorder, struct record_task *task,
			 const struct registers *registers)
{
	struct registers again = *registers;

	task->entry = *registers;
	task->entry.value[R_ORIG_RAX] = registers->value[R_RAX];
	if (!record_vdso_saves_call(task))
		return 0;
	record_dispatch_off(task);
	again.value[R_RIP] -= 2;
	again.value[R_ORIG_RAX] = (uint64_t)-1;
	task->state = task == recorder->current ? TASK_RUNNING : TASK_IN_CALL;
	if (!task_set_registers(&task->task, &again))
		recorder_resume(task, PTRACE_SYSCALL, 0);
	return 1;
}
