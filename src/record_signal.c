/* SPDX-License-Identifier: MIT */
/*
 * Signals and trapped instructions while recording.
 *
 * A signal must land at a point that replay finds again: right after an event,
 * at the instruction that raised it, or, when it came in the middle of
 * computing, at the thread's next system call, until when it is withheld.
 * When a handler starts, what the kernel made of the task (frame, registers,
 * extended registers) is the effect of the event.
 */
#include "src/recorder.h"
#include "src/record_filters.h"
#include "src/record_ptrace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <ucontext.h>

#include "src/process_maps.h"
#include "src/record_agent.h"
#include "src/record_chaos.h"
#include "src/record_cores.h"
#include "src/record_forced.h"
#include "src/record_spaces.h"
#include "src/record_trapped_call.h"
#include "traces/report.h"

#define RESULT_RESTART_NO_INTERRUPT (-513)
#define SIGRTMIN_KERNEL 32 /* glibc keeps some for itself */
#define FRAME_LIMIT 65536u /* a frame is larger than this only by mistake */

/* Offsets in the signal frame (arch/x86/include/asm/sigframe.h). */
#define FRAME_UCONTEXT 8u	 /* after the return address */
#define FPSTATE_EXTENDED_SIZE 468u /* fx_sw_bytes in the legacy area */
#define FPSTATE_MAGIC 464u
#define FPSTATE_LEGACY_SIZE 512u

/* ---- withheld signals ---- */

static void withhold(struct recorder *recorder, struct record_task *task,
		     const siginfo_t *info)
{
	struct withheld_signal **link = &task->withheld;
	struct withheld_signal *signal;

	while (*link) {
		/* As in the kernel: pending once is pending (signal(7)). */
		if (!(*link)->is_sent && info->si_signo < SIGRTMIN_KERNEL &&
		    (*link)->info.si_signo == info->si_signo)
			return;
		link = &(*link)->next;
	}
	signal = xcalloc(1, sizeof(*signal));
	signal->info = *info;
	signal->since_ns = now_ns();
	signal->delay_ns = record_chaos_delay(recorder);
	*link = signal;
	recorder_tick_in(SOON_NS);
}

void withheld_free(struct record_task *task)
{
	while (task->withheld) {
		struct withheld_signal *signal = task->withheld;

		task->withheld = signal->next;
		free(signal);
	}
}

/*
 * The kernel gives back a signal that was sent again: with what it said, and
 * true.
 */
static int restore_info(struct record_task *task, int signal, siginfo_t *info)
{
	struct withheld_signal **link = &task->withheld;

	while (*link && !((*link)->is_sent &&
			  (*link)->info.si_signo == signal))
		link = &(*link)->next;
	if (*link && info->si_code == SI_KERNEL && !info->si_pid) {
		struct withheld_signal *found = *link;

		*info = found->info;
		task_set_siginfo(&task->task, info);
		*link = found->next;
		free(found);
		return 1;
	}
	return 0;
}

/*
 * One of the same number that is withheld was first, and is delivered in place
 * of this one (signal(7)), which waits then; or is lost, when it has no queue.
 */
static void let_first_go_first(struct recorder *recorder,
			       struct record_task *task, siginfo_t *info)
{
	struct withheld_signal **link = &task->withheld;
	struct withheld_signal *first;

	while (*link && ((*link)->is_sent ||
			 (*link)->info.si_signo != info->si_signo))
		link = &(*link)->next;
	first = *link;
	if (!first)
		return;
	*link = first->next;
	if (info->si_signo >= SIGRTMIN_KERNEL)
		withhold(recorder, task, info);
	*info = first->info;
	task_set_siginfo(&task->task, info);
	free(first);
}

void record_withhold_here(struct recorder *recorder, struct record_task *task,
			  const siginfo_t *info)
{
	siginfo_t told = *info;

	restore_info(task, info->si_signo, &told);
	record_wait_siginfo(recorder, task, &told);
	withhold(recorder, task, &told);
}

/*
 * The task is at the entry of a call, and a signal waits: the call is undone,
 * the task stands at its syscall instruction, and the signal is sent again.
 */
int record_deliver_withheld(struct recorder *recorder,
			    struct record_task *task)
{
	if (record_leave_call(task))
		return 0; /* killed: its death is reported later */
	task->last = task->entry;
	task->last.value[R_RIP] -= 2;
	task->at_boundary = 1;
	task->withheld->is_sent = 1;
	return record_call_anew(recorder, task,
				task->withheld->info.si_signo);
}

/* ---- what becomes of a signal ---- */

static uint64_t status_mask(const char *status, const char *name)
{
	const char *line = strstr(status, name);

	return line ? strtoull(line + strlen(name), NULL, 16) : 0;
}

static int stops_by_default(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN ||
	       signal == SIGTTOU;
}

static int ignored_by_default(int signal)
{
	return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG ||
	       signal == SIGWINCH;
}

/*
 * True when all that interrupts the task are signals that it ignores, or our
 * own wish to preempt it.  The kernel drops such signals at once, unless a
 * tracer wants to see them: only because of us does a call return EINTR.
 */
int record_only_ignored_pending(const struct record_task *task)
{
	uint64_t pending, blocked, caught, ignored;
	uint64_t spared = record_spared_signals(task);
	char path[64], *status;
	int is_only_ignored;

	snprintf(path, sizeof(path), "/proc/%d/status", task->task.tid);
	status = read_proc_file(path, NULL);
	if (!status)
		return 0;
	blocked = status_mask(status, "\nSigBlk:");
	caught = status_mask(status, "\nSigCgt:");
	ignored = status_mask(status, "\nSigIgn:") | (spared & ~caught);
	pending = (status_mask(status, "\nSigPnd:") |
		   status_mask(status, "\nShdPnd:")) & ~blocked;
	free(status);
	is_only_ignored = pending != 0 || task->was_interrupt_sent;
	for (int signal = 1; signal <= 64; signal++) {
		uint64_t bit = 1ull << (signal - 1);

		if ((pending & bit) && !(ignored & bit) &&
		    ((caught & bit) || !ignored_by_default(signal)))
			is_only_ignored = 0;
	}
	return is_only_ignored;
}

/* Those that leave no core file (sig_kernel_coredump() in signal.h). */
static int ends_at_once(int signal)
{
	switch (signal) {
	case SIGKILL:
	case SIGQUIT:
	case SIGILL:
	case SIGTRAP:
	case SIGABRT:
	case SIGFPE:
	case SIGSEGV:
	case SIGBUS:
	case SIGSYS:
	case SIGXCPU:
	case SIGXFSZ:
		return 0;
	}
	return !stops_by_default(signal) && !ignored_by_default(signal);
}

/*
 * One with a handler that came before would have kept the kernel from looking
 * (wants_signal() in kernel/signal.c); which was first is not known.
 */
int record_deadly_pending(const struct record_task *task)
{
	uint64_t pending, spared, caught;
	char path[64], *status;
	int found = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", task->task.tid);
	status = read_proc_file(path, NULL);
	if (!status)
		return 0;
	pending = (status_mask(status, "\nSigPnd:") |
		   status_mask(status, "\nShdPnd:")) &
		  ~status_mask(status, "\nSigBlk:") &
		  ~status_mask(status, "\nSigIgn:");
	caught = status_mask(status, "\nSigCgt:");
	free(status);
	if (pending & caught)
		return 0;
	spared = pending ? record_spared_signals(task) : 0;
	for (int signal = 1; signal <= 64 && !found; signal++)
		if ((pending & ~spared) >> (signal - 1) & 1 &&
		    ends_at_once(signal))
			found = signal;
	return found;
}

uint64_t record_ignored_signals(const struct record_task *task)
{
	uint64_t ignored = 0;
	char path[64], *status;

	snprintf(path, sizeof(path), "/proc/%d/status", task->task.tid);
	status = read_proc_file(path, NULL);
	if (status)
		ignored = status_mask(status, "\nSigIgn:");
	free(status);
	return ignored;
}

/* A signal that the kernel has for the task now. */
int record_is_pending(const struct record_task *task)
{
	char path[64], *status;
	uint64_t pending = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", task->task.tid);
	status = read_proc_file(path, NULL);
	if (status)
		pending = (status_mask(status, "\nSigPnd:") |
			   status_mask(status, "\nShdPnd:")) &
			  ~status_mask(status, "\nSigBlk:");
	free(status);
	return pending != 0;
}

int record_has_pending(const struct record_task *task, int signal)
{
	char path[64], *status;
	uint64_t pending = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", task->task.tid);
	status = read_proc_file(path, NULL);
	if (status)
		pending = status_mask(status, "\nSigPnd:") |
			  status_mask(status, "\nShdPnd:");
	free(status);
	return pending >> (signal - 1) & 1;
}

static int is_fault(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
	case SIGSYS:
		return info->si_code > 0;
	}
	return 0;
}

static enum signal_outcome outcome_of(const struct record_task *task,
				      const siginfo_t *info)
{
	int signal = info->si_signo;
	uint64_t bit = 1ull << (signal - 1);
	enum signal_outcome outcome;
	char path[64], *status;

	snprintf(path, sizeof(path), "/proc/%d/status", task->task.tid);
	status = read_proc_file(path, NULL);
	if (!status)
		return SIGNAL_FATAL;
	if (status_mask(status, "\nSigCgt:") & bit)
		outcome = SIGNAL_HANDLED;
	else if (status_mask(status, "\nSigIgn:") & bit ||
		 ignored_by_default(signal) ||
		 (!is_fault(info) && record_is_spared(task, info)))
		outcome = SIGNAL_IGNORED;
	else
		outcome = stops_by_default(signal) ? SIGNAL_STOPS :
						     SIGNAL_FATAL;
	free(status);
	return outcome;
}

/*
 * Nobody waits for a signal that isn't blocked: when it is sent the kernel
 * drops it if it is ignored (sig_ignored() in kernel/signal.c), and ends the
 * process if it is deadly (complete_signal()).  Not so for a task with a
 * tracer: its rt_sigtimedwait gets the signal, because of us.
 */
int record_has_no_signal(struct record_task *task)
{
	siginfo_t info = { .si_signo = (int)task->call.result };
	uint64_t mask;

	if (task->call.number != SYS_rt_sigtimedwait || task->is_cancelled ||
	    task->call.result <= 0 || is_traced(task) ||
	    ptrace(PTRACE_GETSIGMASK, task->task.tid, sizeof(mask), &mask) ||
	    mask >> (info.si_signo - 1) & 1)
		return 0;
	switch (outcome_of(task, &info)) {
	case SIGNAL_IGNORED:
		if (task->call.arguments[1])
			address_space_write(space_of(task),
				record_scratch_address(task,
						task->call.arguments[1]),
				task->waited_info, sizeof(task->waited_info));
		return 1;
	case SIGNAL_FATAL:
		/* Before it returns. */
		if (ends_at_once(info.si_signo))
			syscall(SYS_tgkill, task->task.tgid, task->task.tid,
				info.si_signo);
		return 0;
	default:
		return 0;
	}
}

/*
 * fork and its like start over when any signal is pending (ERESTARTNOINTR), and
 * for ever if ignored ones keep coming, which only a tracer lets wake a task.
 */
static void hold_off(struct record_task *task, int signal)
{
	uint64_t mask;

	if (!task->is_interrupted ||
	    task->call.result != RESULT_RESTART_NO_INTERRUPT ||
	    ptrace(PTRACE_GETSIGMASK, task->task.tid, sizeof(mask), &mask))
		return;
	if (!task->has_saved_mask)
		task->saved_mask = mask;
	task->has_saved_mask = 1;
	mask |= 1ull << (signal - 1);
	ptrace(PTRACE_SETSIGMASK, task->task.tid, sizeof(mask), &mask);
	task->is_mask_known = 0;
}

void record_restore_mask(struct record_task *task, struct record_task *also)
{
	if (!task->has_saved_mask)
		return;
	ptrace(PTRACE_SETSIGMASK, also->task.tid, sizeof(task->saved_mask),
	       &task->saved_mask);
	also->is_mask_known = 0;
	if (task == also)
		task->has_saved_mask = 0;
}

/* ---- delivery ---- */

static remote_addr frame_end(const struct record_task *task, remote_addr sp)
{
	remote_addr fpstate = 0;
	uint32_t magic = 0, size = 0;

	address_space_read(space_of(task), sp + FRAME_UCONTEXT +
			   offsetof(ucontext_t, uc_mcontext.fpregs),
			   &fpstate, sizeof(fpstate));
	if (fpstate <= sp || fpstate - sp > FRAME_LIMIT)
		return sp + FRAME_UCONTEXT + sizeof(ucontext_t) +
		       sizeof(siginfo_t);
	address_space_read(space_of(task), fpstate + FPSTATE_MAGIC, &magic,
			   sizeof(magic));
	if (magic == FP_XSTATE_MAGIC1)
		address_space_read(space_of(task),
				   fpstate + FPSTATE_EXTENDED_SIZE, &size,
				   sizeof(size));
	if (size < FPSTATE_LEGACY_SIZE || size > FRAME_LIMIT)
		size = FPSTATE_LEGACY_SIZE;
	return fpstate + size;
}

static void save_frame(struct record_task *task, struct effect_list *effects,
		       const struct registers *registers)
{
	remote_addr sp = registers->value[R_RSP];
	size_t length = frame_end(task, sp) - sp;
	struct effect *effect = effect_list_add_bytes(effects, EFFECT_WRITE,
						      NULL, length);
	uint8_t xstate[EXTENDED_STATE_LENGTH];
	ssize_t xstate_length;

	effect->address = sp;
	effect->length = space_of(task)->memory.read(&space_of(task)->memory,
						     sp, (void *)effect->bytes,
						     length);
	effect_list_add_bytes(effects, EFFECT_REGISTERS, registers,
			      sizeof(*registers));
	xstate_length = task_get_xstate(&task->task, xstate);
	if (xstate_length > 0)
		effect_list_add_bytes(effects, EFFECT_XSTATE, xstate,
				      (size_t)xstate_length);
}

struct delivery {
	struct recorder *recorder;
	struct record_task *task;
	siginfo_t info;
	enum signal_point point;
	enum signal_outcome outcome;
	struct registers before;
};

static int append_signal(struct delivery *delivery,
			 struct effect_list *effects)
{
	struct event event = {
		.kind = EVENT_SIGNAL,
		.detail = (int32_t)delivery->point,
		.signal = (uint32_t)delivery->info.si_signo,
		.result = delivery->outcome,
	};

	memcpy(event.registers, delivery->before.value,
	       sizeof(event.registers));
	return recorder_append(delivery->recorder, delivery->task, &event,
			       effects);
}

static int take_signal(struct recorder *recorder, struct record_task *task,
		       int signal, const struct delivery *first);

/*
 * An interrupt that was sent when the task had stopped already, or a stop of
 * its group, is told before another signal: the task goes on.  The one is out
 * of date by now, and the other is made up for later.
 */
static int is_told_first(struct record_task *task, int status)
{
	if (!WIFSTOPPED(status) || status_event(status) != PTRACE_EVENT_STOP)
		return 0;
	task->is_stop_put_off |= WSTOPSIG(status) != SIGTRAP;
	return 1;
}

/* Steps into the handler: the kernel stops at its first instruction. */
static int enter_handler(struct delivery *delivery,
			 struct effect_list *effects)
{
	struct record_task *task = delivery->task;
	struct registers now;
	int signal = delivery->info.si_signo, status, err;

	/* The handler finds the program as it would be without the agent. */
	if (!task_get_registers(&task->task, &now) &&
	    record_site_original(task, &now.value[R_RIP]))
		task_set_registers(&task->task, &now);
	do {
		if (task_resume(&task->task, PTRACE_SINGLESTEP, signal) ||
		    task_wait(&task->task, &status))
			return 0;
		signal = 0; /* had no room, and the other one comes */
	} while (is_told_first(task, status));
	if (!WIFSTOPPED(status))
		return record_death(delivery->recorder, task, status);
	if (status_event(status) == PTRACE_EVENT_EXIT)
		return record_exit_event(delivery->recorder, task);
	if (WSTOPSIG(status) != SIGTRAP || status_event(status))
		/* No room for the frame: this other signal is what counts. */
		return take_signal(delivery->recorder, task, WSTOPSIG(status),
				   delivery);
	if (task_get_registers(&task->task, &now))
		return 0;
	now.value[R_ORIG_RAX] = (uint64_t)-1;
	save_frame(task, effects, &now);
	record_stacks_signal(task, now.value[R_RSP]);
	task->last = now;
	task->at_boundary = 0;
	err = append_signal(delivery, effects);
	return err ? err : record_go_on(delivery->recorder, task, DUE_STEP);
}

static int deliver(struct delivery *delivery)
{
	struct record_task *task = delivery->task;
	struct effect_list effects = { 0 };
	int signal = delivery->info.si_signo, err = 0;

	task->is_mask_known = 0;
	if (delivery->outcome == SIGNAL_HANDLED ||
	    delivery->outcome == SIGNAL_FATAL)
		err = record_interrupted_call(delivery->recorder, task);
	effect_list_add_bytes(&effects, EFFECT_SIGINFO, &delivery->info, 128);
	if (!err && delivery->outcome == SIGNAL_HANDLED) {
		record_signal_taken(task, signal);
		err = enter_handler(delivery, &effects);
	} else if (!err) {
		if (delivery->outcome != SIGNAL_IGNORED)
			err = append_signal(delivery, &effects);
		else
			hold_off(task, signal);
		/* Given by a tracer it would stop even whom it spares. */
		if (delivery->outcome == SIGNAL_IGNORED && signal == SIGSTOP)
			signal = 0;
		task->state = task == delivery->recorder->current ?
			TASK_RUNNING : TASK_IN_CALL;
		if (!err && delivery->outcome == SIGNAL_FATAL &&
		    task->inner_tgid == 1 && is_fault(&delivery->info))
			err = record_die_of_fault(delivery->recorder, task,
						  &delivery->info);
		else if (!err)
			err = recorder_resume(task, record_run_request(task),
					      signal);
	}
	effect_list_deinit(&effects);
	return err;
}

static int same_but_orig_rax(const struct registers *a,
			     const struct registers *b)
{
	for (int i = 0; i < R_COUNT; i++)
		if (i != R_ORIG_RAX && a->value[i] != b->value[i])
			return 0;
	return 1;
}

/* The signal stops the task for its tracer, or is delivered. */
static int tell_or_deliver(struct delivery *delivery)
{
	struct record_task *task = delivery->task;
	struct event event = {
		.kind = EVENT_SIGNAL,
		.detail = (int32_t)delivery->point,
		.signal = (uint32_t)delivery->info.si_signo,
	};

	if (!is_traced(task) || task->is_doomed)
		return deliver(delivery);
	if (task->tracing->passed_signal == delivery->info.si_signo) {
		task->tracing->passed_signal = 0;
		delivery->info = task->tracing->passed;
		task_set_siginfo(&task->task, &delivery->info);
		/* What the tracer delivered is not told to it again. */
		if (!task->tracing->is_passed_told)
			return deliver(delivery);
	}
	memcpy(event.registers, delivery->before.value,
	       sizeof(event.registers));
	return record_stop_at_signal(delivery->recorder, task,
				     &delivery->info, &event);
}

int record_signal_deliver(struct recorder *recorder, struct record_task *task,
			  const siginfo_t *info)
{
	struct delivery delivery = {
		recorder, task, *info, SIGNAL_AFTER_EVENT,
		outcome_of(task, info),
	};

	if (task_get_registers(&task->task, &delivery.before) ||
	    task_set_siginfo(&task->task, info))
		return 0;
	return deliver(&delivery);
}

enum signal_outcome record_signal_outcome(const struct record_task *task,
					  const siginfo_t *info)
{
	return outcome_of(task, info);
}

/* ---- at a point ---- */

/*
 * Where a handler starts must be known, and where a task ends: others may go on
 * using its memory, and who looks for the loop that it hung in wants to see it.
 * A tracer sees where the task is.
 */
static int must_wait(const struct delivery *delivery)
{
	return is_traced(delivery->task) ||
	       delivery->outcome == SIGNAL_HANDLED ||
	       (delivery->outcome == SIGNAL_FATAL &&
		delivery->task->phase == CALL_NONE);
}

int record_withhold(struct recorder *recorder, struct record_task *task,
		    int signal)
{
	struct delivery delivery = { recorder, task };

	if (task_get_siginfo(&task->task, &delivery.info))
		return 0;
	restore_info(task, signal, &delivery.info);
	delivery.outcome = outcome_of(task, &delivery.info);
	if (is_fault(&delivery.info) || !must_wait(&delivery))
		return 0;
	withhold(recorder, task, &delivery.info);
	return 1;
}

const struct withheld_signal *record_deliverable(const struct record_task *task)
{
	const struct withheld_signal *signal = task->withheld;
	uint64_t blocked = ~0ull;
	char path[64], *status;

	if (!signal)
		return NULL;
	snprintf(path, sizeof(path), "/proc/%d/status", task->task.tid);
	status = read_proc_file(path, NULL);
	if (status)
		blocked = status_mask(status, "\nSigBlk:");
	free(status);
	while (signal && (blocked & 1ull << (signal->info.si_signo - 1)))
		signal = signal->next;
	/* One that was sent is on its way: what comes after it must wait. */
	return signal && !signal->is_sent ? signal : NULL;
}

int record_deliver_at_point(struct recorder *recorder, struct record_task *task)
{
	const struct withheld_signal *signal = record_deliverable(task);
	struct withheld_signal **link = &task->withheld;
	struct delivery delivery = { recorder, task };

	if (!signal || task_get_registers(&task->task, &delivery.before))
		return 0;
	while (*link != signal)
		link = &(*link)->next;
	*link = signal->next;
	delivery.info = signal->info;
	delivery.point = SIGNAL_AFTER_EVENT;
	free((void *)signal);
	/* The stop is that of a SIGTRAP, whose place it takes. */
	if (task_set_siginfo(&task->task, &delivery.info))
		return 0;
	delivery.outcome = outcome_of(task, &delivery.info);
	return tell_or_deliver(&delivery);
}

/* ---- trapped instructions ---- */

/*
 * FXSAVE leaves the last bytes of its area alone, those before them to the
 * processor: programs can't count on them.
 */
#define AREA_LENGTH 416u

static remote_addr area_of(const struct instruction *instruction,
			   const struct registers *registers)
{
	return registers->value[R_RSP] +
	       (uint64_t)(int64_t)instruction->displacement;
}

static int fill_area(const struct record_task *task, remote_addr area)
{
	struct user_fpregs_struct state;

	if (area % 16 ||
	    ptrace(PTRACE_GETFPREGS, task->task.tid, NULL, &state) ||
	    address_space_write(space_of(task), area, &state, AREA_LENGTH))
		return INSTRUCTION_FAULTS;
	return 0;
}

static void tell_area(struct record_task *task, remote_addr area)
{
	uint8_t bytes[AREA_LENGTH];

	if (!address_space_read(space_of(task), area, bytes, sizeof(bytes)))
		effect_list_add_bytes(&task->effects, EFFECT_WRITE, bytes,
				      sizeof(bytes))->address = area;
}

static int append_instruction(struct recorder *recorder,
			      struct record_task *task,
			      const struct instruction *instruction,
			      const struct registers *before,
			      const struct registers *after)
{
	struct event event = {
		.kind = EVENT_INSTRUCTION,
		.detail = (int32_t)instruction->kind,
		.result = (int64_t)after->value[R_RAX],
	};
	struct effect_list *effects = &task->effects;
	int err;

	memcpy(event.registers, before->value, sizeof(event.registers));
	/* Between calls: there are no effects of one. */
	effect_list_clear(effects);
	if (instruction->kind == INSTRUCTION_FXSAVE)
		tell_area(task, area_of(instruction, before));
	else
		record_instruction_site(recorder, task, before->value[R_RIP],
					instruction);
	effect_list_add_bytes(effects, EFFECT_REGISTERS, after,
			      sizeof(*after));
	err = recorder_append(recorder, task, &event, effects);
	effect_list_clear(effects);
	return err;
}

/* The one that an int3 of ours stands for, here or where it was copied from. */
static struct instruction trapped_instruction(const struct record_task *task,
					      remote_addr addr)
{
	const struct patched_site *site = space_find_site(task, addr);
	struct memory *memory = &space_of(task)->memory;
	uint8_t bytes[15], original[16];

	if (site)
		return site->instruction;
	return instruction_of_trap(bytes, memory->read(memory, addr, bytes,
						       sizeof(bytes)),
				   original);
}

/* The one that raised the signal, if that means that it was trapped. */
static int is_trapped(const struct record_task *task, const siginfo_t *info,
		      const struct registers *registers,
		      struct instruction *instruction_out)
{
	remote_addr rip = registers->value[R_RIP];
	struct memory *memory = &space_of(task)->memory;
	uint8_t bytes[15];

	if (info->si_code != SI_KERNEL)
		return 0;
	if (info->si_signo == SIGTRAP) {
		*instruction_out = trapped_instruction(task, rip - 1);
		return instruction_out->kind != INSTRUCTION_NONE;
	}
	if (info->si_signo != SIGSEGV)
		return 0;
	*instruction_out = instruction_decode(bytes, memory->read(memory, rip,
						bytes, sizeof(bytes)));
	if (instruction_out->kind == INSTRUCTION_CPUID)
		return 1;
	return (instruction_out->kind == INSTRUCTION_RDTSC ||
		instruction_out->kind == INSTRUCTION_RDTSCP) &&
	       task->tsc_mode != PR_TSC_SIGSEGV;
}

#define NOT_TRAPPED (INSTRUCTION_FAULTS + 1)

/* The trap of a program that steps itself, which the processor has not seen. */
static int deliver_step(struct recorder *recorder, struct record_task *task,
			const struct registers *registers)
{
	struct delivery delivery = {
		recorder, task, .info.si_signo = SIGTRAP,
		.point = SIGNAL_AFTER_EVENT, .before = *registers,
	};

	delivery.info.si_code = TRAP_TRACE;
	delivery.info.si_addr = (void *)registers->value[R_RIP];
	delivery.outcome = outcome_of(task, &delivery.info);
	task_set_siginfo(&task->task, &delivery.info);
	return tell_or_deliver(&delivery);
}

/*
 * 0 when the signal was ours and the instruction is done; INSTRUCTION_FAULTS
 * when the processor would have refused it; or NOT_TRAPPED.
 */
static int run_trapped_instruction(struct recorder *recorder,
				   struct record_task *task,
				   const siginfo_t *info,
				   struct registers *registers)
{
	struct instruction instruction;
	struct registers after;
	int err;

	if (!is_trapped(task, info, registers, &instruction))
		return NOT_TRAPPED;
	if (info->si_signo == SIGTRAP)
		registers->value[R_RIP]--; /* of an int3 */
	registers->value[R_ORIG_RAX] = (uint64_t)-1;
	after = *registers;
	if (instruction_execute(&instruction, recorder->cpu, &after) ==
	    INSTRUCTION_FAULTS ||
	    (instruction.kind == INSTRUCTION_FXSAVE &&
	     fill_area(task, area_of(&instruction, registers))))
		return INSTRUCTION_FAULTS;
	if (instruction.kind == INSTRUCTION_RDTSCP)
		record_core_in_register(recorder, task, &after.value[R_RCX]);
	else if (instruction.kind == INSTRUCTION_RDPID)
		record_core_in_register(recorder, task,
					&after.value[instruction.destination]);
	else if (instruction.kind == INSTRUCTION_CPUID)
		record_agent_know(recorder, task, registers, &after);
	err = append_instruction(recorder, task, &instruction, registers,
				 &after);
	if (err)
		return err;
	task->last = after;
	if (task_set_registers(&task->task, &after))
		return 0;
	return after.value[R_EFLAGS] & EFLAGS_TRAP ?
		deliver_step(recorder, task, &after) :
		record_go_on(recorder, task, DUE_STEP);
}

/* ---- the stop ---- */

static int is_step(const struct record_task *task, const siginfo_t *info)
{
	return task->tracing && task->tracing->is_stepping &&
	       (siginfo_may_be_step(info) || (info->si_signo == SIGTRAP &&
					      info->si_code == TRAP_HWBKPT));
}

int record_is_at_event(const struct record_task *task,
		       const struct registers *registers)
{
	return same_but_orig_rax(registers, &task->last);
}

/* The last event has the place, and no instruction from there raised it. */
static int is_place_known(const struct delivery *delivery)
{
	struct record_task *task = delivery->task;
	int is_known = task->is_fault_placed && is_fault(&delivery->info);

	if (is_known)
		task->is_fault_placed = 0;
	return is_known && record_is_at_event(task, &delivery->before);
}

static enum signal_point point_of(const struct delivery *delivery)
{
	const struct record_task *task = delivery->task;

	if (record_is_dispatch(task, &delivery->info))
		return SIGNAL_AT_CALL;
	if (is_step(task, &delivery->info))
		return SIGNAL_AFTER_STEP;
	if (is_place_known(delivery))
		return SIGNAL_AFTER_EVENT;
	if (is_fault(&delivery->info) && delivery->info.si_signo != SIGSYS)
		return SIGNAL_AT_FAULT;
	if (!record_is_at_event(task, &delivery->before))
		return SIGNAL_ANYWHERE;
	return task->at_boundary ? SIGNAL_BEFORE_SYSCALL : SIGNAL_AFTER_EVENT;
}

/*
 * The signal interrupts a call that would have been restarted elsewhere
 * (recorder_resume): for the program it is where it was made.
 */
static void stand_at_call(struct record_task *task,
			  struct registers *registers)
{
	remote_addr place = task->entry.value[R_RIP];

	if (!task->is_interrupted || !record_site_restart(task, &place) ||
	    registers->value[R_RIP] != place)
		return;
	registers->value[R_RIP] = task->entry.value[R_RIP];
	task_set_registers(&task->task, registers);
}

/* It came into the middle of a jump to the agent (record_site_changes.c). */
static int takes_detour(struct record_task *task, const siginfo_t *info,
			struct registers *registers, int *err_out)
{
	remote_addr to;

	if ((info->si_signo != SIGTRAP && info->si_signo != SIGILL) ||
	    info->si_code <= 0)
		return 0;
	to = record_site_detour(task, registers->value[R_RIP],
				info->si_signo);
	if (!to)
		return 0;
	registers->value[R_RIP] = to;
	registers->value[R_ORIG_RAX] = (uint64_t)-1;
	task_set_registers(&task->task, registers);
	*err_out = recorder_resume(task, record_run_request(task), 0);
	return 1;
}

/* True where all of it is ours; *err_out says how that went. */
static int is_own_trap(struct delivery *delivery, int *signal, int *err_out)
{
	struct recorder *recorder = delivery->recorder;
	struct record_task *task = delivery->task;
	struct registers *before = &delivery->before;
	siginfo_t *info = &delivery->info;

	if (record_agent_signal(recorder, task, info, before, err_out) ||
	    takes_detour(task, info, before, err_out) ||
	    record_sites_step(recorder, task, info, before, err_out))
		return 1;
	*err_out = run_trapped_instruction(recorder, task, info, before);
	if (*err_out == INSTRUCTION_FAULTS) {
		/* The program made a mistake; it must not see our int3. */
		*signal = info->si_signo = SIGSEGV;
		info->si_code = SI_KERNEL;
		info->si_addr = NULL;
		task_set_registers(&task->task, before);
		task_set_siginfo(&task->task, info);
		return 0;
	}
	if (*err_out != NOT_TRAPPED)
		return 1;
	*err_out = record_first_execution(recorder, task, info, before);
	if (*err_out > 0)
		*err_out = 0;
	else if (!*err_out)
		return 0;
	return 1;
}

/* As is_own_trap() will find; the info is as if nothing else was pending. */
static int stands_at_trap(struct delivery *delivery)
{
	const struct record_task *task = delivery->task;
	const struct registers *before = &delivery->before;
	remote_addr rip = before->value[R_RIP];
	siginfo_t *info = &delivery->info, told = *info;
	struct instruction instruction;

	if (info->si_code <= 0)
		*info = (siginfo_t){ .si_signo = told.si_signo,
				     .si_code = SI_KERNEL };
	if (record_agent_is_inside(task, before) ||
	    record_site_detour(task, rip, told.si_signo) ||
	    is_trapped(task, info, before, &instruction))
		return 1;
	if (told.si_code <= 0 && told.si_signo == SIGSEGV) {
		info->si_code = SEGV_ACCERR;
		info->si_addr = (void *)rip;
	}
	if (record_is_first_execution(task, info, before))
		return 1;
	*info = told;
	return 0;
}

/* A trap of ours leaves no trace in what the task blocks and ignores. */
static void hide_force(struct delivery *delivery)
{
	siginfo_t told = delivery->info;

	if (record_is_forced(delivery->task, &told) &&
	    stands_at_trap(delivery))
		record_undo_force(delivery->task, &told);
}

/* In the place of the first one, which had no room for its frame. */
static int take_signal(struct recorder *recorder, struct record_task *task,
		       int signal, const struct delivery *first)
{
	struct delivery delivery = { recorder, task };
	int is_sent, err;

	if (task_get_siginfo(&task->task, &delivery.info) ||
	    task_get_registers(&task->task, &delivery.before))
		return 0;
	if (signal == SIGTERM)
		task->terminated_ns = now_ns();
	if (record_is_trapped_call(task, &delivery.info, &delivery.before))
		return record_trapped_call(recorder, task, &delivery.before);
	record_seccomp_place(task, &delivery.info);
	stand_at_call(task, &delivery.before);
	hide_force(&delivery);
	if (is_own_trap(&delivery, &signal, &err))
		return err;
	if (record_is_dispatch(task, &delivery.info) &&
	    record_dispatch_vdso(recorder, task, &delivery.before))
		return 0;
	is_sent = restore_info(task, signal, &delivery.info);
	record_wait_siginfo(recorder, task, &delivery.info);
	task_set_siginfo(&task->task, &delivery.info);
	delivery.outcome = outcome_of(task, &delivery.info);
	if (first)
		delivery.before = first->before;
	delivery.point = first ? first->point : point_of(&delivery);
	if (delivery.point == SIGNAL_ANYWHERE && must_wait(&delivery)) {
		withhold(recorder, task, &delivery.info);
		return recorder_resume(task, record_run_request(task), 0);
	}
	if (!is_sent && !is_fault(&delivery.info))
		let_first_go_first(recorder, task, &delivery.info);
	return tell_or_deliver(&delivery);
}

int record_signal_stop(struct recorder *recorder, struct record_task *task,
		       int signal)
{
	return take_signal(recorder, task, signal, NULL);
}
