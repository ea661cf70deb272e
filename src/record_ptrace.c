/* SPDX-License-Identifier: MIT */
/*
 * Stops of tasks that another recorded task traces (ptrace(2), "Stopped
 * states"): when they are made, and how the task goes on afterwards.
 *
 * What the tracer changed meanwhile is an event of the tracee's
 * (EVENT_TRACER): memory at once, registers when it goes on.
 */
#include "src/record_ptrace.h"
#include "src/record_agent.h"
#include "src/record_filters.h"
#include "src/record_forced.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/process_status.h"
#include "traces/report.h"

#ifndef PTRACE_SYSEMU /* sys/ptrace.h has them as enums */
#define PTRACE_SYSEMU 31
#define PTRACE_SYSEMU_SINGLESTEP 32
#endif
#define MESSAGE_ENTRY 1 /* PTRACE_EVENTMSG_SYSCALL_ENTRY */
#define MESSAGE_EXIT 2

#define SYSTEM_CALL_GOOD 0x80
#define EVENT_CODE(event) (SIGTRAP | (event) << 8)

static int is_option_set(const struct record_task *task, int event)
{
	return is_traced(task) &&
	       (task->tracing->options & 1ull << event) != 0;
}

static int traces_calls(const struct record_task *task)
{
	int mode = is_traced(task) ? task->tracing->mode : 0;

	return mode == PTRACE_SYSCALL || mode == PTRACE_SYSEMU ||
	       mode == PTRACE_SYSEMU_SINGLESTEP;
}

static int is_single_stepped(const struct record_task *task)
{
	int mode = is_traced(task) ? task->tracing->mode : 0;

	return mode == PTRACE_SINGLESTEP || mode == PTRACE_SYSEMU_SINGLESTEP;
}

/* ---- making a stop ---- */

static siginfo_t trap_info(const struct record_task *task, int code)
{
	siginfo_t info = { .si_signo = code & 0x7f };

	info.si_code = code;
	info.si_pid = task->inner_tid;
	info.si_uid = task->tracing->uid;
	return info;
}

/* code is what waitpid(2) gives in the upper bytes of the status. */
static int stop(struct recorder *recorder, struct record_task *task,
		enum trace_stop kind, int code, unsigned long message)
{
	struct tracing *tracing = task->tracing;
	int err = 0;

	if (task->phase == CALL_ENTERED)
		err = record_announce_call(recorder, task);
	tracing->stop = kind;
	tracing->is_resumed = tracing->is_listening = 0;
	tracing->is_stepping = tracing->is_signal_stop = 0;
	tracing->is_xstate_changed = 0;
	tracing->signal = 0;
	tracing->status = code << 8 | 0x7f;
	tracing->has_status = 1;
	tracing->message = message;
	tracing->info = trap_info(task, code);
	if (task_get_registers(&task->task, &tracing->shown))
		return err; /* killed: its death is reported later */
	task->state = TASK_TRACED;
	record_wait_notify(recorder, tracing,
			   kind == STOP_GROUP ? CLD_STOPPED : CLD_TRAPPED,
			   code & 0x7f);
	return err;
}

/* In a call whose registers we changed: the tracer sees the program's own. */
static int stop_in_call(struct recorder *recorder, struct record_task *task,
			enum trace_stop kind, int code, unsigned long message)
{
	struct tracing *tracing = task->tracing;
	struct registers shown = task->entry;

	if (task_get_registers(&task->task, &tracing->held))
		return 0;
	shown.value[R_RAX] = (uint64_t)-ENOSYS;
	if (task_set_registers(&task->task, &shown))
		return 0;
	return stop(recorder, task, kind, code, message);
}

/* A signal that the kernel did not send, but would have. */
static int stop_at_own_signal(struct recorder *recorder,
			      struct record_task *task, int signal,
			      int signal_code)
{
	int err = stop(recorder, task, STOP_SIGNAL, signal, 0);
	siginfo_t *info = &task->tracing->info;

	*info = (siginfo_t){ .si_signo = signal };
	info->si_code = signal_code;
	if (signal_code == SI_USER && signal == SIGTRAP) {
		info->si_pid = task->inner_tgid;
		info->si_uid = task->tracing->uid;
	} else if (signal_code > 0) {
		info->si_addr =
			(void *)task->tracing->shown.value[R_RIP];
	}
	return err;
}

/* As the kernel shows it at a call's end; we may have taken it away. */
static void show_number(struct record_task *task, uint64_t number)
{
	struct registers registers;

	if (task_get_registers(&task->task, &registers))
		return;
	registers.value[R_ORIG_RAX] = number;
	task_set_registers(&task->task, &registers);
}

static int exit_stop(struct recorder *recorder, struct record_task *task)
{
	int is_good = is_option_set(task, 0); /* PTRACE_O_TRACESYSGOOD */

	show_number(task, task->entry.value[R_ORIG_RAX]);
	return stop(recorder, task, STOP_EXIT,
		    SIGTRAP | (is_good ? SYSTEM_CALL_GOOD : 0), MESSAGE_EXIT);
}

/* True when a stop was made. */
static int stop_if_due(struct recorder *recorder, struct record_task *task,
		       enum trace_due due, int *err_out)
{
	struct tracing *tracing = task->tracing;
	int steps = is_single_stepped(task);

	switch (due) {
	case DUE_VFORK_DONE:
		if (!is_option_set(task, PTRACE_EVENT_VFORK_DONE))
			return 0;
		*err_out = stop(recorder, task, STOP_VFORK_DONE,
				EVENT_CODE(PTRACE_EVENT_VFORK_DONE),
				(unsigned long)task->call.result);
		return 1;
	case DUE_EXEC:
		show_number(task, SYS_execve);
		if (is_option_set(task, PTRACE_EVENT_EXEC))
			*err_out = stop(recorder, task, STOP_EXEC,
					EVENT_CODE(PTRACE_EVENT_EXEC),
					tracing->message);
		else if (!tracing->is_seized)
			tracing->due |= DUE_EXEC_SIGNAL;
		return tracing->stop != STOP_NONE;
	case DUE_EXIT:
		if (tracing->mode == PTRACE_SYSCALL)
			*err_out = exit_stop(recorder, task);
		else if (steps)
			*err_out = stop_at_own_signal(recorder, task, SIGTRAP,
						      TRAP_BRKPT);
		return tracing->stop != STOP_NONE;
	case DUE_EXEC_SIGNAL:
		show_number(task, SYS_execve);
		*err_out = stop_at_own_signal(recorder, task, SIGTRAP,
					      SI_USER);
		return 1;
	case DUE_STEP:
		if (steps)
			*err_out = stop_at_own_signal(recorder, task, SIGTRAP,
						      TRAP_TRACE);
		return steps;
	case DUE_BIRTH:
		if (!tracing->is_seized) {
			*err_out = stop_at_own_signal(recorder, task, SIGSTOP,
						      SI_USER);
			return 1;
		}
		break;
	case DUE_TRAP:
		break;
	}
	*err_out = stop(recorder, task, STOP_TRAP,
			EVENT_CODE(PTRACE_EVENT_STOP), 0);
	return 1;
}

int record_go_on(struct recorder *recorder, struct record_task *task,
		 unsigned due)
{
	int err = 0;

	if (is_traced(task) && !task->is_doomed) {
		struct tracing *tracing = task->tracing;

		tracing->due |= due;
		while (tracing->due) {
			unsigned next = tracing->due & -tracing->due;

			tracing->due &= ~next;
			if (stop_if_due(recorder, task, next, &err))
				return err;
		}
	}
	recorder_make_ready(recorder, task);
	return 0;
}

/* ---- stops at what the kernel says ---- */

int record_stops_at_entry(struct recorder *recorder, struct record_task *task,
			  int *err_out)
{
	int is_good = is_option_set(task, 0); /* PTRACE_O_TRACESYSGOOD */

	if (!is_traced(task) || task->is_doomed)
		return 0;
	if (task->tracing->due & DUE_TRAP) {
		/* Where it was interrupted was no place to stop at. */
		task->tracing->due &= ~(unsigned)DUE_TRAP;
		*err_out = stop(recorder, task, STOP_ENTRY,
				EVENT_CODE(PTRACE_EVENT_STOP), 0);
		task->tracing->is_entry_due = 1;
		return 1;
	}
	if (!traces_calls(task))
		return 0;
	*err_out = stop(recorder, task, STOP_ENTRY,
			SIGTRAP | (is_good ? SYSTEM_CALL_GOOD : 0),
			MESSAGE_ENTRY);
	task->tracing->is_call_skipped =
		task->tracing->mode != PTRACE_SYSCALL;
	return 1;
}

int record_stops_at_restart(struct recorder *recorder,
			    struct record_task *task, int *err_out)
{
	if (!is_traced(task) || task->tracing->mode != PTRACE_SYSCALL)
		return 0;
	*err_out = exit_stop(recorder, task);
	return 1;
}

int record_stops_at_clone(struct recorder *recorder, struct record_task *task,
			  int event, const struct record_task *child,
			  int *err_out)
{
	if (!is_option_set(task, event) ||
	    (task->clone_flags & CLONE_UNTRACED))
		return 0;
	*err_out = stop_in_call(recorder, task, STOP_CLONE, EVENT_CODE(event),
				(unsigned long)recorder_seen_tid(
					task->tracing->tracer, child));
	return 1;
}

/* No user code has run since its last event. */
static int is_at_event(const struct record_task *task)
{
	struct registers now;

	if (task->phase != CALL_NONE ||
	    task_get_registers(&task->task, &now))
		return 1;
	now.value[R_ORIG_RAX] = task->last.value[R_ORIG_RAX];
	return !memcmp(&now, &task->last, sizeof(now));
}

int record_stops_in_group(struct recorder *recorder, struct record_task *task,
			  int signal, int *err_out)
{
	struct tracing *tracing = task->tracing;
	int code = signal;

	if (!is_traced(task) || task->is_doomed)
		return 0;
	if (tracing->is_seized)
		code |= PTRACE_EVENT_STOP << 8;
	if (signal != SIGTRAP) {
		*err_out = stop(recorder, task, STOP_GROUP, code, 0);
		return 1;
	}
	if (!(tracing->due & DUE_TRAP) && !tracing->is_listening)
		return 0;
	if (!is_at_event(task)) {
		task->point_wanted = task == recorder->current ?
			POINT_WANTED : POINT_NOT_WANTED;
		return 0;
	}
	tracing->due &= ~(unsigned)DUE_TRAP;
	*err_out = stop(recorder, task, STOP_TRAP, code, 0);
	return 1;
}

int record_stops_dying(struct recorder *recorder, struct record_task *task,
		       int *err_out)
{
	if (!is_option_set(task, PTRACE_EVENT_EXIT) ||
	    task->tracing->stop == STOP_DYING)
		return 0;
	*err_out = stop(recorder, task, STOP_DYING,
			EVENT_CODE(PTRACE_EVENT_EXIT),
			(unsigned long)task->exit_status);
	return 1;
}

int record_stop_at_signal(struct recorder *recorder, struct record_task *task,
			  const siginfo_t *info, struct event *event)
{
	struct effect_list effects = { 0 };
	int err = 0;

	if (task->phase == CALL_NONE) {
		event->result = SIGNAL_TRACED;
		effect_list_add_bytes(&effects, EFFECT_SIGINFO, info, 128);
		err = recorder_append(recorder, task, event, &effects);
		effect_list_deinit(&effects);
		task->at_boundary = 0;
		memcpy(task->last.value, event->registers,
		       sizeof(task->last.value));
	}
	if (!err)
		err = stop(recorder, task, STOP_SIGNAL, info->si_signo, 0);
	task->tracing->info = *info;
	task->tracing->is_signal_stop = 1;
	return err;
}

int record_has_seccomp_tracer(const struct record_task *task)
{
	return is_option_set(task, PTRACE_EVENT_SECCOMP) && !task->is_doomed;
}

/* The tracer sees where the call was made. */
static void show_place(struct record_task *task)
{
	struct registers now;

	if (!task->passes || task_get_registers(&task->task, &now))
		return;
	record_unpass(task, &now);
	task->passes = 0;
	task_set_registers(&task->task, &now);
}

/*
 * A filter said SECCOMP_RET_TRACE, so the call was not prepared.  Without a
 * tracer that asked for it, it fails as if the kernel lacked it (seccomp(2)).
 * So it does if the filter is one that reel runs under: ours traps calls then.
 */
int record_seccomp_event(struct recorder *recorder, struct record_task *task)
{
	unsigned long message = 0;
	struct registers now;

	if (record_has_seccomp_tracer(task) && task->is_skipped) {
		task_get_event_message(&task->task, &message);
		show_place(task);
		return stop(recorder, task, STOP_SECCOMP,
			    EVENT_CODE(PTRACE_EVENT_SECCOMP), message);
	}
	if ((task->is_skipped || task->traps_calls) &&
	    !task_get_registers(&task->task, &now)) {
		now.value[R_ORIG_RAX] = (uint64_t)-1;
		now.value[R_RAX] = (uint64_t)-ENOSYS;
		task_set_registers(&task->task, &now);
	}
	task->state = task == recorder->current ? TASK_RUNNING : TASK_IN_CALL;
	return recorder_resume(task, task->phase == CALL_NONE ?
			       PTRACE_CONT : PTRACE_SYSCALL, 0);
}

/* ---- going on ---- */

int record_trace_change(struct recorder *recorder, struct record_task *task,
			struct effect_list *effects)
{
	struct event event = { .kind = EVENT_TRACER };

	return recorder_append(recorder, task, &event, effects);
}

static int append_registers(struct recorder *recorder,
			    struct record_task *task,
			    const struct registers *registers)
{
	struct effect_list effects = { 0 };
	uint8_t xstate[EXTENDED_STATE_LENGTH];
	ssize_t length;
	int err;

	if (registers)
		effect_list_add_bytes(&effects, EFFECT_REGISTERS, registers,
				      sizeof(*registers));
	if (task->tracing->is_xstate_changed) {
		length = task_get_xstate(&task->task, xstate);
		if (length > 0)
			effect_list_add_bytes(&effects, EFFECT_XSTATE, xstate,
					      (size_t)length);
	}
	task->tracing->is_xstate_changed = 0;
	err = effects.count ?
		record_trace_change(recorder, task, &effects) : 0;
	effect_list_deinit(&effects);
	return err;
}

/*
 * What the kernel makes of them on the way to user code: a call that was
 * interrupted is made again (arch_do_signal_or_restart in arch/x86).
 */
static struct registers restarted(struct registers registers)
{
	int64_t result = (int64_t)registers.value[R_RAX];
	int is_restart = (int64_t)registers.value[R_ORIG_RAX] >= 0 &&
			 result <= -512 && result >= -516 && result != -515;

	if (is_restart) {
		registers.value[R_RAX] = result == -516 ?
			SYS_restart_syscall : registers.value[R_ORIG_RAX];
		registers.value[R_RIP] -= 2;
	}
	registers.value[R_ORIG_RAX] = (uint64_t)-1;
	return registers;
}

/* The tracer made another call of the one at whose entry the task stands. */
static int change_call(struct recorder *recorder, struct record_task *task,
		       enum trace_stop from, struct registers now)
{
	struct registers before = now;
	int was_begun = task->is_interrupted;
	int err = 0;

	now.value[R_RAX] = now.value[R_ORIG_RAX];
	if (was_begun) {
		err = record_interrupted_call(recorder, task);
		before.value[R_RAX] = now.value[R_ORIG_RAX];
		before.value[R_RIP] -= 2;
		before.value[R_ORIG_RAX] = (uint64_t)-1;
	}
	record_scratch_release(task);
	task->has_restore = task->is_cancelled = 0;
	if (!err)
		err = append_registers(recorder, task,
				       was_begun ? &before : &now);
	if (err)
		return err;
	task->entry = now;
	err = record_call_begins(task);
	if (from == STOP_SECCOMP && record_seccomp_traces(task))
		task->is_skipped = 0;
	if (!was_begun) {
		/* its SYSCALL_ENTER is written */
		effect_list_clear(&task->effects);
		task->inputs = 0;
		task->phase = CALL_ANNOUNCED;
	}
	return err ? err : record_call_goes_on(recorder, task);
}

static int leave_entry(struct recorder *recorder, struct record_task *task,
		       struct registers *now, int is_changed)
{
	struct tracing *tracing = task->tracing;
	int err;

	if (tracing->is_entry_due && !is_changed) {
		tracing->is_entry_due = 0;
		if (record_stops_at_entry(recorder, task, &err))
			return err;
	}
	tracing->is_entry_due = 0;
	if (tracing->is_call_skipped && is_traced(task)) {
		now->value[R_ORIG_RAX] = (uint64_t)-1;
		is_changed = 1;
		if (task_set_registers(&task->task, now))
			return 0;
	}
	tracing->is_call_skipped = 0;
	if (is_changed)
		return change_call(recorder, task, STOP_ENTRY, *now);
	err = append_registers(recorder, task, NULL);
	if (err)
		return err;
	return task->is_interrupted ? record_call_restarts(recorder, task) :
				      record_call_goes_on(recorder, task);
}

/* The kernel asks the filters again, of whom those that trace now allow. */
static int leave_seccomp(struct recorder *recorder, struct record_task *task,
			 struct registers *now, int is_changed)
{
	int err;

	if (is_changed)
		return change_call(recorder, task, STOP_SECCOMP, *now);
	err = append_registers(recorder, task, NULL);
	task->is_skipped = 0;
	return err ? err : record_call_goes_on(recorder, task);
}

static int leave_clone(struct recorder *recorder, struct record_task *task,
		       const struct registers *now, int is_changed)
{
	int err = append_registers(recorder, task, NULL);

	if (is_changed) {
		task->restore = *now;
		task->restore.value[R_RAX] = task->entry.value[R_RAX];
		task->has_restore = 1;
	}
	task_set_registers(&task->task, &task->tracing->held);
	task->state = TASK_RUNNING;
	return err ? err : recorder_resume(task, PTRACE_SYSCALL, 0);
}

/* A signal where the kernel has none to deliver: it is sent. */
static void send_signal(struct record_task *task, const siginfo_t *info,
			int is_told)
{
	struct tracing *tracing = task->tracing;

	tracing->passed = *info;
	tracing->passed_signal = info->si_signo;
	tracing->is_passed_told = is_told;
	syscall(SYS_tgkill, task->task.tgid, task->task.tid, info->si_signo);
}

/*
 * At the entry and the exit of a call the kernel sends it, and stops for it
 * when it comes (ptrace_report_syscall); at other events it is lost.
 */
static void pass_signal(struct record_task *task, enum trace_stop from,
			const siginfo_t *info, const struct registers *now)
{
	if (from != STOP_EXIT && from != STOP_SIGNAL)
		return;
	task->last = *now; /* so it is delivered where the task stands */
	send_signal(task, info, from == STOP_EXIT);
}

static siginfo_t signal_to_deliver(const struct tracing *tracing)
{
	siginfo_t info = { .si_signo = tracing->signal };

	if (tracing->stop == STOP_SIGNAL &&
	    tracing->info.si_signo == tracing->signal)
		return tracing->info;
	if (tracing->stop == STOP_ENTRY || tracing->stop == STOP_EXIT) {
		info.si_code = SI_KERNEL;
		return info;
	}
	info.si_code = SI_USER;
	if (tracing->tracer) {
		info.si_pid = tracing->tracer->inner_tgid;
		info.si_uid = tracing->uid;
	}
	return info;
}

/* At a boundary of user code, or in a call that was interrupted. */
static int leave_stop(struct recorder *recorder, struct record_task *task,
		      enum trace_stop from, const siginfo_t *signal,
		      const struct registers *now, int is_changed)
{
	int is_signal_stop = task->tracing->is_signal_stop;
	int is_handled = signal->si_signo &&
			 record_signal_outcome(task, signal) ==
			 SIGNAL_HANDLED;
	struct registers user = is_handled ? *now : restarted(*now);
	int err = 0;

	task->tracing->is_signal_stop = 0;
	if (is_changed && task->phase != CALL_NONE)
		err = record_interrupted_call(recorder, task);
	if (!err)
		err = append_registers(recorder, task,
				       is_changed ? &user : NULL);
	if (err)
		return err;
	if (is_changed) {
		task->last = *now;
		task->at_boundary = 0;
	}
	if (signal->si_signo && is_signal_stop)
		return record_signal_deliver(recorder, task, signal);
	if (signal->si_signo)
		pass_signal(task, from, signal, now);
	if (task->phase == CALL_NONE && task->tracing->due)
		return record_go_on(recorder, task, 0);
	task->state = TASK_RUNNING;
	return recorder_resume(task, record_run_request(task), 0);
}

/* The task, whose turn it is, leaves the stop that its tracer ended. */
static int leave(struct recorder *recorder, struct record_task *task)
{
	struct tracing *tracing = task->tracing;
	enum trace_stop from = tracing->stop;
	siginfo_t signal = signal_to_deliver(tracing);
	struct registers now;
	int is_changed;

	tracing->stop = STOP_NONE;
	tracing->is_resumed = 0;
	if (task_get_registers(&task->task, &now))
		return 0; /* killed: its death is reported later */
	is_changed = memcmp(&now, &tracing->shown, sizeof(now)) != 0;
	switch (from) {
	case STOP_ENTRY:
		if (signal.si_signo)
			send_signal(task, &signal, 1);
		return leave_entry(recorder, task, &now, is_changed);
	case STOP_SECCOMP:
		return leave_seccomp(recorder, task, &now, is_changed);
	case STOP_CLONE:
		return leave_clone(recorder, task, &now, is_changed);
	default:
		return leave_stop(recorder, task, from, &signal, &now,
				  is_changed);
	}
}

static void forget(struct record_task *task)
{
	free(task->tracing);
	task->tracing = NULL;
}

int record_run_task(struct recorder *recorder, struct record_task *task,
		    int signal)
{
	struct tracing *tracing = task->tracing;
	int err;

	if (!tracing || !tracing->is_resumed)
		return recorder_resume(task, record_run_request(task), signal);
	err = leave(recorder, task);
	/* The task may have ended meanwhile, but then it is not removed yet. */
	if (task->tracing == tracing && tracing->is_detached)
		forget(task);
	return err;
}

int record_may_run_ahead(const struct record_task *task)
{
	return !is_single_stepped(task) && !task->is_watched;
}

static int is_call_next(const struct record_task *task)
{
	struct memory *memory = &space_of(task)->memory;
	struct registers now;
	uint8_t bytes[8] = { 0 };
	size_t at = 0, got;

	if (task_get_registers(&task->task, &now))
		return 1;
	got = memory->read(memory, now.value[R_RIP], bytes, sizeof(bytes));
	while (at + 2 < got && ((bytes[at] & 0xf0) == 0x40 ||
				bytes[at] == 0x66 || bytes[at] == 0xf2 ||
				bytes[at] == 0xf3))
		at++;
	return (bytes[at] == 0x0f &&
		(bytes[at + 1] == 0x05 || bytes[at + 1] == 0x34)) ||
	       (bytes[at] == 0xcd && bytes[at + 1] == 0x80);
}

int record_run_request(struct record_task *task)
{
	record_note_mask(task);
	if (!is_single_stepped(task) || task->phase != CALL_NONE ||
	    is_call_next(task))
		return record_agent_request(task);
	task->tracing->is_stepping = 1;
	return PTRACE_SINGLESTEP;
}

/* ---- who traces whom ---- */

/* What the tracer and the kernel know it by. */
static void look_up_ids(struct record_task *tracee)
{
	struct tracing *tracing = tracee->tracing;
	const struct record_task *tracer = tracing->tracer;
	struct process_status status;

	process_status_read(tracee->task.tid, &status);
	tracing->is_own_child = tracer &&
		tracee->task.tid == tracee->task.tgid &&
		status.parent == tracer->task.tgid;
	tracing->seen_tid = tracer ? recorder_seen_tid(tracer, tracee) : 0;
	tracing->group = getpgid(tracee->task.tid);
	tracing->uid = status.uids[0];
}

struct tracing *record_trace(struct record_task *tracee,
			     struct record_task *tracer, int is_seized,
			     uint64_t options)
{
	/* One that was let go may still have to leave its last stop. */
	if (!tracee->tracing)
		tracee->tracing = xcalloc(1, sizeof(*tracee->tracing));
	tracee->tracing->is_detached = 0;
	tracee->tracing->tracer = tracer;
	tracee->tracing->is_seized = is_seized;
	tracee->tracing->options = options;
	tracee->tracing->mode = PTRACE_CONT;
	look_up_ids(tracee);
	return tracee->tracing;
}

void record_trace_exec(struct record_task *task, pid_t former_tid)
{
	if (!task->tracing)
		return;
	task->tracing->message = (unsigned long)task->tracing->seen_tid;
	memset(task->tracing->debug_registers, 0,
	       sizeof(task->tracing->debug_registers));
	/* A thread that is not the leader takes over its ids. */
	if (former_tid != task->task.tid)
		look_up_ids(task);
}

int record_trace_resume(struct recorder *recorder, struct record_task *task,
			int mode, int signal)
{
	struct tracing *tracing = task->tracing;

	tracing->mode = mode;
	tracing->signal = signal;
	tracing->has_status = 0;
	tracing->is_resumed = 1;
	if (tracing->stop == STOP_DYING)
		return record_exit_event(recorder, task);
	recorder_make_ready(recorder, task);
	return 0;
}

void record_trace_detach(struct recorder *recorder, struct record_task *task,
			 int signal)
{
	struct tracing *tracing = task->tracing;
	int is_stopped = is_in_trace_stop(task);

	tracing->tracer = NULL;
	tracing->is_detached = 1;
	tracing->due = 0;
	if (is_stopped && tracing->stop == STOP_GROUP) {
		task->state = TASK_STOPPED;
		forget(task);
		recorder_resume(task, PTRACE_LISTEN, 0);
	} else if (is_stopped) {
		record_trace_resume(recorder, task, PTRACE_CONT, signal);
	} else if (!tracing->is_resumed) {
		forget(task);
	}
}

int record_trace_group_stop(struct recorder *recorder,
			    struct record_task *task)
{
	int status;

	if (recorder_has_deferred(recorder, task->task.tid)) {
		task->tracing->is_listening = 1; /* it will tell */
		return 0;
	}
	ptrace(PTRACE_INTERRUPT, task->task.tid, NULL, NULL);
	if (task_wait(&task->task, &status))
		return 0;
	task->tracing->is_listening = 1;
	return recorder_handle_status(recorder, task->task.tid, status);
}

void record_trace_birth(struct record_task *maker, struct record_task *child,
			uint64_t clone_flags, int event)
{
	struct tracing *tracing = maker->tracing;

	child->wants_no_stops = maker->wants_no_stops;
	child->maker = clone_flags & (CLONE_PARENT | CLONE_THREAD) ?
		maker->maker : maker->task.tid;
	if (!is_traced(maker) ||
	    !((clone_flags & CLONE_PTRACE) ||
	      (is_option_set(maker, event) &&
	       !(clone_flags & CLONE_UNTRACED))))
		return;
	record_trace(child, tracing->tracer, tracing->is_seized,
		     tracing->options)->due = DUE_BIRTH;
}

/* ---- ends ---- */

static void let_go_tracees(struct recorder *recorder,
			   struct record_task *tracer)
{
	for (struct record_task *task = recorder->all; task;
	     task = task->next_all) {
		struct tracing *tracing = task->tracing;

		if (!tracing || tracing->tracer != tracer)
			continue;
		if (tracing->options & PTRACE_O_EXITKILL)
			kill(task->task.tid, SIGKILL);
		record_trace_detach(recorder, task, tracing->has_status &&
				    tracing->stop == STOP_SIGNAL ?
				    tracing->info.si_signo : 0);
	}
}

static void forget_ended(struct recorder *recorder,
			 const struct record_task *tracer)
{
	struct ended_tracee **link = &recorder->ended;

	while (*link) {
		struct ended_tracee *ended = *link;

		if (ended->tracer == tracer) {
			*link = ended->next;
			free(ended);
		} else {
			link = &ended->next;
		}
	}
}

int record_trace_doom(struct record_task *task)
{
	struct tracing *tracing = task->tracing;

	if (!tracing || tracing->stop == STOP_NONE ||
	    tracing->stop == STOP_DYING)
		return 0;
	tracing->stop = STOP_NONE;
	tracing->is_resumed = tracing->has_status = 0;
	return task->state == TASK_TRACED;
}

void record_trace_end(struct recorder *recorder, struct record_task *task)
{
	let_go_tracees(recorder, task);
	forget_ended(recorder, task);
}

/* The kernel tells the tracer of its own children alone. */
void record_trace_ended(struct recorder *recorder, struct record_task *task,
			int status)
{
	struct tracing *tracing = task->tracing;
	struct record_task *tracer = tracing ? tracing->tracer : NULL;

	if (tracer && !tracing->is_own_child && tracer->state != TASK_DEAD) {
		struct ended_tracee *ended = xcalloc(1, sizeof(*ended));

		ended->tracer = tracer;
		ended->seen_tid = tracing->seen_tid;
		ended->group = tracing->group;
		ended->uid = tracing->uid;
		ended->status = status;
		ended->next = recorder->ended;
		recorder->ended = ended;
		record_wait_notify(recorder, tracing,
				   WIFEXITED(status) ? CLD_EXITED :
				   WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED,
				   WIFEXITED(status) ? WEXITSTATUS(status) :
						       WTERMSIG(status));
	}
	forget(task);
	if (tracer)
		record_wait_wake(recorder, tracer);
}
