/* SPDX-License-Identifier: MIT */
/*
 * The recording session: starts the command, sees every stop, ends.
 *
 * The tracer and its tracees are pinned to one core (a stop across cores costs
 * five times as much); the writer's thread compresses on the others.
 */
#include "src/record.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "src/process_status.h"
#include "src/record_agent.h"
#include "src/record_chaos.h"
#include "src/record_cores.h"
#include "src/record_filters.h"
#include "src/record_forced.h"
#include "src/record_ptrace.h"
#include "src/record_served.h"
#include "src/record_spaces.h"
#include "src/record_trapped_call.h"
#include "src/record_vdso.h"
#include "src/recorder.h"
#include "traces/report.h"

uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* ---- events ---- */

int recorder_append(struct recorder *recorder, struct record_task *task,
		    struct event *event, struct effect_list *effects)
{
	struct record_task *current = recorder->current;
	int err = current ? record_agent_drain(recorder, current) : 0;

	if (err)
		return err;
	if (current && current != task && current->phase == CALL_ENTERED) {
		err = record_announce_call(recorder, current);
		if (err)
			return err;
	}
	event->task = task->task.serial;
	event->time_ns = now_ns() - recorder->start_ns;
	if (effects) {
		event->effects = effects->effects;
		event->effect_count = effects->count;
	}
	err = trace_writer_append(recorder->writer, event);
	if (err)
		recorder->failure = err;
	return err;
}

int recorder_note(struct recorder *recorder, struct record_task *task,
		  enum event_text kind, const char *text)
{
	struct event event = { .kind = EVENT_NOTE };
	struct effect_list effects = { 0 };
	int err;

	effect_list_add_bytes(&effects, EFFECT_TEXT, text, strlen(text))->id =
		kind;
	err = recorder_append(recorder, task, &event, &effects);
	effect_list_deinit(&effects);
	return err;
}

static int is_warned_of(const struct recorder *recorder, const char *text)
{
	for (size_t i = 0; i < recorder->warning_count; i++)
		if (!strcmp(recorder->warnings[i], text))
			return 1;
	return 0;
}

int recorder_warn(struct recorder *recorder, struct record_task *task,
		  const char *text)
{
	if (!is_warned_of(recorder, text)) {
		warn("%s", text);
		recorder->warnings = xrealloc(recorder->warnings,
					      (recorder->warning_count + 1) *
					      sizeof(*recorder->warnings));
		recorder->warnings[recorder->warning_count++] = xstrdup(text);
	}
	return recorder_note(recorder, task, TEXT_WARNING, text);
}

/* ---- stops ---- */

/* The task is in user code, and others may look at what it has done there. */
static int is_place_wanted(struct recorder *recorder, struct record_task *task)
{
	struct registers now;

	return task->phase == CALL_NONE && !task->is_interrupted &&
	       !task_get_registers(&task->task, &now) &&
	       !record_is_at_event(task, &now) &&
	       !recorder_is_alone(recorder, task);
}

/* The group of the task stops, and it where others find what they will. */
static int stop_in_group(struct recorder *recorder, struct record_task *task,
			 int is_place_known)
{
	int err;

	task->is_stop_put_off = 1;
	if (task == recorder->current && !task->is_doomed) {
		if (record_agent_leave(recorder, task, &err))
			return err;
		if (!is_place_known && is_place_wanted(recorder, task)) {
			task->point_wanted = POINT_WANTED;
			return record_point(recorder, task);
		}
	}
	task->is_stop_put_off = 0;
	task->state = TASK_STOPPED;
	task->was_stopped = 1;
	return recorder_resume(task, PTRACE_LISTEN, 0);
}

static int handle_group_stop(struct recorder *recorder,
			     struct record_task *task, int signal)
{
	int err, is_place_known = task->is_stop_due;

	task->is_stop_due = 0;
	if (record_stops_in_group(recorder, task, signal, &err)) {
		task->is_interrupt_sent = 0;
		return err;
	}
	if (signal != SIGTRAP)
		return stop_in_group(recorder, task, is_place_known);
	/* SIGCONT after a group-stop, or an interrupt. */
	if (task->is_interrupted || task->phase != CALL_NONE) {
		task->state = task == recorder->current ? TASK_RUNNING :
							  TASK_IN_CALL;
		return recorder_resume(task, PTRACE_SYSCALL, 0);
	}
	if (task == recorder->current && !task->is_doomed &&
	    record_is_at_trap(task)) {
		task->state = TASK_RUNNING;
		return recorder_resume(task, PTRACE_CONT, 0);
	}
	if (task == recorder->current && !task->is_doomed &&
	    record_agent_leave(recorder, task, &err))
		return err;
	if (task->point_wanted != POINT_NOT_WANTED && !task->is_doomed &&
	    task == recorder->current)
		return record_point(recorder, task);
	recorder_make_ready(recorder, task);
	return 0;
}

/* A stop that was put off has found no better place than this call. */
static int enter_call(struct recorder *recorder, struct record_task *task)
{
	record_make_up_stop(task);
	return record_syscall_entry(recorder, task);
}

static int seccomp_stop(struct recorder *recorder, struct record_task *task)
{
	struct registers now;

	if (!task_get_registers(&task->task, &now) && record_is_vsyscall(&now))
		return record_vsyscall(recorder, task);
	return record_seccomp_event(recorder, task);
}

static int handle_stop(struct recorder *recorder, struct record_task *task,
		       int status)
{
	switch (status_event(status)) {
	case PTRACE_EVENT_STOP:
		if (task->late == LATE_CALL || task->late == LATE_QUESTION)
			return record_agent_late_stop(recorder, task,
						      WSTOPSIG(status));
		return handle_group_stop(recorder, task, WSTOPSIG(status));
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		return record_clone_event(recorder, task, status_event(status));
	case PTRACE_EVENT_EXEC:
		return record_exec_event(recorder, &task);
	case PTRACE_EVENT_EXIT:
		return record_exit_event(recorder, task);
	case PTRACE_EVENT_SECCOMP:
		/* Our own filter's: the task was let go without other stops. */
		if (task->phase != CALL_NONE || task->is_interrupted ||
		    task->traps_calls)
			return seccomp_stop(recorder, task);
		task->is_at_filter = 1;
		return enter_call(recorder, task);
	}
	if (!status_is_syscall(status))
		return record_signal_stop(recorder, task, WSTOPSIG(status));
	if (task->phase == CALL_NONE || task->is_interrupted)
		return enter_call(recorder, task);
	return record_syscall_exit(recorder, task);
}

int recorder_handle_status(struct recorder *recorder, pid_t tid, int status)
{
	struct record_task *task = recorder_find(recorder, tid);
	int err;

	/* A child's first stop may come before its parent's event. */
	if (!task && WIFSTOPPED(status))
		task = recorder_add(recorder, tid, 0);
	if (!task)
		return 0;
	if (task->state == TASK_NEW)
		return record_new_task(recorder, task, status);
	if (!WIFSTOPPED(status)) {
		err = task == recorder->current ?
			record_agent_drain(recorder, task) : 0;
		return err ? err : record_death(recorder, task, status);
	}
	/* For tests: it was told to stop when it had stopped already. */
	if (!task->was_interrupt_sent && task == recorder->current &&
	    task->phase == CALL_NONE && task->state == TASK_RUNNING &&
	    status_event(status) != PTRACE_EVENT_STOP &&
	    fault_injected("interrupt_late"))
		recorder_interrupt(task);
	/* In the kernel, any stop is what PTRACE_INTERRUPT asked for. */
	task->was_interrupt_sent = task->is_interrupt_sent;
	task->is_interrupt_sent = task->is_at_filter = 0;
	record_follow_mask(task, task == recorder->current, status);
	record_agent_unmask(task);
	err = task == recorder->current ?
		record_agent_drain(recorder, task) : 0;
	return err ? err : handle_stop(recorder, task, status);
}

/* ---- the whole session ---- */

static int record_root(struct recorder *recorder, pid_t child)
{
	struct event event = { .kind = EVENT_CLONE };
	struct effect_list effects = { 0 };
	struct record_task *task = recorder_add(recorder, child, child);
	struct effect *effect;
	int err;

	task->task.serial = ++recorder->last_task_serial;
	record_read_pids(task);
	task->task.space = address_space_create(child);
	task->is_root = 1;
	task->tsc_mode = PR_TSC_ENABLE;
	record_own_filter_init(recorder, task);
	space_data_init(task->task.space, NULL);
	recorder->root_tgid = child;
	recorder->task_count = recorder->process_count = 1;
	effect = effect_list_add_bytes(&effects, EFFECT_TASK, &task->entry,
				       sizeof(task->entry));
	effect->id = task->task.serial;
	effect->address = (uint64_t)child;
	effect->offset = (uint64_t)child;
	err = recorder_append(recorder, task, &event, &effects);
	effect_list_deinit(&effects);
	if (err)
		return err;
	/* It is at PTRACE_EVENT_EXEC; the exit of that execve comes next. */
	recorder->current = task;
	task->state = TASK_RUNNING;
	task->phase = CALL_ANNOUNCED;
	task->call.number = SYS_execve;
	err = record_exec_event(recorder, &task);
	while (!err && task->phase != CALL_NONE && recorder->live_tasks)
		err = recorder_wait(recorder, 0);
	return err;
}

static void end_tasks(struct recorder *recorder)
{
	/* It may be in a call that the kernel does not end. */
	if (recorder->current && recorder->stop_signal)
		record_agent_drain(recorder, recorder->current);
	if (recorder->options->detach_on_failure && !recorder->stop_signal)
		record_detach_all(recorder);
	else
		for (struct record_task *task = recorder->all; task;
		     task = task->next_all)
			kill(task->task.tgid ? task->task.tgid :
			     task->task.tid, SIGKILL);
	while (recorder->all)
		recorder_remove(recorder, recorder->all);
}

static int finish_trace(struct recorder *recorder,
			struct record_summary *summary)
{
	struct trace_info *info = &recorder->info;
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	info->end_realtime_ns = time.tv_sec * 1000000000ll + time.tv_nsec;
	info->exit_status = recorder->root_status;
	info->event_count = trace_writer_event_count(recorder->writer);
	info->task_count = recorder->task_count;
	info->process_count = recorder->process_count;
	record_sites_describe(recorder, info);
	record_jumps_remember(recorder);
	info->complete = !recorder->stop_signal && !recorder->is_cut_short;
	summary->events = info->event_count;
	summary->tasks = info->task_count;
	summary->processes = info->process_count;
	summary->wait_status = recorder->root_status;
	summary->elapsed_ns = now_ns() - recorder->start_ns;
	summary->audit_failures = recorder->audit_failures;
	return recorder->failure ? recorder->failure :
		trace_writer_finish(recorder->writer, info);
}

/* Files of a process that is not dumpable belong to root (proc(5)). */
static int has_privilege(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { { 0 } };

	return geteuid() == 0 && !syscall(SYS_capget, &header, data) &&
	       (data[0].effective & 1u << CAP_SYS_PTRACE);
}

static int run_session(struct recorder *recorder,
		       struct record_summary *summary)
{
	pid_t child = -1;
	int err = record_launch(recorder, &child), finish_err;

	if (err) {
		if (child > 0)
			kill(child, SIGKILL);
		return err;
	}
	err = trace_writer_create(recorder->options->trace_path,
				  &recorder->info, &recorder->writer);
	if (!err) {
		if (recorder->options->store_path)
			trace_writer_share(recorder->writer,
				   recorder->options->store_path);
		record_pin(recorder, child);
		err = record_root(recorder, child);
	}
	if (!err)
		err = recorder_loop(recorder);
	record_end_peers(recorder);
	if (err || recorder->stop_signal)
		end_tasks(recorder);
	if (recorder->stop_signal && !recorder->has_root_status)
		recorder->root_status = recorder->stop_signal;
	if (!recorder->writer) {
		kill(child, SIGKILL);
		return err;
	}
	recorder->is_cut_short = err != 0;
	finish_err = finish_trace(recorder, summary);
	summary->trace_bytes = trace_writer_size(recorder->writer);
	return err ? err : finish_err;
}

/* What must be seen of each call, a stop alone shows. */
static void begin_agent(struct recorder *recorder)
{
	const struct record_options *options = recorder->options;

	if (options->is_agentless || options->audit || options->is_chaotic ||
	    options->detach_on_failure)
		return;
	recorder->info.agent_obstacle = record_agent_obstacle();
	if (recorder->info.agent_obstacle)
		return;
	recorder->traps_calls = process_status_number(getpid(), "Seccomp") > 0;
	record_agent_init(recorder);
}

/*
 * A replay shows what was seen.  What goes to the null device nobody sees, be
 * it this session's output or other data that the program throws away.
 */
static void look_at_standard(struct recorder *recorder)
{
	for (int fd = 0; fd < 3; fd++) {
		struct stat *status = &recorder->standard[fd];

		if (fstat(fd, status) || (S_ISCHR(status->st_mode) &&
					  status->st_rdev == makedev(1, 3)))
			*status = (struct stat){ 0 };
	}
}

int record_run(const struct record_options *options,
	       struct record_summary *summary_out)
{
	struct recorder *recorder = xcalloc(1, sizeof(*recorder));
	struct itimerval no_timer = { 0 };
	int err;

	*summary_out = (struct record_summary){ 0 };
	if (!proc_is_ours()) {
		free(recorder);
		return report(-ENOENT, "record without /proc of this pid "
			      "namespace (unshare --mount-proc mounts it)");
	}
	recorder->options = options;
	recorder->start_ns = now_ns();
	recorder->recorder_pid = getpid();
	recorder->is_privileged = has_privilege();
	record_cores_init(recorder);
	record_chaos_init(recorder);
	if (options->cpu && !strcmp(options->cpu, "x86-64-v2"))
		recorder->cpu = CPU_X86_64_V2;
	else if (options->cpu && !strcmp(options->cpu, "x86-64-v3"))
		recorder->cpu = CPU_X86_64_V3;
	look_at_standard(recorder);
	begin_agent(recorder);
	record_describe(recorder);
	err = run_session(recorder, summary_out);
	setitimer(ITIMER_REAL, &no_timer, NULL);
	if (recorder->writer)
		trace_writer_destroy(recorder->writer);
	record_files_free(recorder);
	record_vdso_free(recorder->vdso);
	record_sentences_free(recorder);
	free(recorder->deferred);
	for (size_t i = 0; i < recorder->warning_count; i++)
		free(recorder->warnings[i]);
	free(recorder->warnings);
	free(recorder->agent_rules);
	record_served_deinit(recorder);
	free(recorder->outer_domains);
	trace_info_deinit(&recorder->info);
	if (recorder->is_pinned)
		sched_setaffinity(0, sizeof(recorder->original_affinity),
				  &recorder->original_affinity);
	free(recorder);
	return err;
}
