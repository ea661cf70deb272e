/* SPDX-License-Identifier: MIT */
/*
 * Replayed tasks.  They descend from a template: a child of the replayer whose
 * address space was emptied but for one page with a syscall instruction, and
 * whose seccomp filter lets calls through from that instruction alone.  The
 * replayed program itself runs under PTRACE_SYSEMU, which stops at every call
 * and performs none, wherever it is made.
 */
#include "replay/replayer.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/session_page.h"
#include "traces/report.h"

#define TASK_SIZE 0x7ffffffff000ul /* 47 bits less a page */
#define CALL_INSTRUCTION SESSION_PAGE
#define AFTER_CALL (SESSION_PAGE + 2)

static const uint8_t session_code[] = {
	0x0f, 0x05, /* syscall */
	0xcc,	    /* int3: back to the replayer */
};

static const long trace_options = PTRACE_O_TRACESYSGOOD |
	PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	PTRACE_O_EXITKILL;

/* ---- the template ---- */

static void install_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AFTER_CALL, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer) +
			 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(125);
}

/* The kernel must not look for our rseq area when it will be unmapped. */
static void leave_rseq(void)
{
	if (__rseq_size)
		syscall(SYS_rseq, (char *)__builtin_thread_pointer() +
			__rseq_offset, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

/* In the child, before the replayer takes over; it never returns. */
static void become_template(void)
{
	sigset_t none;

	for (int signal = 1; signal < 65; signal++)
		syscall(SYS_rt_sigaction, signal,
			&(uint64_t[4]){ 0 }, NULL, 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	leave_rseq();
	if (mmap((void *)SESSION_PAGE, SESSION_PAGE_LENGTH,
		 PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_FIXED_NOREPLACE, -1, 0) != (void *)SESSION_PAGE)
		_exit(125);
	memcpy((void *)SESSION_PAGE, session_code, sizeof(session_code));
	if (mprotect((void *)SESSION_PAGE, 0x1000, PROT_READ | PROT_EXEC) ||
	    prctl(PR_SET_TSC, PR_TSC_SIGSEGV) ||
	    ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(125);
	syscall(SYS_kill, syscall(SYS_getpid), SIGSTOP);
	/* Traced from here on: the replayer lets it go on to the filter. */
	install_filter();
	/* No call is possible any more; a trap stops all the same. */
	for (;;)
		__asm__ volatile("int3");
}

static int64_t inject_with(const struct task *task, struct registers *changed)
{
	int status;

	if (task_set_registers(task, changed) ||
	    task_resume(task, PTRACE_CONT, 0) || task_wait(task, &status) ||
	    !WIFSTOPPED(status) || task_get_registers(task, changed))
		return -ESRCH;
	if (changed->value[R_RIP] != AFTER_CALL + 1)
		return -ESRCH;
	return (int64_t)changed->value[R_RAX];
}

static int64_t inject(const struct task *task, int number,
		      const uint64_t arguments[6])
{
	struct registers changed;

	if (task_get_registers(task, &changed))
		return -ESRCH;
	changed.value[R_RIP] = CALL_INSTRUCTION;
	changed.value[R_RAX] = (uint64_t)number;
	changed.value[R_ORIG_RAX] = (uint64_t)-1;
	changed.value[R_RDI] = arguments[0];
	changed.value[R_RSI] = arguments[1];
	changed.value[R_RDX] = arguments[2];
	changed.value[R_R10] = arguments[3];
	changed.value[R_R8] = arguments[4];
	changed.value[R_R9] = arguments[5];
	changed.value[R_EFLAGS] &= ~0x100ul; /* no trap flag of the program */
	return inject_with(task, &changed);
}

static int empty_address_space(const struct task *task)
{
	uint64_t below[6] = { 0, SESSION_PAGE };
	uint64_t above[6] = { SESSION_PAGE + SESSION_PAGE_LENGTH,
			      TASK_SIZE - SESSION_PAGE - SESSION_PAGE_LENGTH };

	if (inject(task, SYS_munmap, below) || inject(task, SYS_munmap, above))
		return report(-EIO, "empty the address space of the replay");
	return 0;
}

int replay_template_create(struct replayer *replayer)
{
	struct task *template = &replayer->template;
	int status, err;
	/* a fork that shares the descriptors, so that files can be mapped */
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0,
				     0);

	if (child < 0)
		return report(-errno, "make the replayed process");
	if (child == 0)
		become_template();
	template->tid = template->tgid = child;
	err = task_wait(template, &status);
	if (!err && WIFSTOPPED(status) &&
	    ptrace(PTRACE_SETOPTIONS, child, NULL, trace_options))
		err = -errno;
	if (!err && WIFSTOPPED(status))
		err = task_resume(template, PTRACE_CONT, 0);
	if (!err && WIFSTOPPED(status))
		err = task_wait(template, &status);
	if (err || !WIFSTOPPED(status))
		return report(err ? err : -EPERM, "prepare the sandbox of the "
			      "replay (ptrace, seccomp or page %#lx is not to "
			      "be had; see reel doctor)", SESSION_PAGE);
	template->space = address_space_create(child);
	return empty_address_space(template);
}

/* ---- tasks ---- */

static struct replay_task **bucket_of(struct replayer *replayer,
				      uint32_t serial)
{
	return &replayer->buckets[serial % TASK_BUCKETS];
}

struct replay_task *replay_find(struct replayer *replayer, uint32_t serial)
{
	struct replay_task *task = *bucket_of(replayer, serial);

	while (task && task->task.serial != serial)
		task = task->next;
	return task;
}

/*
 * Clones from (the template or a replayed task).  Its parent is the replayer
 * (CLONE_PARENT), which so is the only one to reap it.
 */
static int clone_from(const struct task *from, uint64_t share,
		      pid_t *child_out)
{
	uint64_t arguments[6] = { CLONE_PARENT | CLONE_FILES | share };
	struct registers changed;
	struct task child = { 0 };
	unsigned long tid;
	int status;

	if (task_get_registers(from, &changed))
		return -ESRCH;
	changed.value[R_RIP] = CALL_INSTRUCTION;
	changed.value[R_RAX] = SYS_clone;
	changed.value[R_ORIG_RAX] = (uint64_t)-1;
	changed.value[R_RDI] = arguments[0];
	changed.value[R_RSI] = changed.value[R_RDX] = 0;
	changed.value[R_R10] = changed.value[R_R8] = 0;
	changed.value[R_EFLAGS] &= ~0x100ul;
	if (task_set_registers(from, &changed) ||
	    task_resume(from, PTRACE_CONT, 0) || task_wait(from, &status))
		return -ESRCH;
	if (!WIFSTOPPED(status) || !status_event(status))
		return report(-EAGAIN, "make a replayed task");
	if (task_get_event_message(from, &tid))
		return -ESRCH;
	child.tid = (pid_t)tid;
	*child_out = child.tid;
	if (task_wait(&child, &status) || !WIFSTOPPED(status))
		return report(-ECHILD, "make a replayed task");
	/* on to the int3 after the call */
	if (task_resume(from, PTRACE_CONT, 0) || task_wait(from, &status))
		return -ESRCH;
	return 0;
}

/* Registers that the replayer put off setting. */
static int settle(struct replay_task *task)
{
	if (!task->is_dirty)
		return 0;
	task->is_dirty = 0;
	task->registers.value[R_ORIG_RAX] = (uint64_t)-1;
	return task_set_registers(&task->task, &task->registers);
}

int replay_task_create(struct replayer *replayer, struct replay_task *parent,
		       uint64_t clone_flags, uint32_t serial,
		       struct replay_task **task_out)
{
	const struct task *from = parent ? &parent->task : &replayer->template;
	struct replay_task *task = xcalloc(1, sizeof(*task));
	int is_shared = parent && (clone_flags & CLONE_VM);
	struct registers saved;
	int err;

	if (parent && !parent->is_dirty) {
		err = task_get_registers(from, &saved);
		if (err)
			return err;
		parent->registers = saved;
		parent->is_dirty = 1;
	}
	err = clone_from(from, is_shared ? CLONE_VM : 0, &task->task.tid);
	if (err) {
		free(task);
		return err;
	}
	task->task.tgid = task->task.tid;
	task->task.serial = serial;
	task->task.space = is_shared ?
		address_space_share(parent->task.space) :
		address_space_create(task->task.tid);
	task->next = *bucket_of(replayer, serial);
	*bucket_of(replayer, serial) = task;
	*task_out = task;
	return 0;
}

static void kill_process(pid_t tid)
{
	int status;

	kill(tid, SIGKILL);
	while (waitpid(tid, &status, __WALL) == tid || errno == EINTR)
		if (!WIFSTOPPED(status))
			break;
}

int replay_task_renew(struct replayer *replayer, struct replay_task *task)
{
	pid_t old = task->task.tid;
	int err = clone_from(&replayer->template, 0, &task->task.tid);

	if (err)
		return err;
	task->task.tgid = task->task.tid;
	kill_process(old);
	address_space_release(task->task.space);
	task->task.space = address_space_create(task->task.tid);
	task->is_dirty = 0;
	return 0;
}

void replay_task_end(struct replayer *replayer, struct replay_task *task)
{
	struct replay_task **link = bucket_of(replayer, task->task.serial);

	while (*link != task)
		link = &(*link)->next;
	*link = task->next;
	kill_process(task->task.tid);
	address_space_release(task->task.space);
	free(task);
}

void replay_kill_all(struct replayer *replayer)
{
	for (size_t i = 0; i < TASK_BUCKETS; i++)
		while (replayer->buckets[i])
			replay_task_end(replayer, replayer->buckets[i]);
	if (replayer->template.tid) {
		kill_process(replayer->template.tid);
		address_space_release(replayer->template.space);
	}
}

int64_t replay_inject(struct replay_task *task, int number,
		      const uint64_t arguments[6])
{
	if (!task->is_dirty) {
		if (task_get_registers(&task->task, &task->registers))
			return -ESRCH;
		task->is_dirty = 1;
	}
	return inject(&task->task, number, arguments);
}

int replay_run_task(struct replayer *replayer, struct replay_task *task,
		    int *status_out)
{
	int err = settle(task);

	replayer->summary->stops++;
	if (!err)
		err = task_resume(&task->task, PTRACE_SYSEMU, 0);
	if (!err)
		err = task_wait(&task->task, status_out);
	if (err)
		return report(err, "event %llu: run replayed task %u",
			      (unsigned long long)replayer->event,
			      task->task.serial);
	return 0;
}
