/* SPDX-License-Identifier: MIT */
/* Stops of a task that is within its agent. */
#include "src/record_agent.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "src/agent_code.h"
#include "src/record_forced.h"
#include "src/record_ptrace.h"
#include "traces/report.h"

#define ENTRY_CODE_END (AGENT_TEXT + 0x400) /* of agent_entry.S */
#define CODE_SECCOMP 1 /* SYS_SECCOMP, siginfo's si_code */
#define LEAVE_STEPS 32
#define PUSHF 0x9c
#define SIGNAL(number) (1ull << ((number) - 1))
/* Faults are the agent's own; blocked, they would reset their handlers. */
#define FAULTS (SIGNAL(SIGSEGV) | SIGNAL(SIGBUS) | SIGNAL(SIGFPE) | \
		SIGNAL(SIGILL) | SIGNAL(SIGTRAP) | SIGNAL(SIGSYS))
#define TRAP_FLAG 0x100

int record_agent_is_inside(const struct record_task *task,
			   const struct registers *registers)
{
	remote_addr rip = registers->value[R_RIP];
	const struct agent_area *area = space_data_of(task)->agent;

	return area && area->shared && rip >= AGENT_TEXT &&
	       rip < AGENT_TEXT + AGENT_TEXT_LENGTH;
}

/* ---- signals that wait ---- */

/* Then the call would find another mask than the program's. */
static int may_look_at_mask(const struct agent_shared *shared,
			    const struct registers *registers)
{
	const uint64_t *frame = record_agent_frame(shared);

	return !shared->is_made &&
	       (frame[AGENT_FRAME_RAX] == SYS_rt_sigprocmask ||
		registers->value[R_RAX] == SYS_rt_sigprocmask);
}

/*
 * Signals that come faster than a stop takes would never let it run: a timer is
 * set again when its signal is taken.  The others wait with the kernel until
 * the task is out of the agent.
 */
static void mask_signals(struct record_task *task,
			 const struct registers *registers)
{
	const struct agent_shared *shared = space_data_of(task)->agent->shared;
	uint64_t mask;

	if (task->is_masked || task->has_saved_mask ||
	    may_look_at_mask(shared, registers) ||
	    ptrace(PTRACE_GETSIGMASK, task->task.tid, sizeof(mask), &mask))
		return;
	task->own_mask = mask;
	mask |= ~FAULTS;
	task->is_mask_known = 0;
	task->is_masked = !ptrace(PTRACE_SETSIGMASK, task->task.tid,
				  sizeof(mask), &mask);
}

void record_agent_end_mask(struct record_task *task)
{
	if (!task->is_masked)
		return;
	ptrace(PTRACE_SETSIGMASK, task->task.tid, sizeof(task->own_mask),
	       &task->own_mask);
	task->is_masked = task->is_mask_known = 0;
}

void record_agent_unmask(struct record_task *task)
{
	struct registers registers;

	if (task->is_masked && !task_get_registers(&task->task, &registers) &&
	    (!record_agent_is_inside(task, &registers) ||
	     registers.value[R_RIP] == AGENT_STOP_END))
		record_agent_end_mask(task);
}

/* It goes on, and stops where the agent ends. */
static int run_to_end(struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;

	area->shared->is_stop_wanted = 1;
	area->shared->is_traced = 1;
	task->state = TASK_RUNNING;
	return recorder_resume(task, PTRACE_CONT, 0);
}

/*
 * A stop of the group, or an interrupt, is told before the step's trap, or
 * before the step; signals wait for the agent's end.  Nonzero when it is gone.
 */
static int step(struct recorder *recorder, struct record_task *task)
{
	int request = PTRACE_SINGLESTEP, status, signal, is_forced;
	siginfo_t info;

	for (;;) {
		if (task_resume(&task->task, request, 0) ||
		    task_wait(&task->task, &status) || !WIFSTOPPED(status))
			return -ESRCH;
		signal = WSTOPSIG(status);
		request = PTRACE_SINGLESTEP;
		if (status_event(status) == PTRACE_EVENT_STOP) {
			task->is_stop_put_off |= signal != SIGTRAP;
			if (record_has_pending(task, SIGTRAP))
				request = PTRACE_CONT;
			continue;
		}
		if (status_event(status) ||
		    task_get_siginfo(&task->task, &info))
			return -ESRCH;
		is_forced = signal == SIGTRAP && record_is_forced(task, &info);
		if (is_forced)
			record_undo_force(task, &info);
		if (is_forced || siginfo_may_be_step(&info))
			return 0;
		if (record_signal_outcome(task, &info) != SIGNAL_IGNORED)
			record_withhold_here(recorder, task, &info);
	}
}

/* The processor has pushed the flag by which it steps, too. */
static void forget_trap_flag(struct record_task *task,
			     const struct registers *registers)
{
	remote_addr at = registers->value[R_RSP];
	uint64_t flags;

	if (address_space_read(space_of(task), at, &flags, sizeof(flags)))
		return;
	flags &= ~(uint64_t)TRAP_FLAG;
	address_space_write(space_of(task), at, &flags, sizeof(flags));
}

/*
 * Behind popfq the kernel takes the flag by which it steps for the program's,
 * and would leave it set (enable_single_step()).
 */
static int look_behind_step(struct record_task *task,
			    struct registers *registers)
{
	if (task_get_registers(&task->task, registers))
		return -ESRCH;
	if (!(registers->value[R_EFLAGS] & TRAP_FLAG))
		return 0;
	registers->value[R_EFLAGS] &= ~(uint64_t)TRAP_FLAG;
	return task_set_registers(&task->task, registers);
}

/*
 * On the way in or out, the word that asks for a stop may have been read
 * already: there it is stepped, some instructions.  True when it is out.
 */
static int step_out(struct recorder *recorder, struct record_task *task,
		    struct registers *registers)
{
	for (unsigned i = 0; i < LEAVE_STEPS; i++) {
		remote_addr rip = registers->value[R_RIP];

		if (!record_agent_is_inside(task, registers))
			return 1;
		/*
		 * A step over its call would be told as something else, and the
		 * trap of AGENT_STOP, if another stop was told first, is not
		 * the program's.
		 */
		if (rip >= ENTRY_CODE_END || rip <= AGENT_STOP_END)
			return 0;
		if (step(recorder, task) || look_behind_step(task, registers))
			return 0;
		if (agent_code[rip - AGENT_TEXT] == PUSHF)
			forget_trap_flag(task, registers);
	}
	return 0;
}

/* The call is made with a stop. */
static int leave_call(struct record_task *task, struct registers *registers)
{
	registers->value[R_RIP] = AGENT_FAULT;
	registers->value[R_ORIG_RAX] = (uint64_t)-1;
	task_set_registers(&task->task, registers);
	return recorder_resume(task, PTRACE_CONT, 0);
}

int record_agent_leave(struct recorder *recorder, struct record_task *task,
		       int *err_out)
{
	struct registers registers;

	*err_out = 0;
	if (!space_data_of(task)->agent ||
	    task_get_registers(&task->task, &registers) ||
	    !record_agent_is_inside(task, &registers))
		return 0;
	if (record_agent_was_waiting(&registers)) {
		*err_out = leave_call(task, &registers);
		return 1;
	}
	if (step_out(recorder, task, &registers)) {
		record_agent_end_mask(task);
		return 0;
	}
	*err_out = run_to_end(task);
	return 1;
}

/* At AGENT_STOP: all is as after the call, but for where it is. */
static int stopped_at_end(struct recorder *recorder, struct record_task *task,
			  struct registers *registers)
{
	struct agent_area *area = space_data_of(task)->agent;
	int has_woken = area->shared->has_woken != 0;
	int err = record_agent_drain(recorder, task);

	area->shared->is_stop_wanted = 0;
	registers->value[R_RIP] = area->shared->saved_continuation;
	registers->value[R_ORIG_RAX] = (uint64_t)-1;
	if (err)
		return err;
	if (task_set_registers(&task->task, registers))
		return 0;
	task->last = *registers;
	task->at_boundary = 0;
	task->point_wanted = POINT_NOT_WANTED;
	record_make_up_stop(task);
	if (record_deliverable(task))
		return record_deliver_at_point(recorder, task);
	err = record_go_on(recorder, task, 0);
	return err || !has_woken ? err : recorder_yield(recorder, task);
}

/* An address that the call can't have. */
static int fault_inside(struct record_task *task, const siginfo_t *info,
			struct registers *registers)
{
	const struct agent_shared *shared = space_data_of(task)->agent->shared;
	int err = record_agent_check_stack(task);

	if (err)
		return err;
	if (shared->is_made)
		return report(-EFAULT, "task %d: its agent can't read what a "
			      "call wrote at %p", task->task.tid,
			      info->si_addr);
	return leave_call(task, registers);
}

int record_agent_signal(struct recorder *recorder, struct record_task *task,
			const siginfo_t *info, struct registers *registers,
			int *err_out)
{
	int signal = info->si_signo;

	*err_out = 0;
	if (!record_agent_is_inside(task, registers))
		return 0;
	if (signal == SIGTRAP && info->si_code == SI_KERNEL &&
	    registers->value[R_RIP] == AGENT_STOP_END) {
		*err_out = stopped_at_end(recorder, task, registers);
		return 1;
	}
	if ((signal == SIGSEGV || signal == SIGBUS) && info->si_code > 0) {
		*err_out = fault_inside(task, info, registers);
		return 1;
	}
	if (signal == SIGSYS && info->si_code == CODE_SECCOMP) {
		*err_out = leave_call(task, registers);
		return 1;
	}
	if (record_signal_outcome(task, info) == SIGNAL_IGNORED) {
		/* The kernel drops it; given by a tracer SIGSTOP would stop. */
		if (signal == SIGSTOP)
			signal = 0;
		*err_out = recorder_resume(task, PTRACE_CONT, signal);
		return 1;
	}
	record_withhold_here(recorder, task, info);
	mask_signals(task, registers);
	*err_out = run_to_end(task);
	return 1;
}
