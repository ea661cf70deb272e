/* SPDX-License-Identifier: MIT */
/*
 * Calls of the agent's that the kernel holds: a disk that doesn't answer, a
 * frozen file system, a server that is gone.  Others shall go on meanwhile, but
 * a task in such a state can't be stopped.
 *
 * So it is told to stop as soon as it can, and taken for one that has made its
 * call with a stop: the agent has all registers of the program, the call is
 * announced, and the task loses its turn.  When the kernel lets go of it at
 * last, it goes on behind the program's call, never within the agent, which
 * others have used since.  Calls that return in time cost nothing by this.
 *
 * One thing to know: segments and their bases can't be asked of a task that is
 * not stopped, and a program may change them without a call.  The event says so
 * by a code segment of 0 (traces/format.md).
 */
#include "src/record_agent.h"

#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "src/syscall_rows.h"

/* Results that mean "make it again" (include/linux/errno.h of the kernel). */
#define RESTART_FIRST 512
#define RESTART_ALWAYS 513
#define RESTART_LAST 516

const uint64_t *record_agent_frame(const struct agent_shared *shared)
{
	uint32_t top = shared->stack;

	/* The program may have written there. */
	if (top % 8 || top > AGENT_STACK_TOP ||
	    top < AGENT_SHARED + sizeof(*shared) + AGENT_FRAME_LENGTH)
		top = AGENT_STACK_TOP;
	return (const void *)((const char *)shared + (top - AGENT_SHARED) -
			      AGENT_FRAME_LENGTH);
}

/* What the agent asks the kernel before it makes a call of the program's. */
static int is_question(long number)
{
	return number == SYS_newfstatat || number == SYS_fstat ||
	       number == SYS_fcntl || number == SYS_getsockopt;
}

static int is_restart(int64_t result)
{
	return result <= -RESTART_FIRST && result >= -RESTART_LAST;
}

int record_agent_was_waiting(const struct registers *registers)
{
	int64_t number = (int64_t)registers->value[R_ORIG_RAX];
	remote_addr rip = registers->value[R_RIP];

	if (number < 0 || !is_restart((int64_t)registers->value[R_RAX]))
		return 0;
	return rip == AGENT_CALL_END ||
	       (rip == AGENT_OWN_CALL_END && is_question(number));
}

/* ---- it is let go ---- */

/* Of the segments nothing is known; the rest is as at the call with a stop. */
static void take_frame(const uint64_t *frame, remote_addr stack,
		       struct registers *entry)
{
	static const unsigned words[] = {
		[R_R9] = AGENT_FRAME_R9, [R_R8] = AGENT_FRAME_R8,
		[R_R10] = AGENT_FRAME_R10, [R_RDX] = AGENT_FRAME_RDX,
		[R_RSI] = AGENT_FRAME_RSI, [R_RDI] = AGENT_FRAME_RDI,
		[R_RAX] = AGENT_FRAME_RAX, [R_ORIG_RAX] = AGENT_FRAME_RAX,
		[R_R11] = AGENT_FRAME_FLAGS, [R_EFLAGS] = AGENT_FRAME_FLAGS,
		[R_RIP] = AGENT_FRAME_CONTINUATION,
		[R_RCX] = AGENT_FRAME_CONTINUATION,
		[R_R15] = AGENT_FRAME_R15, [R_R14] = AGENT_FRAME_R14,
		[R_R13] = AGENT_FRAME_R13, [R_R12] = AGENT_FRAME_R12,
		[R_RBP] = AGENT_FRAME_RBP, [R_RBX] = AGENT_FRAME_RBX,
	};

	*entry = (struct registers){ { 0 } };
	for (unsigned i = 0; i <= R_RIP; i++)
		entry->value[i] = frame[words[i]];
	entry->value[R_EFLAGS] = frame[AGENT_FRAME_FLAGS];
	entry->value[R_RSP] = stack;
}

/*
 * The kernel writes the answer to a question where the agent's stack is: the
 * next call gets another one.  False when there is none.
 */
static int take_stack(struct record_task *task, struct agent_area *area)
{
	uint32_t top = AGENT_STACK_TOP;
	unsigned i = 0;

	task->late_stack = (AGENT_STACK_TOP - area->shared->stack) /
			   AGENT_STACK_LENGTH;
	if (task->late_stack >= AGENT_STACKS)
		return 0;
	area->late_stacks |= 1u << task->late_stack;
	while (i < AGENT_STACKS && area->late_stacks >> i & 1)
		i++;
	if (i == AGENT_STACKS) {
		area->late_stacks &= ~(1u << task->late_stack);
		return 0;
	}
	area->shared->stack = top - i * AGENT_STACK_LENGTH;
	return 1;
}

void record_agent_end_late(struct record_task *task)
{
	struct agent_area *area = task->task.space ?
		space_data_of(task)->agent : NULL;

	if (task->late == LATE_QUESTION && area)
		area->late_stacks &= ~(1u << task->late_stack);
	task->late = LATE_NOT;
}

/* Which of the two it is in; LATE_NOT where it can't be let go. */
static enum late_call late_call_of(const struct record_task *task,
				   const uint64_t *frame)
{
	struct kernel_call call;

	if (record_kernel_call(task, &call))
		return LATE_NOT;
	if (call.instruction == AGENT_OWN_CALL_END && is_question(call.number))
		return LATE_QUESTION;
	return call.instruction == AGENT_CALL_END &&
	       (uint64_t)call.number == frame[AGENT_FRAME_RAX] ?
	       LATE_CALL : LATE_NOT;
}

/* Memory can't be looked at while the kernel changes what is mapped. */
static int changes_memory(uint64_t number)
{
	switch (number) {
	case SYS_mmap:
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_madvise:
	case SYS_brk:
		return 1;
	}
	return 0;
}

int record_agent_let_go(struct recorder *recorder, struct record_task *task,
			int *err_out)
{
	struct agent_area *area = space_data_of(task)->agent;
	uint64_t frame[AGENT_FRAME_WORDS];
	enum late_call late;

	*err_out = 0;
	if (!area || !area->shared || task->phase != CALL_NONE ||
	    task->is_interrupted || task->is_doomed)
		return 0;
	memcpy(frame, record_agent_frame(area->shared), sizeof(frame));
	late = late_call_of(task, frame);
	if (late == LATE_NOT || changes_memory(frame[AGENT_FRAME_RAX]) ||
	    (late == LATE_QUESTION && !take_stack(task, area)))
		return 0;
	*err_out = record_agent_drain(recorder, task);
	if (*err_out)
		return 1;
	take_frame(frame, area->shared->saved_stack, &task->entry);
	*err_out = record_call_begins(task);
	if (!*err_out)
		*err_out = record_announce_call(recorder, task);
	area->shared->is_made = 0;
	task->late = late;
	task->state = TASK_IN_CALL;
	return 1;
}

/* ---- it comes back ---- */

/* It has run no instruction since: these are those of the call's entry. */
static void learn_segments(struct record_task *task,
			   const struct registers *now)
{
	static const enum register_name segments[] = {
		R_CS, R_SS, R_FS_BASE, R_GS_BASE, R_DS, R_ES, R_FS, R_GS,
	};

	for (size_t i = 0; i < sizeof(segments) / sizeof(*segments); i++)
		task->entry.value[segments[i]] = now->value[segments[i]];
}

/*
 * Nothing has happened: the kernel goes back to the syscall instruction of the
 * call with a stop, or lets a handler of a signal begin there.
 */
static int make_again(struct recorder *recorder, struct record_task *task,
		      const struct registers *now)
{
	task->late = LATE_BEGINS;
	task->is_interrupted = 1;
	task->call.result = (int64_t)now->value[R_RAX];
	task->last = *now;
	task->state = task == recorder->current ? TASK_RUNNING : TASK_IN_CALL;
	task->resumed_ns = now_ns();
	record_make_up_stop(task);
	return recorder_resume(task, PTRACE_SYSCALL, 0);
}

int record_agent_late_stop(struct recorder *recorder, struct record_task *task,
			   int signal)
{
	int is_question = task->late == LATE_QUESTION;
	struct registers now;
	int64_t result;

	task->is_stop_put_off |= signal != SIGTRAP;
	if (task_get_registers(&task->task, &now))
		return 0;
	record_agent_end_mask(task);
	record_agent_end_late(task);
	learn_segments(task, &now);
	result = is_question ? -RESTART_ALWAYS : (int64_t)now.value[R_RAX];
	now = task->entry;
	now.value[R_RAX] = (uint64_t)result;
	if (task_set_registers(&task->task, &now))
		return 0;
	return is_restart(result) ? make_again(recorder, task, &now) :
				    record_syscall_exit(recorder, task);
}

int record_agent_late_entry(struct recorder *recorder,
			    struct record_task *task)
{
	task->late = LATE_NOT;
	task->is_interrupted = 0;
	return record_call_goes_on(recorder, task);
}
