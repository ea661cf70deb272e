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
#include "src/record_filters.h"

#define SYSCALL_LENGTH 2u /* of the instruction */

/*
 * To the next stop; with PTRACE_SYSCALL, which stops at calls, too, to one that
 * is not our own filter's.  Who is killed is let go, and its end will be
 * reported.
 */
static int next_stop(struct record_task *task, int request, int signal,
		     int *status_out)
{
	do {
		if (task_resume(&task->task, request, signal) ||
		    task_wait(&task->task, status_out))
			return -ESRCH;
		signal = 0;
	} while (request == PTRACE_SYSCALL && WIFSTOPPED(*status_out) &&
		 status_event(*status_out) == PTRACE_EVENT_SECCOMP);
	if (WIFSTOPPED(*status_out) &&
	    status_event(*status_out) == PTRACE_EVENT_EXIT)
		task_resume(&task->task, PTRACE_CONT, 0);
	return 0;
}

/* Resumes to the next syscall stop of this task; other stops end the try. */
int record_to_syscall_stop(struct record_task *task)
{
	int status;

	if (next_stop(task, PTRACE_SYSCALL, 0, &status))
		return -ESRCH;
	return status_is_syscall(status) ? 0 : -ESRCH;
}

/*
 * What no mask holds back comes before the call: an interrupt that was sent
 * when the task had stopped already, SIGSTOP, and a stop of its group.  The
 * task goes on all the same, and is to be interrupted again after the call.
 */
static int to_call(struct record_task *task, int request,
		   int *was_interrupted_out, int *status_out)
{
	int signal = 0;

	for (;;) {
		if (next_stop(task, request, signal, status_out) ||
		    !WIFSTOPPED(*status_out))
			return -ESRCH;
		signal = 0;
		if (status_event(*status_out) == PTRACE_EVENT_STOP) {
			task->is_stop_put_off |=
				WSTOPSIG(*status_out) != SIGTRAP;
			*was_interrupted_out = 1;
		} else if (!status_event(*status_out) &&
			   WSTOPSIG(*status_out) == SIGSTOP) {
			signal = SIGSTOP;
		} else {
			return 0;
		}
	}
}

static int to_entry(struct record_task *task, int *was_interrupted_out)
{
	int status;

	return to_call(task, PTRACE_SYSCALL, was_interrupted_out, &status) ||
	       !status_is_syscall(status) ? -ESRCH : 0;
}

int record_leave_call(struct record_task *task)
{
	struct registers registers = task->entry;

	record_cancel(task, &registers);
	return task_set_registers(&task->task, &registers) ?
		-ESRCH : record_to_syscall_stop(task);
}

int record_call_anew(struct recorder *recorder, struct record_task *task,
		     int signal)
{
	struct registers registers = task->entry;

	registers.value[R_RIP] -= SYSCALL_LENGTH;
	registers.value[R_ORIG_RAX] = (uint64_t)-1;
	if (task_set_registers(&task->task, &registers))
		return 0; /* killed: its death is reported later */
	task->state = task == recorder->current ? TASK_RUNNING : TASK_IN_CALL;
	return recorder_resume(task, record_run_request(task), signal);
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
			 int number, const uint64_t arguments[6],
			 int *was_interrupted_out)
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
	    to_entry(task, was_interrupted_out) || pass_filters(task) ||
	    record_to_syscall_stop(task) ||
	    task_get_registers(&task->task, &changed))
		return -ESRCH;
	saved.value[R_ORIG_RAX] = (uint64_t)-1;
	if (task_set_registers(&task->task, &saved))
		return -ESRCH;
	return (int64_t)changed.value[R_RAX];
}

/* Code of ours up to a call that our own filter stops. */
static int run_to_filter(struct record_task *task, int *was_interrupted_out)
{
	int status;

	return to_call(task, PTRACE_CONT, was_interrupted_out, &status) ||
	       status_event(status) != PTRACE_EVENT_SECCOMP ? -ESRCH : 0;
}

static int run_code(struct record_task *task, remote_addr start,
		    void (*visit)(struct record_task *task,
				  const struct registers *registers,
				  void *context),
		    void *context, int *was_interrupted_out)
{
	struct registers saved, changed;

	if (task_get_registers(&task->task, &saved))
		return -ESRCH;
	changed = saved;
	changed.value[R_RIP] = start;
	changed.value[R_ORIG_RAX] = (uint64_t)-1;
	if (task_set_registers(&task->task, &changed) ||
	    run_to_filter(task, was_interrupted_out) ||
	    task_get_registers(&task->task, &changed))
		return -ESRCH;
	visit(task, &changed, context);
	saved.value[R_ORIG_RAX] = (uint64_t)-1;
	return record_to_syscall_stop(task) ||
	       task_set_registers(&task->task, &saved) ? -ESRCH : 0;
}

int record_inject_code(struct record_task *task, remote_addr start,
		       void (*visit)(struct record_task *task,
				     const struct registers *registers,
				     void *context),
		       void *context)
{
	uint64_t mask, all = ~0ull;
	int was_interrupted = 0, err;

	if (ptrace(PTRACE_GETSIGMASK, task->task.tid, sizeof(mask), &mask) ||
	    ptrace(PTRACE_SETSIGMASK, task->task.tid, sizeof(all), &all))
		return -ESRCH;
	err = run_code(task, start, visit, context, &was_interrupted);
	ptrace(PTRACE_SETSIGMASK, task->task.tid, sizeof(mask), &mask);
	if (was_interrupted)
		ptrace(PTRACE_INTERRUPT, task->task.tid, NULL, NULL);
	return err;
}

/* No signal may come in between: its stop would be taken for the call's. */
int64_t record_inject(struct record_task *task, remote_addr syscall_address,
		      int number, const uint64_t arguments[6])
{
	uint64_t mask, all = ~0ull;
	int was_interrupted = 0;
	int64_t result;

	if (ptrace(PTRACE_GETSIGMASK, task->task.tid, sizeof(mask), &mask) ||
	    ptrace(PTRACE_SETSIGMASK, task->task.tid, sizeof(all), &all))
		return -ESRCH;
	record_dispatch_off(task);
	result = make_call(task, syscall_address, number, arguments,
			   &was_interrupted);
	record_dispatch_on(task);
	ptrace(PTRACE_SETSIGMASK, task->task.tid, sizeof(mask), &mask);
	if (was_interrupted)
		ptrace(PTRACE_INTERRUPT, task->task.tid, NULL, NULL);
	return result;
}
