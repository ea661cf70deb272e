/* SPDX-License-Identifier: MIT */
/*
 * The replay session: takes the events of a trace in order and makes them
 * happen again, from the trace alone.
 */
#include "replay/replay.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "replay/checkpoint.h"
#include "replay/replayer.h"
#include "src/memory_digest.h"
#include "src/process_maps.h"
#include "traces/report.h"

/* ---- tasks ---- */

int replay_reach(struct replayer *replayer, struct replay_task *task,
		 const struct event *event)
{
	const struct replay_watcher *watcher = replayer->watcher;

	return watcher ? watcher->reach(watcher, replayer, task, event) : 0;
}

static int child_writes(struct replayer *replayer, struct replay_task *child,
			const struct event *event)
{
	int err = 0;

	for (size_t i = 0; !err && i < event->effect_count; i++)
		if (event->effects[i].kind == EFFECT_CHILD_WRITE)
			err = replay_write(replayer, child, event,
					   &event->effects[i]);
	return err;
}

static int replay_clone(struct replayer *replayer, const struct event *event)
{
	const struct effect *made = event_find_effect(event, EFFECT_TASK);
	struct replay_task *parent = replay_find(replayer, event->task);
	struct replay_task *child;
	int is_root = !replayer->root_serial;
	int err;

	if (!made || !made->id ||
	    made->length != sizeof(child->registers) ||
	    replay_find(replayer, made->id) || (!parent && !is_root))
		return report(-EBADMSG, "event %llu makes no task",
			      (unsigned long long)event->number);
	err = replay_task_create(replayer, is_root ? NULL : parent,
				 made->extent, made->id, &child);
	if (err)
		return err;
	if (parent)
		parent->task.space->tid = parent->task.tid;
	child->recorded_tid = (pid_t)made->address;
	child->recorded_tgid = (pid_t)made->offset;
	memcpy(&child->registers, made->bytes, sizeof(child->registers));
	child->is_dirty = 1;
	if (is_root) {
		replayer->root_serial = made->id;
		replayer->root_tgid = child->recorded_tgid;
		return 0;
	}
	err = replay_effects(replayer, parent, event);
	return err ? err : child_writes(replayer, child, event);
}

static int replay_exec(struct replayer *replayer, struct replay_task *task,
		       const struct event *event)
{
	int err = replay_task_renew(replayer, task);

	task->is_in_call = 0;
	return err ? err : replay_effects(replayer, task, event);
}

static int replay_exit(struct replayer *replayer, struct replay_task *task,
		       const struct event *event)
{
	int err = replay_effects(replayer, task, event);

	if (err)
		return err;
	if (task->recorded_tid == replayer->root_tgid)
		replayer->summary->wait_status = event->detail;
	replay_task_end(replayer, task);
	return 0;
}

/* ---- signals and instructions ---- */

/* By the trap flag, which the program has set. */
static int has_stepped_itself(const struct replay_task *task)
{
	siginfo_t info;

	return task->registers.value[R_EFLAGS] & EFLAGS_TRAP &&
	       !task_get_siginfo(&task->task, &info) &&
	       siginfo_may_be_step(&info);
}

static int run_to_fault(struct replayer *replayer, struct replay_task *task,
			const struct event *event, int signal)
{
	int status, err = replay_run_task(replayer, task, &status);

	/* As who looked on left them: a single step shows in the flags. */
	if (!err && WIFSTOPPED(status))
		err = replay_get_registers(replayer, task);
	if (err)
		return err;
	if (WIFSTOPPED(status) && !status_is_syscall(status) &&
	    (WSTOPSIG(status) == signal ||
	     ((!signal || signal == SIGSEGV) &&
	      (WSTOPSIG(status) == SIGSEGV || WSTOPSIG(status) == SIGTRAP)))) {
		/* past the int3 that stands for the instruction */
		if (WSTOPSIG(status) == SIGTRAP && signal != SIGTRAP &&
		    !has_stepped_itself(task))
			task->registers.value[R_RIP]--;
		return event->is_buffered ?
			replay_compare_instruction(replayer, task, event) :
			replay_compare_registers(replayer, task, event,
						 &task->registers);
	}
	return replay_diverged(replayer, task, event, "it did not stop where "
			       "%s was recorded (wait status %#x)",
			       signal ? "a fault" : "an instruction", status);
}

/* One instruction, as a tracer in the program had it stepped. */
static int step(struct replayer *replayer, struct replay_task *task,
		const struct event *event)
{
	int status, err = replay_step_task(replayer, task, &status);

	if (err)
		return err;
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
		return replay_diverged(replayer, task, event, "a step ended "
				       "with wait status %#x", status);
	err = replay_get_registers(replayer, task);
	return err ? err : replay_compare_registers(replayer, task, event,
						    &task->registers);
}

static int run_to_signal(struct replayer *replayer, struct replay_task *task,
			 const struct event *event)
{
	int err;

	switch ((enum signal_point)event->detail) {
	case SIGNAL_AFTER_STEP:
		return step(replayer, task, event);
	case SIGNAL_AT_FAULT:
		return run_to_fault(replayer, task, event,
				    (int)event->signal);
	case SIGNAL_AT_CALL:
		err = replay_to_syscall(replayer, task, event);
		return err ? err :
			replay_compare_registers(replayer, task, event,
						 &task->registers);
	case SIGNAL_BEFORE_SYSCALL:
		err = replay_to_syscall(replayer, task, event);
		if (err)
			return err;
		task->registers.value[R_RIP] -= 2;
		break;
	default:
		break;
	}
	err = replay_get_registers(replayer, task);
	return err ? err : replay_compare_registers(replayer, task, event,
						    &task->registers);
}

static int is_there(const struct replay_task *task, const struct event *event)
{
	for (int i = 0; i <= R_RIP; i++)
		if (i != R_ORIG_RAX &&
		    task->registers.value[i] != event->registers[i])
			return 0;
	return task->registers.value[R_RSP] == event->registers[R_RSP];
}

/*
 * A fault that ends the program is where a debugger wants to be.  One that the
 * kernel forced, for want of a stack for a handler, is where the task is.
 */
static int run_to_deadly_fault(struct replayer *replayer,
			       struct replay_task *task,
			       const struct event *event)
{
	int err;

	if (event->result != SIGNAL_FATAL || event->detail != SIGNAL_AT_FAULT)
		return 0;
	err = replay_get_registers(replayer, task);
	if (err || is_there(task, event))
		return err;
	task->is_in_call = 0;
	return run_to_signal(replayer, task, event);
}

static int replay_signal(struct replayer *replayer, struct replay_task *task,
			 const struct event *event)
{
	int err;

	if (event->result == SIGNAL_TRACED)
		return run_to_signal(replayer, task, event);
	if (event->result != SIGNAL_HANDLED) { /* then other events follow */
		err = run_to_deadly_fault(replayer, task, event);
		return err ? err : replay_reach(replayer, task, event);
	}
	task->is_in_call = 0;
	err = run_to_signal(replayer, task, event);
	if (!err)
		err = replay_reach(replayer, task, event);
	if (err)
		return err;
	replayer->summary->signals++;
	return replay_effects(replayer, task, event);
}

/* In a call, new registers are those of another one (traces/event.h). */
static int replay_tracer(struct replayer *replayer, struct replay_task *task,
			 const struct event *event)
{
	int err = replay_effects(replayer, task, event);

	if (!err && task->is_in_call &&
	    event_find_effect(event, EFFECT_REGISTERS))
		replay_change_call(task);
	return err;
}

int replay_instruction(struct replayer *replayer, struct replay_task *task,
		       const struct event *event)
{
	int err = run_to_fault(replayer, task, event, 0);

	if (!err)
		err = replay_reach(replayer, task, event);
	if (err)
		return err;
	replayer->summary->instructions++;
	return event->is_buffered ? replay_result(replayer, task, event) :
				    replay_effects(replayer, task, event);
}

static int replay_digest(struct replayer *replayer, struct replay_task *task,
			 const struct event *event)
{
	const struct effect *recorded = event_find_effect(event, EFFECT_DIGEST);
	remote_addr stacks[MEMORY_DIGEST_STACKS] = { event->registers[R_RSP] };
	struct memory_digest digest;
	size_t others;

	if (replayer->options->check != CHECK_MEMORY || !recorded)
		return 0;
	if (!proc_is_ours())
		return report(-ENOENT, "check the memory without /proc of "
			      "this pid namespace");
	others = recorded->length / sizeof(*stacks);
	if (others >= MEMORY_DIGEST_STACKS)
		others = MEMORY_DIGEST_STACKS - 1;
	if (others)
		memcpy(stacks + 1, recorded->bytes, others * sizeof(*stacks));
	if (memory_digest(&task->task, 0, stacks, 1 + others, &digest))
		return report(-EIO, "digest the memory of task %u",
			      task->task.serial);
	replayer->summary->digests++;
	if (digest.hash == recorded->offset &&
	    digest.pages == recorded->extent)
		return 0;
	return replay_diverged(replayer, task, event,
			       "memory differs: %llu pages with digest %016llx"
			       ", recorded %llu pages with %016llx",
			       (unsigned long long)digest.pages,
			       (unsigned long long)digest.hash,
			       (unsigned long long)recorded->extent,
			       (unsigned long long)recorded->offset);
}

/* ---- the session ---- */

static int replay_event(struct replayer *replayer, const struct event *event)
{
	struct replay_task *task;

	if (event->kind == EVENT_CLONE)
		return replay_clone(replayer, event);
	task = replay_find(replayer, event->task);
	if (!task)
		return report(-EBADMSG, "event %llu is of task %u, which does "
			      "not live", (unsigned long long)event->number,
			      event->task);
	task->task.space->tid = task->task.tid;
	switch (event->kind) {
	case EVENT_SYSCALL:
		if (event->is_buffered)
			return replay_calls(replayer, task, event);
		return replay_syscall(replayer, task, event);
	case EVENT_SYSCALL_ENTER:
		return replay_syscall(replayer, task, event);
	case EVENT_SYSCALL_EXIT:
		return replay_syscall_exit(replayer, task, event);
	case EVENT_EXEC:
		return replay_exec(replayer, task, event);
	case EVENT_SIGNAL:
		return replay_signal(replayer, task, event);
	case EVENT_INSTRUCTION:
		if (event->is_buffered)
			return replay_calls(replayer, task, event);
		return replay_instruction(replayer, task, event);
	case EVENT_EXIT:
		return replay_exit(replayer, task, event);
	case EVENT_POINT:
		return replay_point(replayer, task, event);
	case EVENT_TRACER:
		return replay_tracer(replayer, task, event);
	case EVENT_DIGEST:
		return replay_digest(replayer, task, event);
	default:
		return replay_effects(replayer, task, event);
	}
}

int replay_peek(struct replayer *replayer, const struct event **event_out)
{
	int err;

	if (!replayer->has_next) {
		err = trace_reader_next(replayer->reader, &replayer->next);
		if (err)
			return err == TRACE_END ? REPLAY_ENDED : err;
		replayer->has_next = 1;
	}
	*event_out = &replayer->next;
	return 0;
}

int replay_next(struct replayer *replayer)
{
	const struct event *event;
	int err = replay_peek(replayer, &event);

	if (err)
		return err;
	/* What is said of it is said of this one, even if it stops half-way. */
	replayer->event = event->number;
	replayer->event_task = event->task;
	err = replay_event(replayer, event);
	if (err == REPLAY_STOPPED)
		replayer->event--;
	if (err)
		return err;
	replayer->has_next = 0;
	replayer->summary->events++;
	return 0;
}

int replay_to(struct replayer *replayer, uint64_t last)
{
	int err = 0;

	replayer->last = last;
	while (!err && (!last || replayer->event < last))
		err = replay_next(replayer);
	if (err != REPLAY_ENDED)
		return err;
	return trace_reader_is_complete(replayer->reader) ?
		0 : REPLAY_INCOMPLETE;
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/*
 * Stops are cheap only while tracer and tracee share a core.  The recorded one
 * is best: a CPUID that no trap replaced tells its number.
 */
static void pin_to_one_core(int recorded_core)
{
	cpu_set_t one;

	if (recorded_core >= 0 && recorded_core < CPU_SETSIZE) {
		CPU_ZERO(&one);
		CPU_SET(recorded_core, &one);
		if (!sched_setaffinity(0, sizeof(one), &one))
			return;
	}
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void replay_prepare(void)
{
	/* The replay needs none of them, and a trace could try to map them. */
	syscall(SYS_close_range, 3, ~0u, 0);
	raise_descriptor_limit();
	task_stops_are_awaited();
}

int replay_open(const struct replay_options *options,
		struct replay_summary *summary, struct replayer **replayer_out)
{
	struct replayer *replayer = xcalloc(1, sizeof(*replayer));
	int err;

	*summary = (struct replay_summary){ 0 };
	replayer->options = options;
	replayer->summary = summary;
	replayer->has_affinity =
		!sched_getaffinity(0, sizeof(replayer->affinity),
				   &replayer->affinity);
	replay_files_init(replayer);
	err = trace_reader_open(options->trace_path, &replayer->reader);
	if (!err) {
		pin_to_one_core(trace_reader_info(replayer->reader)->core);
		err = replay_agent_init(replayer);
	}
	if (!err)
		err = replay_template_create(replayer);
	if (err) {
		replay_close(replayer);
		replayer = NULL;
	}
	*replayer_out = replayer;
	return err;
}

void replay_close(struct replayer *replayer)
{
	if (!replayer)
		return;
	while (replayer->checkpoints)
		checkpoint_destroy(replayer, replayer->checkpoints);
	replay_kill_all(replayer);
	replay_files_free(replayer);
	trace_reader_close(replayer->reader);
	replay_agent_deinit(replayer);
	if (replayer->has_affinity)
		sched_setaffinity(0, sizeof(replayer->affinity),
				  &replayer->affinity);
	free(replayer);
}

int replay_run(const struct replay_options *options,
	       struct replay_summary *summary_out)
{
	struct replayer *replayer;
	uint64_t start = now_ns();
	int err;

	replay_prepare();
	err = replay_open(options, summary_out, &replayer);
	if (!err)
		err = replay_to(replayer, options->last_event);
	if (replayer && err >= 0 && replay_files_check(replayer))
		err = -ESTALE;
	if (!err && !options->last_event)
		summary_out->wait_status =
			trace_reader_info(replayer->reader)->exit_status;
	replay_close(replayer);
	summary_out->elapsed_ns = now_ns() - start;
	return err;
}
