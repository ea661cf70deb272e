/* SPDX-License-Identifier: MIT */
/*
 * Signals that end a process at once, whatever it waits for: the kernel wakes
 * its threads from waits that only such signals end, but not those that are
 * traced (complete_signal() in kernel/signal.c).  Who waits so and has one
 * pending is ended here by SIGKILL, which wakes them all the same; and who
 * learns of it is told the signal that it was.
 */
#include "src/recorder.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "src/process_status.h"
#include "src/record_ptrace.h"

/* A process that was ended so, until its parent has waited for it. */
struct sentence {
	pid_t tgid, seen; /* ours; its parent's */
	unsigned level;	  /* of the parent's pid namespace */
	int signal;
	struct sentence *next;
};

void record_sentence_forget(struct recorder *recorder, pid_t tgid)
{
	struct sentence **link = &recorder->sentences, *sentence;

	while (*link && (*link)->tgid != tgid)
		link = &(*link)->next;
	sentence = *link;
	if (!sentence)
		return;
	*link = sentence->next;
	free(sentence);
}

void record_sentences_free(struct recorder *recorder)
{
	while (recorder->sentences)
		record_sentence_forget(recorder, recorder->sentences->tgid);
}

static const struct sentence *find_seen(const struct recorder *recorder,
					const struct record_task *by,
					pid_t seen)
{
	const struct sentence *sentence = recorder->sentences;

	while (sentence && (sentence->seen != seen ||
			    sentence->level != by->pid_level))
		sentence = sentence->next;
	return sentence;
}

static void remember(struct recorder *recorder, const struct record_task *task,
		     int signal)
{
	struct record_task *leader = recorder_find(recorder, task->task.tgid);
	const struct record_task *parent;
	struct process_status status;
	struct sentence *sentence;

	if (!leader || process_status_read(task->task.tgid, &status))
		return;
	parent = recorder_find(recorder, status.parent);
	if (!parent)
		return;
	sentence = xcalloc(1, sizeof(*sentence));
	sentence->tgid = task->task.tgid;
	sentence->seen = recorder_seen_tid(parent, leader);
	sentence->level = parent->pid_level;
	sentence->signal = signal;
	sentence->next = recorder->sentences;
	recorder->sentences = sentence;
}

static int is_in_group(const struct record_task *task,
		       const struct record_task *other)
{
	return other && other->task.tgid == task->task.tgid;
}

int record_end_deadly_wait(struct recorder *recorder, struct record_task *task)
{
	struct record_task *other = task;
	int signal;

	if (task->state != TASK_IN_CALL || task->deadly || is_traced(task) ||
	    is_in_group(task, recorder->current) ||
	    task_kernel_state(task->task.tid) != 'D')
		return 0;
	signal = record_deadly_pending(task);
	if (!signal)
		return 0;
	remember(recorder, task, signal);
	do {
		other->deadly = signal;
		other = other->next_in_group;
	} while (other != task);
	syscall(SYS_kill, task->task.tgid, SIGKILL);
	return 1;
}

int record_deadly_status(const struct record_task *task, int status)
{
	return task->deadly && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGKILL ? task->deadly : status;
}

void record_deadly_siginfo(const struct recorder *recorder,
			   const struct record_task *task, siginfo_t *info)
{
	const struct sentence *sentence;

	if (info->si_signo != SIGCHLD || info->si_code != CLD_KILLED ||
	    info->si_status != SIGKILL)
		return;
	sentence = find_seen(recorder, task, info->si_pid);
	if (sentence)
		info->si_status = sentence->signal;
}

/* The status where wait4(2) has put it. */
static void tell_status(const struct record_task *task,
			const struct sentence *sentence)
{
	remote_addr addr = task->call.arguments[1];
	int status;

	if (!addr)
		return;
	addr = record_scratch_address(task, addr);
	if (!address_space_read(space_of(task), addr, &status,
				sizeof(status)) &&
	    WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		address_space_write(space_of(task), addr, &sentence->signal,
				    sizeof(sentence->signal));
}

/* What waitid(2) has put there, which is no more than this. */
#define INFO_LENGTH offsetof(siginfo_t, si_utime)

static pid_t tell_info(const struct recorder *recorder,
		       const struct record_task *task)
{
	remote_addr addr = task->call.arguments[2];
	siginfo_t info = { .si_signo = 0 };

	if (!addr)
		return 0;
	addr = record_scratch_address(task, addr);
	if (address_space_read(space_of(task), addr, &info, INFO_LENGTH))
		return 0;
	record_deadly_siginfo(recorder, task, &info);
	address_space_write(space_of(task), addr, &info, INFO_LENGTH);
	return info.si_pid;
}

void record_deadly_waited(struct recorder *recorder, struct record_task *task)
{
	const struct sentence *sentence;
	int64_t result = task->call.result;
	pid_t seen = (pid_t)result;
	int keeps = 0;

	if (!recorder->sentences || result < 0 ||
	    (task->call.number != SYS_wait4 &&
	     task->call.number != SYS_waitid))
		return;
	if (task->call.number == SYS_waitid) {
		seen = tell_info(recorder, task);
		keeps = (task->call.arguments[3] & WNOWAIT) != 0;
	}
	sentence = seen ? find_seen(recorder, task, seen) : NULL;
	if (!sentence)
		return;
	if (task->call.number == SYS_wait4)
		tell_status(task, sentence);
	if (!keeps)
		record_sentence_forget(recorder, sentence->tgid);
}
