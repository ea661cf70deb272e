/* SPDX-License-Identifier: MIT */
/*
 * Signals that the recorder itself gets: which of them are orders to it.
 *
 * The recorder is in the process group of its program, as a shell started it,
 * so what the program sends to its group, or to everybody, comes here, too.  A
 * server that does so to end its workers doesn't mean us: without a recorder it
 * would not reach one.  Such a signal is told from others by the call that sent
 * it.  The program is still in it: no kill() ever waits, and the kernel lets us
 * have a signal that was sent before it lets waitpid() return a later stop.
 * The writer's thread has all signals blocked, so they interrupt this one.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "src/recorder.h"

/* One who ends us and the program does both within such a time. */
#define BOTH_NS 100000000ull

/* By signal: whether it has come, and from whom. */
static volatile sig_atomic_t come[NSIG];
static volatile sig_atomic_t senders[NSIG];
static volatile sig_atomic_t any_has_come;

/*
 * Signals that end the session, as they would by default, but with a good
 * trace; the faults are our own.
 */
static int is_order(int signal)
{
	switch (signal) {
	case SIGHUP:
	case SIGINT:
	case SIGABRT:
	case SIGUSR1:
	case SIGUSR2:
	case SIGTERM:
	case SIGSTKFLT:
	case SIGXCPU:
	case SIGVTALRM:
	case SIGPROF:
	case SIGPWR:
		return 1;
	}
	return signal >= SIGRTMIN && signal <= SIGRTMAX;
}

/* Their causes are no order: a write that fails, others' input and output. */
static int is_ignored(int signal)
{
	return signal == SIGQUIT || signal == SIGPIPE || signal == SIGXFSZ ||
	       signal == SIGIO;
}

static void on_order(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (signal == SIGABRT && info->si_pid == getpid())
		return; /* abort() goes on by itself */
	senders[signal] = info->si_code <= 0 ? info->si_pid : 0;
	come[signal] = 1;
	any_has_come = 1;
}

void record_catch_orders(struct sigaction before_out[NSIG])
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	action.sa_sigaction = on_order;
	sigfillset(&action.sa_mask);
	for (int signal = 1; signal < NSIG; signal++) {
		sigaction(signal, NULL, &before_out[signal]);
		if (signal == SIGHUP &&
		    before_out[signal].sa_handler == SIG_IGN)
			continue; /* nohup(1) */
		if (is_order(signal))
			sigaction(signal, &action, NULL);
		else if (is_ignored(signal))
			sigaction(signal, &ignore, NULL);
	}
}

void record_release_orders(const struct sigaction before[NSIG])
{
	for (int signal = 1; signal < NSIG; signal++)
		if (is_order(signal) || is_ignored(signal))
			sigaction(signal, &before[signal], NULL);
}

/* The signal that a call sends; 0 when it sends none. */
static int signal_sent(const struct syscall_call *call)
{
	switch (call->number) {
	case SYS_kill:
	case SYS_tkill:
	case SYS_rt_sigqueueinfo:
	case SYS_pidfd_send_signal:
		return (int)call->arguments[1];
	case SYS_tgkill:
	case SYS_rt_tgsigqueueinfo:
		return (int)call->arguments[2];
	}
	return 0;
}

/* It is in the call that sent us the signal, and not just a similar one. */
static int is_sending(const struct record_task *task, int signal, pid_t sender)
{
	int number = task->call.number;

	if (task->phase == CALL_NONE || signal_sent(&task->call) != signal)
		return 0;
	/* These say themselves who sent it, except that one can't. */
	if (number == SYS_rt_sigqueueinfo || number == SYS_rt_tgsigqueueinfo ||
	    (number == SYS_pidfd_send_signal && task->call.arguments[2]))
		return 1;
	return sender == task->inner_tgid;
}

static int is_sent_by_program(const struct recorder *recorder, int signal)
{
	const struct record_task *task = recorder->all;

	while (task && !is_sending(task, signal, senders[signal]))
		task = task->next_all;
	return task != NULL;
}

/*
 * SIGTERM is for the program: it ends as it likes to, as if it had been sent
 * there, and the trace has all of it.  Another one ends the session at once.
 */
static void take_termination(struct recorder *recorder)
{
	uint64_t now = now_ns();

	if (!recorder->asked_ns)
		recorder->asked_ns = now;
	else if (now - recorder->asked_ns > BOTH_NS)
		recorder->stop_signal = SIGTERM;
}

void record_take_orders(struct recorder *recorder)
{
	if (!any_has_come)
		return;
	any_has_come = 0;
	for (int signal = 1; signal < NSIG; signal++) {
		if (!come[signal])
			continue;
		come[signal] = 0;
		if (is_sent_by_program(recorder, signal))
			continue;
		/* The program answers its keys; only a stuck one leaves them
		   to us. */
		if (signal == SIGINT)
			recorder->interrupted_ns = now_ns();
		else if (signal == SIGTERM)
			take_termination(recorder);
		else if (!recorder->stop_signal)
			recorder->stop_signal = signal;
	}
}

/* Nobody in the recording is there to end it, or to wait for its end. */
static int has_no_parent(struct recorder *recorder,
			 const struct record_task *task)
{
	char path[64], *text, *after_name;
	pid_t parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", task->task.tid);
	text = read_proc_file(path, NULL);
	after_name = text ? strrchr(text, ')') : NULL;
	if (after_name)
		sscanf(after_name, ") %*c %d", &parent);
	free(text);
	return after_name && !recorder_find(recorder, parent);
}

/* Whoever asked us to end has asked it, too: a group, all of a service. */
static int was_asked(const struct recorder *recorder,
		     const struct record_task *leader)
{
	const struct record_task *task = recorder->all;

	if (record_has_pending(leader, SIGTERM))
		return 1;
	while (task && (task->task.tgid != leader->task.tgid ||
			task->terminated_ns + BOTH_NS < recorder->asked_ns))
		task = task->next_all;
	return task != NULL;
}

void record_pass_termination(struct recorder *recorder)
{
	uint64_t now = now_ns();

	if (!recorder->asked_ns ||
	    now < recorder->asked_ns + BOTH_NS ||
	    now < recorder->next_ask_ns)
		return;
	recorder->next_ask_ns = now + BOTH_NS;
	for (struct record_task *task = recorder->all; task;
	     task = task->next_all) {
		if (task->task.tid != task->task.tgid || task->is_asked ||
		    !has_no_parent(recorder, task))
			continue;
		task->is_asked = 1;
		if (!was_asked(recorder, task))
			kill(task->task.tgid, SIGTERM);
		/* One that is stopped would not be told (timeout(1)). */
		if (task->state == TASK_STOPPED)
			kill(task->task.tgid, SIGCONT);
	}
}

/*
 * Before the program sends a signal that nobody can catch to where we are, too:
 * what there is of the trace goes to the file.
 */
int record_before_kill(struct recorder *recorder, struct record_task *task)
{
	pid_t target = (pid_t)task->call.arguments[0];
	int err;

	if (signal_sent(&task->call) != SIGKILL)
		return 0;
	if (target == 0 && getpgid(task->task.tgid) != getpgrp())
		return 0;
	if (target != 0 && target != -1 && target != -getpgrp() &&
	    target != getpid())
		return 0;
	err = record_announce_call(recorder, task);
	if (err)
		return err;
	err = trace_writer_flush(recorder->writer);
	if (err)
		recorder->failure = err;
	return err;
}
