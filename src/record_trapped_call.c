/* SPDX-License-Identifier: MIT */
#include "src/record_trapped_call.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>

#include "src/record_agent.h"
#include "src/record_forced.h"

#define CODE_SECCOMP 1 /* SYS_SECCOMP, siginfo's si_code */

static int is_ours(const siginfo_t *info)
{
	return info->si_code == CODE_SECCOMP &&
	       info->si_errno == (int)TRAPPED_CALL_DATA;
}

/* One that was pending already, and blocked, is told instead of ours. */
static int is_instead_of_ours(const struct record_task *task,
			      const siginfo_t *info,
			      const struct registers *registers)
{
	return info->si_code <= 0 && task->phase == CALL_NONE &&
	       (int64_t)registers->value[R_ORIG_RAX] >= 0 &&
	       !record_agent_is_inside(task, registers) &&
	       record_is_forced(task, info);
}

int record_is_trapped_call(const struct record_task *task,
			   const siginfo_t *info,
			   const struct registers *registers)
{
	return task->traps_calls && info->si_signo == SIGSYS &&
	       (is_ours(info) || is_instead_of_ours(task, info, registers));
}

void record_rewind_trapped(struct registers *registers)
{
	registers->value[R_RIP] -= 2;
	registers->value[R_ORIG_RAX] = (uint64_t)-1;
}

int record_trapped_call(struct recorder *recorder, struct record_task *task,
			struct registers *registers)
{
	siginfo_t info;

	if (task_get_siginfo(&task->task, &info))
		return 0;
	if (record_is_forced(task, &info))
		record_undo_force(task, &info);
	record_rewind_trapped(registers);
	if (task_set_registers(&task->task, registers))
		return 0;
	task->state = task == recorder->current ? TASK_RUNNING : TASK_IN_CALL;
	return recorder_resume(task, PTRACE_SYSCALL, 0);
}

int record_is_at_trap(const struct record_task *task)
{
	struct registers now;

	return task->traps_calls && task->phase == CALL_NONE &&
	       !task->is_interrupted &&
	       !task_get_registers(&task->task, &now) &&
	       (int64_t)now.value[R_ORIG_RAX] >= 0 &&
	       !record_agent_is_inside(task, &now) &&
	       record_has_pending(task, SIGSYS);
}
