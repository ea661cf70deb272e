/* SPDX-License-Identifier: MIT */
#include "src/record_forced.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "src/record_agent.h"
#include "src/session_page.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ul
#endif
#define FLAG_RESET 0x80000000ul /* SA_RESETHAND */
#define INFO_AT 256u		/* in the scratch memory of a call */

/* Those that our traps make; agent_setting.c has them, too. */
static const int forced[] = { SIGILL, SIGTRAP, SIGSEGV, SIGSYS };

#define FORCED_COUNT (sizeof(forced) / sizeof(*forced))

struct signal_action {
	uint64_t handler, flags, restorer, mask; /* as rt_sigaction(2) has it */
};

/* Shared as the kernel's signal handlers are. */
struct forced_actions {
	unsigned users;
	struct signal_action actions[FORCED_COUNT];
};

static uint64_t bit_of(int signal)
{
	return 1ull << (signal - 1);
}

/* ---- the actions ---- */

static struct signal_action *action_of(const struct record_task *task,
				       int signal)
{
	for (size_t i = 0; i < FORCED_COUNT && task->forced; i++)
		if (forced[i] == signal)
			return &task->forced->actions[i];
	return NULL;
}

static struct forced_actions *new_actions(const struct forced_actions *from)
{
	struct forced_actions *actions = xcalloc(1, sizeof(*actions));

	if (from)
		*actions = *from;
	actions->users = 1;
	return actions;
}

void record_actions_release(struct forced_actions *actions)
{
	if (actions && !--actions->users)
		free(actions);
}

struct forced_actions *record_actions_of(struct record_task *maker,
					 uint64_t clone_flags)
{
	struct forced_actions *actions;

	if (!maker->forced)
		return NULL;
	if (clone_flags & CLONE_SIGHAND) {
		maker->forced->users++;
		return maker->forced;
	}
	actions = new_actions(maker->forced);
	for (size_t i = 0; i < FORCED_COUNT; i++)
		if (clone_flags & CLONE_CLEAR_SIGHAND &&
		    actions->actions[i].handler != (uint64_t)SIG_IGN)
			actions->actions[i] = (struct signal_action){ 0 };
	return actions;
}

/* No handler is left; what is ignored stays so. */
void record_actions_exec(struct record_task *task)
{
	uint64_t ignored = record_ignored_signals(task);

	record_actions_release(task->forced);
	task->forced = new_actions(NULL);
	for (size_t i = 0; i < FORCED_COUNT; i++)
		if (ignored & bit_of(forced[i]))
			task->forced->actions[i].handler = (uint64_t)SIG_IGN;
}

void record_note_action(struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;
	struct signal_action *action = action_of(task, (int)arguments[0]), now;

	if (action && arguments[1] &&
	    !address_space_read(space_of(task), arguments[1], &now,
				sizeof(now)))
		*action = now;
}

void record_signal_taken(struct record_task *task, int signal)
{
	struct signal_action *action = action_of(task, signal);

	if (action && action->flags & FLAG_RESET)
		action->handler = (uint64_t)SIG_DFL;
}

/* ---- the mask ---- */

void record_note_mask(struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;

	if (!task->is_mask_known)
		task->is_mask_known =
			!ptrace(PTRACE_GETSIGMASK, task->task.tid,
				sizeof(task->blocked), &task->blocked);
	if (task->is_mask_known && area && area->shared)
		area->shared->blocked = task->blocked;
}

/*
 * What threads stop for most often, a futex(2), does not change it, and of the
 * calls that the agent made it has told.  All else may have.
 */
void record_follow_mask(struct record_task *task, int is_current, int status)
{
	const struct agent_area *area = space_data_of(task)->agent;

	if (is_current && task->phase == CALL_NONE && area && area->shared)
		task->blocked = area->shared->blocked;
	if ((status_event(status) != PTRACE_EVENT_SECCOMP &&
	     !status_is_syscall(status)) ||
	    (task->phase != CALL_NONE && task->call.number != SYS_futex))
		task->is_mask_known = 0;
}

/* The agent may have changed it since. */
static int was_blocked(const struct record_task *task, int signal)
{
	const struct agent_area *area = space_data_of(task)->agent;
	uint64_t blocked = area && area->shared && task->phase == CALL_NONE ?
		area->shared->blocked : task->blocked;

	return (blocked & bit_of(signal)) != 0;
}

static void set_blocked(struct record_task *task, int signal)
{
	uint64_t mask;

	if (ptrace(PTRACE_GETSIGMASK, task->task.tid, sizeof(mask), &mask))
		return;
	mask |= bit_of(signal);
	task->is_mask_known = 0;
	ptrace(PTRACE_SETSIGMASK, task->task.tid, sizeof(mask), &mask);
}

/* A call that looks at something, in memory of ours. */
static void call_with(struct record_task *task, int number, size_t argument,
		      size_t at, const void *bytes, size_t length,
		      uint64_t arguments[6])
{
	arguments[argument] = FILTER_START + at;
	if (space_data_of(task)->has_scratch &&
	    !address_space_write(space_of(task), FILTER_START + at, bytes,
				 length))
		record_inject(task, space_data_of(task)->syscall_address,
			      number, arguments);
}

static void set_action(struct record_task *task, int signal,
		       const struct signal_action *action)
{
	uint64_t arguments[6] = { (uint64_t)signal, 0, 0, sizeof(uint64_t) };

	call_with(task, SYS_rt_sigaction, 1, 0, action, sizeof(*action),
		  arguments);
}

/* To itself a task may send all that the kernel may have sent it. */
static void send_again(struct record_task *task, const siginfo_t *info)
{
	uint64_t arguments[6] = {
		(uint64_t)task->inner_tgid, (uint64_t)task->inner_tid,
		(uint64_t)info->si_signo,
	};

	call_with(task, SYS_rt_tgsigqueueinfo, 3, INFO_AT, info, sizeof(*info),
		  arguments);
}

/* ---- at the trap ---- */

static int lost_its_mask(const struct record_task *task, int signal)
{
	uint64_t mask;

	/* The mask of a wait is not it, even if that has ended just now. */
	return was_blocked(task, signal) &&
	       !ptrace(PTRACE_GETSIGMASK, task->task.tid, sizeof(mask),
		       &mask) &&
	       !(mask & bit_of(signal));
}

int record_is_forced(const struct record_task *task, const siginfo_t *info)
{
	const struct signal_action *action = action_of(task, info->si_signo);

	if (!action)
		return 0;
	if (lost_its_mask(task, info->si_signo))
		return 1;
	return action->handler == (uint64_t)SIG_IGN && info->si_code > 0 &&
	       !(record_ignored_signals(task) & bit_of(info->si_signo));
}

void record_undo_force(struct record_task *task, const siginfo_t *info)
{
	int signal = info->si_signo;
	const struct signal_action *action = action_of(task, signal);

	if (lost_its_mask(task, signal))
		set_blocked(task, signal);
	if (action->handler != (uint64_t)SIG_DFL)
		set_action(task, signal, action);
	if (info->si_code <= 0)
		send_again(task, info);
}
