/* SPDX-License-Identifier: MIT */
#include "src/record_trapped_call.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/record_agent.h"
#include "src/session_page.h"
#include "traces/report.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ul
#endif
#define CODE_SECCOMP 1 /* SYS_SECCOMP, siginfo's si_code */
#define SIGSYS_BIT (1ull << (SIGSYS - 1))
#define FLAG_RESET 0x80000000ul /* SA_RESETHAND */

/* What SIGSYS does; shared as the kernel's signal handlers are. */
struct signal_action {
	unsigned users;
	uint64_t handler, flags, restorer, mask; /* as rt_sigaction(2) has it */
};

#define ACTION_LENGTH (4 * sizeof(uint64_t))

/* ---- the action ---- */

static struct signal_action *new_action(const struct signal_action *from)
{
	struct signal_action *action = xcalloc(1, sizeof(*action));

	if (from)
		*action = *from;
	action->users = 1;
	return action;
}

void record_action_release(struct signal_action *action)
{
	if (action && !--action->users)
		free(action);
}

/* At an exec, and by CLONE_CLEAR_SIGHAND: what is ignored stays so. */
static void clear_handler(struct signal_action *action)
{
	if (action->handler != (uint64_t)SIG_IGN)
		action->handler = (uint64_t)SIG_DFL;
	action->flags = action->restorer = action->mask = 0;
}

struct signal_action *record_action_of(struct record_task *maker,
				       uint64_t clone_flags)
{
	struct signal_action *action;

	if (!maker->sigsys)
		return NULL;
	if (clone_flags & CLONE_SIGHAND) {
		maker->sigsys->users++;
		return maker->sigsys;
	}
	action = new_action(maker->sigsys);
	if (clone_flags & CLONE_CLEAR_SIGHAND)
		clear_handler(action);
	return action;
}

void record_action_exec(struct record_task *task)
{
	struct signal_action *action;
	struct sigaction ours;

	if (!task->traps_calls)
		return;
	action = new_action(task->sigsys);
	/* At first it is what reel was started with. */
	if (!task->sigsys && !sigaction(SIGSYS, NULL, &ours) &&
	    ours.sa_handler == SIG_IGN)
		action->handler = (uint64_t)SIG_IGN;
	record_action_release(task->sigsys);
	task->sigsys = action;
	clear_handler(action);
}

void record_sigsys_action(struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;
	uint64_t words[4];

	if (!task->sigsys || (int)arguments[0] != SIGSYS || !arguments[1] ||
	    address_space_read(space_of(task), arguments[1], words,
			       sizeof(words)))
		return;
	memcpy(&task->sigsys->handler, words, sizeof(words));
}

void record_sigsys_taken(struct record_task *task)
{
	if (task->sigsys && task->sigsys->flags & FLAG_RESET)
		task->sigsys->handler = (uint64_t)SIG_DFL;
}

/* ---- the mask ---- */

void record_note_mask(struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;
	uint64_t mask;

	if (!task->traps_calls ||
	    ptrace(PTRACE_GETSIGMASK, task->task.tid, sizeof(mask), &mask))
		return;
	task->blocks_sigsys = (mask & SIGSYS_BIT) != 0;
	if (!area || !area->shared)
		return;
	area->shared->is_mask_followed = 1;
	area->shared->blocks_sigsys = (uint32_t)task->blocks_sigsys;
}

/* The agent may have changed it since. */
static int was_blocked(const struct record_task *task)
{
	const struct agent_area *area = space_data_of(task)->agent;

	return area && area->shared && task->phase == CALL_NONE ?
		area->shared->blocks_sigsys != 0 : task->blocks_sigsys;
}

static void set_action(struct record_task *task)
{
	uint64_t arguments[6] = { SIGSYS, FILTER_START, 0, sizeof(uint64_t) };

	if (!space_data_of(task)->has_scratch ||
	    address_space_write(space_of(task), FILTER_START,
				&task->sigsys->handler, ACTION_LENGTH))
		return;
	record_inject(task, space_data_of(task)->syscall_address,
		      SYS_rt_sigaction, arguments);
}

/*
 * A signal that is forced on a task which blocks or ignores it is let through
 * and loses its handler (force_sig_info_to_task in kernel/signal.c).
 */
static void restore_signal(struct record_task *task)
{
	int is_blocked = was_blocked(task);
	uint64_t mask;

	if (task->sigsys && task->sigsys->handler != (uint64_t)SIG_DFL &&
	    (is_blocked || task->sigsys->handler == (uint64_t)SIG_IGN))
		set_action(task);
	if (!is_blocked ||
	    ptrace(PTRACE_GETSIGMASK, task->task.tid, sizeof(mask), &mask))
		return;
	mask |= SIGSYS_BIT;
	ptrace(PTRACE_SETSIGMASK, task->task.tid, sizeof(mask), &mask);
}

/* ---- the call ---- */

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
	       !record_agent_is_inside(task, registers) && was_blocked(task);
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
	restore_signal(task);
	if (!is_ours(&info)) /* it is pending again */
		syscall(SYS_tgkill, task->task.tgid, task->task.tid, SIGSYS);
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
