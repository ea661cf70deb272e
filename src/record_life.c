/* SPDX-License-Identifier: MIT */
/* Tasks come and go: clone, exec, exit (ptrace(2), "Execve under ptrace"). */
#include "src/recorder.h"
#include "src/record_filters.h"
#include "src/record_ptrace.h"
#include "src/record_spaces.h"
#include "src/record_forced.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "src/process_status.h"
#include "src/seccomp_wrap.h"
#include "traces/report.h"

#define DIGEST_PAGES_AT_END 16384u /* 64 MiB */
#define DIGEST_EVENTS 4096u	   /* between digests of a space */
#define DIGEST_CREDIT 16384u	   /* pages, in all */
#define DIGEST_CREDIT_PER_EVENT 1u /* a page takes a twentieth of its time */
#define BUFFERED_CALLS_PER_EVENT 64u /* they take so much less time */
#define DIGEST_LEAST 16u	   /* pages: what any digest costs */
#define STUCK_EXIT_NS 1000000000ull
#define END_LOOK_MS 1
#define SCRIPT_LINE 256u /* as the kernel's BINPRM_BUF_SIZE */
#define ROBUST_LIMIT 2048u	   /* as the kernel's ROBUST_LIST_LIMIT */

/* ---- digests ---- */

/*
 * A large process that makes many small ones would have its memory digested
 * again and again.  So digests take a part of the work that events do, counted
 * and not timed: the same program has the same digests.
 */
static uint64_t work_done(const struct recorder *recorder)
{
	return trace_writer_event_count(recorder->writer) -
	       recorder->agent_calls +
	       recorder->agent_calls / BUFFERED_CALLS_PER_EVENT;
}

static uint64_t digest_budget(const struct recorder *recorder)
{
	uint64_t all = DIGEST_CREDIT + DIGEST_CREDIT_PER_EVENT *
		work_done(recorder);

	return all > recorder->digested_pages ?
	       all - recorder->digested_pages : 0;
}

int record_digest_is_due(const struct recorder *recorder,
			 const struct record_task *task)
{
	return work_done(recorder) >= space_data_of(task)->next_digest;
}

int record_digest(struct recorder *recorder, struct record_task *task,
		  uint64_t limit_pages)
{
	remote_addr stacks[MEMORY_DIGEST_STACKS];
	struct event event = { .kind = EVENT_DIGEST };
	struct effect_list effects = { 0 };
	struct registers now;
	struct memory_digest digest;
	struct effect *effect;
	uint64_t budget = digest_budget(recorder);
	size_t count;
	int err;

	space_data_of(task)->next_digest = work_done(recorder) + DIGEST_EVENTS;
	if (limit_pages > budget)
		limit_pages = budget;
	if (limit_pages < DIGEST_LEAST)
		return 0;
	if (task_get_registers(&task->task, &now))
		return 0;
	count = record_find_stacks(recorder, task, now.value[R_RSP], stacks);
	if (memory_digest(&task->task, limit_pages, stacks, count, &digest) ||
	    task_get_registers(&task->task, &now)) {
		/* too large for the budget, or killed meanwhile */
		recorder->digested_pages += limit_pages;
		return 0;
	}
	recorder->digested_pages += digest.pages + DIGEST_LEAST;
	memcpy(event.registers, now.value, sizeof(event.registers));
	effect = effect_list_add_bytes(&effects, EFFECT_DIGEST, stacks + 1,
				       (count - 1) * sizeof(*stacks));
	effect->offset = digest.hash;
	effect->extent = digest.pages;
	err = recorder_append(recorder, task, &event, &effects);
	effect_list_deinit(&effects);
	return err;
}

/* ---- clone ---- */

/* Waits for the first stop of a task that was just made. */
static struct record_task *new_task(struct recorder *recorder, pid_t tid)
{
	struct record_task *task = recorder_find(recorder, tid);
	struct task fresh = { .tid = tid };
	int status;

	if (task)
		return task;
	if (!recorder_take_deferred(recorder, tid) &&
	    (task_wait(&fresh, &status) || !WIFSTOPPED(status)))
		return NULL;
	return recorder_add(recorder, tid, 0);
}

struct clone_words {
	uint64_t flags;
	remote_addr child_tid, parent_tid, pidfd;
};

static struct clone_words clone_words_of(struct record_task *parent)
{
	const uint64_t *arguments = parent->call.arguments;
	struct clone_words words = { .flags = parent->clone_flags };
	uint64_t fields[4] = { 0 };

	if (parent->call.number == SYS_clone) {
		words.parent_tid = words.pidfd = arguments[2];
		words.child_tid = arguments[3];
	} else if (parent->call.number == SYS_clone3) {
		/* struct clone_args: flags, pidfd, child_tid, parent_tid */
		address_space_read(space_of(parent), arguments[0], fields,
				   sizeof(fields));
		words.pidfd = fields[1];
		words.child_tid = fields[2];
		words.parent_tid = fields[3];
	}
	return words;
}

static void save_word(struct record_task *task, struct effect_list *effects,
		      enum effect_kind kind, remote_addr addr)
{
	uint32_t word;

	if (!addr || address_space_read(space_of(task), addr, &word,
					sizeof(word)))
		return;
	effect_list_add_bytes(effects, kind, &word, sizeof(word))->address =
		addr;
}

static void inherit(struct record_task *parent, struct record_task *child,
		    const struct clone_words *words)
{
	if (words->flags & CLONE_VM) {
		child->task.space = address_space_share(parent->task.space);
	} else {
		child->task.space = address_space_create(child->task.tid);
		space_data_init(child->task.space, space_data_of(parent));
	}
	if (words->flags & CLONE_VM)
		child->has_own_files = parent->has_own_files ||
				       !(words->flags & CLONE_FILES);
	else if (words->flags & CLONE_FILES)
		space_data_of(parent)->shares_files =
			space_data_of(child)->shares_files = 1;
	else
		child->has_own_files = parent->has_own_files;
	child->has_own_actions = parent->has_own_actions ||
		((words->flags & CLONE_VM) && !(words->flags & CLONE_SIGHAND));
	/* As sas_ss_reset() in the kernel's fork. */
	if ((words->flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM) {
		child->signal_stack = parent->signal_stack;
		child->signal_stack_length = parent->signal_stack_length;
		child->is_signal_stack_used = parent->is_signal_stack_used;
	}
	child->affinity = parent->affinity;
	child->domain = parent->domain;
	record_priority_inherit(parent, child);
	child->tsc_mode = parent->tsc_mode;
	record_seccomp_inherit(parent, child);
	child->forced = record_actions_of(parent, words->flags);
	child->is_unrandomized = parent->is_unrandomized;
	child->reads_execute = parent->reads_execute;
	if (words->flags & CLONE_CHILD_CLEARTID)
		child->clear_tid = words->child_tid;
}

static int append_clone(struct recorder *recorder, struct record_task *parent,
			struct record_task *child,
			const struct clone_words *words)
{
	struct event event = { .kind = EVENT_CLONE };
	struct effect_list effects = { 0 };
	struct registers registers = { { 0 } };
	struct effect *effect;
	int err;

	task_get_registers(&child->task, &registers);
	if (parent->passes) {
		record_unpass(parent, &registers);
		task_set_registers(&child->task, &registers);
	}
	registers.value[R_ORIG_RAX] = (uint64_t)-1;
	child->last = registers;
	if (words->flags & CLONE_VM)
		record_stacks_taken(child, registers.value[R_RSP]);
	effect = effect_list_add_bytes(&effects, EFFECT_TASK, &registers,
				       sizeof(registers));
	effect->id = child->task.serial;
	effect->address = (uint64_t)child->task.tid;
	effect->offset = (uint64_t)child->task.tgid;
	effect->extent = words->flags;
	if (words->flags & CLONE_PARENT_SETTID)
		save_word(parent, &effects, EFFECT_WRITE, words->parent_tid);
	if (words->flags & CLONE_PIDFD)
		save_word(parent, &effects, EFFECT_WRITE, words->pidfd);
	if (words->flags & CLONE_CHILD_SETTID)
		save_word(child, &effects, EFFECT_CHILD_WRITE,
			  words->child_tid);
	memcpy(event.registers, parent->entry.value, sizeof(event.registers));
	err = recorder_append(recorder, parent, &event, &effects);
	effect_list_deinit(&effects);
	return err;
}

void record_clone_entry(struct record_task *task)
{
	remote_addr addr = task->call.arguments[0];
	uint64_t flags = task->clone_flags & ~(uint64_t)CLONE_UNTRACED;

	if (task->call.number == SYS_clone3 &&
	    task->clone_flags & CLONE_UNTRACED &&
	    !address_space_write(space_of(task), addr, &flags, sizeof(flags)))
		task->untraced_flags = addr;
}

static void put_flags_back(const struct record_task *task,
			   struct address_space *space)
{
	if (task->untraced_flags)
		address_space_write(space, task->untraced_flags,
				    &task->clone_flags,
				    sizeof(task->clone_flags));
}

void record_clone_exit(struct record_task *task)
{
	put_flags_back(task, space_of(task));
	task->untraced_flags = 0;
}

static int begin_child(struct recorder *recorder, struct record_task *task,
		       struct record_task *child, int event)
{
	struct clone_words words = clone_words_of(task);
	int err;

	child->task.serial = ++recorder->last_task_serial;
	record_read_pids(child);
	inherit(task, child, &words);
	if (!(words.flags & CLONE_VM))
		record_stacks_copied(recorder, task, child);
	put_flags_back(task, space_of(child));
	record_restore_mask(task, child);
	recorder->task_count++;
	if (child->task.tgid == child->task.tid)
		recorder->process_count++;
	else
		recorder_join_group(child, task);
	record_trace_birth(task, child, words.flags, event);
	err = append_clone(recorder, task, child, &words);
	return err ? err : record_go_on(recorder, child, 0);
}

int record_clone_event(struct recorder *recorder, struct record_task *task,
		       int event)
{
	struct record_task *child = NULL;
	unsigned long tid;
	int err = 0;

	if (task->phase == CALL_ENTERED)
		err = record_announce_call(recorder, task);
	if (!err && !task_get_event_message(&task->task, &tid))
		child = new_task(recorder, (pid_t)tid);
	if (!err && child) {
		err = begin_child(recorder, task, child, event);
		if (!err && record_stops_at_clone(recorder, task, event,
						  child, &err))
			return err;
	}
	if (err)
		return err;
	task->state = task == recorder->current ? TASK_RUNNING : TASK_IN_CALL;
	return recorder_resume(task, PTRACE_SYSCALL, 0);
}

static int makes_process(const struct record_task *task)
{
	switch (task->call.number) {
	case SYS_clone:
	case SYS_clone3:
	case SYS_fork:
	case SYS_vfork:
		return task->phase != CALL_NONE;
	}
	return 0;
}

/*
 * Who is killed in the call that makes a process has no event to tell of it,
 * and it lives on.
 */
static int begin_untold_child(struct recorder *recorder,
			      struct record_task *task)
{
	AUTO(heap_free) char *children = NULL;
	struct record_task *child;
	char path[64], *rest;
	int err = 0;
	pid_t tid;

	if (!makes_process(task))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
		 task->task.tid, task->task.tid);
	children = read_proc_file(path, NULL);
	for (rest = children; rest && *rest && !err;) {
		tid = (pid_t)strtol(rest, &rest, 10);
		rest += strspn(rest, " \n");
		child = recorder_find(recorder, tid);
		if (tid <= 0 || (child && child->state != TASK_NEW))
			continue;
		if (task->phase == CALL_ENTERED)
			err = record_announce_call(recorder, task);
		child = err ? NULL : new_task(recorder, tid);
		if (child)
			err = begin_child(recorder, task, child,
					  PTRACE_EVENT_FORK);
	}
	return err;
}

/*
 * Before its maker's event.  A thread that is killed already was made by one
 * that was killed with it, and has none.
 */
int record_new_task(struct recorder *recorder, struct record_task *task,
		    int status)
{
	pid_t tid = task->task.tid;

	if (!WIFSTOPPED(status))
		return record_death(recorder, task, status);
	if (status_event(status) == PTRACE_EVENT_EXIT &&
	    process_status_number(tid, "Tgid") != tid)
		task_resume(&task->task, PTRACE_CONT, 0);
	return 0;
}

/* ---- exec ---- */

/* What an exec names, as the task itself would find it. */
static int open_program(const struct recorder *recorder,
			const struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;

	if (task->call.number == SYS_execveat)
		return record_open_argument(recorder, task, (int)arguments[0],
					    arguments[1]);
	return record_open_argument(recorder, task, AT_FDCWD, arguments[0]);
}

/*
 * The first bytes of a file that an O_PATH descriptor leads to; the rest are
 * zero.
 */
static int read_start(int path_fd, char bytes[SCRIPT_LINE])
{
	AUTO(fd_close) int fd = -1;
	struct stat status;
	char path[64];

	if (fstat(path_fd, &status) || !S_ISREG(status.st_mode))
		return -ENOEXEC;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES && !access(path, X_OK) ? -EACCES :
								-ENOEXEC;
	memset(bytes, 0, SCRIPT_LINE);
	return pread(fd, bytes, SCRIPT_LINE - 1, 0) > 0 ? 0 : -ENOEXEC;
}

/* Whether a script names an interpreter that a recorded process serves. */
static int is_interpreter_served(const struct recorder *recorder,
				 const struct record_task *task,
				 const char *start)
{
	AUTO(fd_close) int fd = -1;
	char path[SCRIPT_LINE];

	if (!recorder->served.count || sscanf(start, "#! %255s", path) != 1)
		return 0;
	fd = record_open_path(recorder, task, AT_FDCWD, path);
	return fd == -EDEADLK;
}

/*
 * A 32-bit program is refused as by a kernel that has no such programs; one
 * that may be executed but not read can't be looked into.
 */
int record_exec_entry(struct recorder *recorder, struct record_task *task)
{
	AUTO(fd_close) int fd = open_program(recorder, task);
	char start[SCRIPT_LINE];
	int err = fd < 0 ? fd : read_start(fd, start);

	if (err == -EDEADLK ||
	    (!err && is_interpreter_served(recorder, task, start)))
		return record_refuse(recorder, task, -EACCES, "exec of a "
				     "program on a file system that a recorded "
				     "process serves (FUSE) was answered "
				     "EACCES (docs/limits.md)");
	if (fd >= 0 && err == -EACCES)
		return record_refuse(recorder, task, -EACCES, "exec of a "
				     "program that may not be read was "
				     "answered EACCES (docs/limits.md)");
	if (err || memcmp(start, ELFMAG, SELFMAG) ||
	    start[EI_CLASS] != ELFCLASS32)
		return 0;
	return record_refuse(recorder, task, -ENOEXEC, "exec of a 32-bit "
			     "program was answered ENOEXEC (docs/limits.md)");
}

static int append_exit(struct recorder *recorder, struct record_task *task,
		       struct effect_list *effects)
{
	struct event event = {
		.kind = EVENT_EXIT,
		.detail = task->exit_status,
	};

	return recorder_append(recorder, task, &event, effects);
}

/*
 * A thread that execs takes over the leader's tid; the leader's own task ends
 * without a word.
 */
static int take_over_leader(struct recorder *recorder,
			    struct record_task *leader,
			    struct record_task *former)
{
	pid_t tid = leader->task.tid;
	int is_root = leader->is_root;
	int err = 0;

	if (leader->state != TASK_DEAD)
		err = append_exit(recorder, leader, NULL);
	recorder_remove(recorder, leader);
	recorder_rehash(recorder, former, tid);
	former->inner_tid = former->inner_tgid;
	former->is_root = is_root;
	return err;
}

int record_exec_event(struct recorder *recorder, struct record_task **task_io)
{
	struct record_task *task = *task_io, *former;
	unsigned long former_tid;
	int err = 0;

	if (!task_get_event_message(&task->task, &former_tid) &&
	    (pid_t)former_tid != task->task.tid) {
		former = recorder_find(recorder, (pid_t)former_tid);
		if (former) {
			err = take_over_leader(recorder, task, former);
			task = *task_io = former;
		}
	}
	if (!err && task->phase == CALL_ENTERED)
		err = record_announce_call(recorder, task);
	if (err)
		return err;
	task->clear_tid = 0;
	task->is_dispatching = task->has_own_files = 0;
	task->has_own_actions = 0;
	task->signal_stack = task->is_signal_stack_used = 0;
	task->wants_no_stops = task->is_watched = 0;
	task->reads_execute = 0;
	record_actions_exec(task);
	record_trace_exec(task, (pid_t)former_tid);
	record_scratch_release(task);
	address_space_release(task->task.space);
	task->task.space = address_space_create(task->task.tid);
	space_data_init(task->task.space, NULL);
	if (task->task.space->memory_fd < 0)
		return report(-EACCES, "read the memory of task %d: it runs a "
			      "program that may not be read, or as another "
			      "user, without CAP_SYS_PTRACE here",
			      task->task.tid);
	return recorder_resume(task, PTRACE_SYSCALL, 0);
}

/* The exit stop of a successful exec: the image is complete. */
int record_exec_exit(struct recorder *recorder, struct record_task *task)
{
	struct event event = { .kind = EVENT_EXEC };
	struct effect_list effects = { 0 };
	int err = record_image(recorder, task, &effects);

	if (!err)
		err = recorder_append(recorder, task, &event, &effects);
	effect_list_deinit(&effects);
	if (err)
		return err == -ESRCH ? 0 : err;
	task->phase = CALL_NONE;
	task->is_interrupted = 0;
	withheld_free(task);
	return record_go_on(recorder, task, DUE_EXEC | DUE_EXIT);
}

/* ---- exit ---- */

/* Words that the kernel may write when a thread ends: futexes, its tid. */
struct exit_words {
	remote_addr addresses[ROBUST_LIMIT + 2];
	size_t count;
	int has_clear_tid; /* the first of them */
};

static void collect_exit_words(struct record_task *task,
			       struct exit_words *words)
{
	struct address_space *space = space_of(task);
	remote_addr head = 0, entry;
	uint64_t fields[3]; /* struct robust_list_head: next, offset, pending */
	size_t length;

	words->count = 0;
	words->has_clear_tid = task->clear_tid != 0;
	if (task->clear_tid)
		words->addresses[words->count++] = task->clear_tid;
	if (syscall(SYS_get_robust_list, task->task.tid, &head, &length) ||
	    !head || address_space_read(space, head, fields, sizeof(fields)))
		return;
	if (fields[2])
		words->addresses[words->count++] =
			(fields[2] & ~1ull) + fields[1];
	for (entry = fields[0] & ~1ull;
	     entry && entry != head && words->count < ROBUST_LIMIT;) {
		words->addresses[words->count++] = entry + fields[1];
		if (address_space_read(space, entry, &entry, sizeof(entry)))
			break;
		entry &= ~1ull;
	}
}

/* A bell for the end of a process that is one thread, or -1. */
static int open_end(const struct record_task *task)
{
	if (task->task.tid != task->task.tgid || task->task.space->users > 1)
		return -1;
	return (int)syscall(SYS_pidfd_open, task->task.tid, 0);
}

/*
 * Lets the task go on.  Where nothing tells of its end it has this core next;
 * else it has a look's time, and on a busy machine all that it needs.
 */
static void give_way(int end_fd)
{
	struct pollfd end = { .fd = end_fd, .events = POLLIN };

	if (end_fd < 0)
		sched_yield();
	else
		poll(&end, 1, END_LOOK_MS);
}

/*
 * Waits until the thread has done its last writes.  A leader whose threads
 * live on is not reported by waitpid(2): it is a zombie then.  The first
 * process of a pid namespace sleeps until all others in it were reaped, by us,
 * too.  One that is stuck, closing a file whose file system does not answer,
 * has written.  A stop is not the leader's any more, but that of the thread
 * which takes its tid over in an exec.
 */
static void wait_until_gone(struct recorder *recorder,
			    struct record_task *task, int *status_out,
			    int *is_reaped_out)
{
	uint64_t deadline = now_ns() + STUCK_EXIT_NS;
	AUTO(fd_close) int end_fd = open_end(task);
	int has_run = 0, is_dead = 0;

	*is_reaped_out = 0;
	for (;; give_way(end_fd), has_run = 1) {
		char state;

		pid_t got = waitpid(task->task.tid, status_out,
				    __WALL | WNOHANG);

		if (got == task->task.tid) {
			*is_reaped_out = !WIFSTOPPED(*status_out);
			if (!*is_reaped_out)
				recorder_defer(recorder, got, *status_out);
			return;
		}
		if (!has_run)
			continue;
		state = task_kernel_state(task->task.tid);
		/* Its end may have come since it was asked for. */
		if (state == 'Z' && !is_dead) {
			is_dead = 1;
			continue;
		}
		if (state == 'Z' || state == 'X' || state == 'S' ||
		    (state != 'R' && now_ns() > deadline))
			return;
	}
}

/*
 * The memory is gone with its last user; what the kernel does to a robust
 * futex that others share is known (handle_futex_death in kernel/futex).
 */
static void foresee_robust_words(struct record_task *task,
				 const struct exit_words *words,
				 struct effect_list *effects)
{
	for (size_t i = words->has_clear_tid; i < words->count; i++) {
		remote_addr addr = words->addresses[i];
		uint32_t word;

		if (address_space_read(space_of(task), addr, &word,
				       sizeof(word)) ||
		    (word & FUTEX_TID_MASK) != (uint32_t)task->inner_tid)
			continue;
		word = (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		effect_list_add_bytes(effects, EFFECT_WRITE, &word,
				      sizeof(word))->address = addr;
	}
}

static void save_exit_words(struct record_task *task,
			    const struct exit_words *words,
			    struct effect_list *effects)
{
	if (task->task.space->users < 2)
		return;
	for (size_t i = 0; i < words->count; i++)
		save_word(task, effects, EFFECT_WRITE, words->addresses[i]);
}

static void forget(struct recorder *recorder, struct record_task *task,
		   int status)
{
	status = record_deadly_status(task, status);
	record_trace_ended(recorder, task, status);
	if (task->task.tid == recorder->root_tgid) {
		recorder->has_root_status = 1;
		recorder->root_status = status;
	}
	recorder_remove(recorder, task);
}

/*
 * Where the last thread is reaped, the leader that ended before it is to be
 * reaped, too, before anybody runs: a pidfd tells of its end already, while a
 * parent that asks for it finds none as long as it is there for its tracer.
 */
static int finish_death(struct recorder *recorder, struct record_task *task,
			int status)
{
	pid_t tid = task->task.tid, tgid = task->task.tgid;
	struct record_task *leader;

	forget(recorder, task, status);
	leader = tid == tgid ? NULL : recorder_find(recorder, tgid);
	if (leader && leader->state == TASK_DEAD &&
	    waitpid(tgid, &status, __WALL | WNOHANG) == tgid)
		forget(recorder, leader, status);
	return 0;
}

/* The rest of its group, unless it ends as a thread. */
static void doom_others(struct recorder *recorder, struct record_task *task)
{
	if ((task->phase == CALL_NONE || task->call.number != SYS_exit) &&
	    !record_seccomp_ends_thread(task))
		recorder_doom_group(recorder, task);
}

/* Lets the task end, by a ptrace request, and writes what that leaves. */
static int end_task(struct recorder *recorder, struct record_task *task,
		    int request)
{
	struct exit_words *words;
	struct effect_list effects = { 0 };
	int status = 0, is_reaped, err = 0;

	doom_others(recorder, task);
	if (task->task.space->users > 1)
		record_stacks_leave(task);
	if (task->phase == CALL_ENTERED)
		err = record_announce_call(recorder, task);
	if (!err)
		err = record_killed_call(recorder, task);
	task->phase = CALL_NONE;
	/* A leader that ends before the thread that ends the process. */
	recorder_unready(recorder, task);
	if (!err && task->task.space->users == 1 &&
	    !WIFSIGNALED(task->exit_status))
		err = record_digest(recorder, task, DIGEST_PAGES_AT_END);
	words = xmalloc(sizeof(*words));
	collect_exit_words(task, words);
	if (task->task.space->users == 1)
		foresee_robust_words(task, words, &effects);
	task->state = TASK_EXITING;
	recorder_resume(task, request, 0);
	wait_until_gone(recorder, task, &status, &is_reaped);
	save_exit_words(task, words, &effects);
	free(words);
	if (!err)
		err = append_exit(recorder, task, &effects);
	effect_list_deinit(&effects);
	task->state = TASK_DEAD;
	record_trace_end(recorder, task);
	if (recorder->current == task)
		recorder->current = NULL;
	/* Whom nobody traces is reaped by its parent, unseen. */
	if (!err && (is_reaped || (request == PTRACE_DETACH && !task->is_root)))
		err = finish_death(recorder, task, status);
	return err;
}

int record_exit_event(struct recorder *recorder, struct record_task *task)
{
	unsigned long message;
	int err;

	/* Killed again, it has gone on: its end will be reported. */
	if (task_get_event_message(&task->task, &message))
		return 0;
	task->exit_status = record_dies_strictly(task) ? SIGKILL :
			    record_deadly_status(task, (int)message);
	err = begin_untold_child(recorder, task);
	if (err)
		return err;
	doom_others(recorder, task);
	if (record_stops_dying(recorder, task, &err))
		return err;
	return end_task(recorder, task, PTRACE_CONT);
}

/*
 * The first process of a pid namespace dies of a fault, unless it is traced
 * (force_sig_info_to_task in kernel/signal.c).  So it is let go, to fault
 * again.
 */
int record_die_of_fault(struct recorder *recorder, struct record_task *task,
			const siginfo_t *info)
{
	struct registers registers;

	if (task_get_registers(&task->task, &registers))
		return 0;
	if (info->si_signo == SIGTRAP && info->si_code == SI_KERNEL)
		registers.value[R_RIP] -= 1; /* int3 */
	if (info->si_signo == SIGSYS) {
		/* A filter says no again; a wrapped one, this way. */
		registers.value[R_RIP] -= 2;
		registers.value[R_R9] = (uint64_t)SECCOMP_DEATH << 32 |
					SECCOMP_RET_KILL_PROCESS;
		registers.value[R_RBP] = registers.value[R_R9];
	}
	registers.value[R_ORIG_RAX] = (uint64_t)-1;
	if (task_set_registers(&task->task, &registers))
		return 0;
	task->exit_status = info->si_signo;
	return end_task(recorder, task, PTRACE_DETACH);
}

/* SIGKILL was quicker than PTRACE_EVENT_EXIT. */
static int exit_unseen(struct recorder *recorder, struct record_task *task,
		       int status)
{
	struct effect_list effects = { 0 };
	int err = 0;

	recorder_doom_group(recorder, task);
	task->exit_status = record_deadly_status(task, status);
	if (task->phase == CALL_ENTERED)
		err = record_announce_call(recorder, task);
	task->phase = CALL_NONE;
	if (task->task.space->users > 1)
		save_word(task, &effects, EFFECT_WRITE, task->clear_tid);
	if (!err)
		err = append_exit(recorder, task, &effects);
	effect_list_deinit(&effects);
	return err;
}

/* waitpid() says it is over; usually its EXIT is written already. */
int record_death(struct recorder *recorder, struct record_task *task,
		 int status)
{
	int err = 0;

	if (task->state != TASK_DEAD && task->state != TASK_NEW)
		err = exit_unseen(recorder, task, status);
	return err ? err : finish_death(recorder, task, status);
}

int record_leader_gone(struct recorder *recorder, struct record_task *task)
{
	int err;

	if (task->state != TASK_RUNNING ||
	    task->task.tid != task->task.tgid ||
	    task_kernel_state(task->task.tid) != 'Z')
		return 0;
	err = exit_unseen(recorder, task, SIGKILL);
	task->state = TASK_DEAD;
	record_trace_end(recorder, task);
	if (recorder->current == task)
		recorder->current = NULL;
	return err;
}
