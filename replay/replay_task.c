/* SPDX-License-Identifier: MIT */
/*
 * Replayed tasks.  They descend from a template: a child of the replayer whose
 * address space was emptied but for one page with a syscall instruction, and
 * whose seccomp filter lets calls through from that instruction alone, and of
 * these only the few that the replayer injects.  The replayed program itself
 * runs under PTRACE_SYSEMU, which stops at every call and performs none,
 * wherever it is made.
 *
 * Only while a call is injected does a task run without PTRACE_SYSEMU: from
 * that instruction to the int3 behind it.  So nothing that a trace says may
 * ever change or move that page (replay_is_reserved).
 */
#include "replay/replaced_code.h"
#include "replay/replayer.h"

#include <errno.h>
#include <fcntl.h>
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
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/session_page.h"
#include "traces/report.h"

#ifndef ARCH_SET_CPUID
#define ARCH_SET_CPUID 0x1012
#endif
#ifndef PTRACE_SYSEMU_SINGLESTEP /* sys/ptrace.h has it as an enum */
#define PTRACE_SYSEMU_SINGLESTEP 32
#endif

#define TASK_SIZE 0x7ffffffff000ul /* 47 bits less a page */
#define CALL_INSTRUCTION SESSION_PAGE
#define DESCRIPTORS_LOOKED_AT 256
#define AFTER_CALL (SESSION_PAGE + 2)

static const uint8_t session_code[] = {
	0x0f, 0x05, /* syscall */
	0xcc,	    /* int3: back to the replayer */
};

static const long trace_options = PTRACE_O_TRACESYSGOOD |
	PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	PTRACE_O_EXITKILL;

/* ---- the template ---- */

#define LOAD(field, offset)                                    \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                     \
		 offsetof(struct seccomp_data, field) + (offset))
#define IF(test, value, then, otherwise) \
	BPF_JUMP(BPF_JMP | BPF_##test | BPF_K, (value), (then), (otherwise))

/* Calls that are injected, and what their arguments can be. */
static void install_filter(unsigned first_file)
{
	struct sock_filter code[] = {
		LOAD(arch, 0),
		IF(JEQ, AUDIT_ARCH_X86_64, 0, 21),
		/* the vsyscall page: a signal, which the trace may have */
		LOAD(instruction_pointer, 4),
		IF(JEQ, 0xffffffff, 20, 0),
		IF(JEQ, 0, 0, 18),
		LOAD(instruction_pointer, 0),
		IF(JEQ, AFTER_CALL, 0, 16),
		LOAD(nr, 0),
		IF(JEQ, SYS_munmap, 13, 0),
		IF(JEQ, SYS_mprotect, 12, 0),
		IF(JEQ, SYS_mremap, 11, 0),
		IF(JEQ, SYS_madvise, 10, 0),
		IF(JEQ, SYS_remap_file_pages, 9, 0),
		IF(JEQ, SYS_mmap, 6, 0),
		IF(JEQ, SYS_clone, 0, 8),
		/* a process that shares descriptors and perhaps memory */
		LOAD(args[0], 4),
		IF(JEQ, 0, 0, 6),
		LOAD(args[0], 0),
		IF(JEQ, CLONE_PARENT | CLONE_FILES, 3, 0),
		IF(JEQ, CLONE_PARENT | CLONE_FILES | CLONE_VM, 2, 3),
		/* no descriptor that the person's shell gave to reel */
		LOAD(args[4], 0),
		IF(JGE, first_file, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(125);
}

/*
 * The kernel must not look for our rseq area when it will be unmapped.  The
 * length is the registered one: glibc rounds what it uses up to 32.
 */
static void leave_rseq(void)
{
	if (__rseq_size)
		syscall(SYS_rseq, (char *)__builtin_thread_pointer() +
			__rseq_offset, (__rseq_size + 31) & ~31u,
			RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

/* When memory is short, the kernel must end this and nobody else. */
static void volunteer_for_oom(void)
{
	AUTO(fd_close) int fd = open("/proc/self/oom_score_adj",
				     O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		write_all(fd, "1000", 4);
}

/*
 * Out of reach of the terminal's signals, which are for the replayer: when it
 * dies, so do all of these.  A session of their own would do, too, but be
 * another group to the scheduler (autogroups, sched(7)): where others want the
 * processor, each stop would wait for it.  A size of 1 means no core file, not
 * even a pipe's (core(5)).
 */
static void stand_apart(pid_t replayer)
{
	struct rlimit no_core = { 1, 1 };
	sigset_t all;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != replayer)
		_exit(125);
	setpgid(0, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	for (int signal = 1; signal < 65; signal++)
		syscall(SYS_rt_sigaction, signal,
			&(uint64_t[4]){ 0 }, NULL, 8);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

/* In the child, before the replayer takes over; it never returns. */
static void become_template(pid_t replayer, unsigned first_file,
			    int traps_cpuid)
{
	stand_apart(replayer);
	volunteer_for_oom();
	leave_rseq();
	if (mmap((void *)SESSION_PAGE, SESSION_PAGE_LENGTH,
		 PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_FIXED_NOREPLACE, -1, 0) != (void *)SESSION_PAGE)
		_exit(125);
	memcpy((void *)SESSION_PAGE, session_code, sizeof(session_code));
	if (mprotect((void *)SESSION_PAGE, 0x1000, PROT_READ | PROT_EXEC) ||
	    replay_agent_protect() ||
	    prctl(PR_SET_TSC, PR_TSC_SIGSEGV) ||
	    ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(125);
	/* Where it can't be trapped, a CPUID in generated code diverges. */
	if (traps_cpuid)
		syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
	syscall(SYS_kill, syscall(SYS_getpid), SIGSTOP);
	/* Traced from here on: the replayer lets it go on to the filter. */
	install_filter(first_file);
	/* No call is possible any more; a trap stops all the same. */
	for (;;)
		__asm__ volatile("int3");
}

/* ---- calls ---- */

int replay_is_reserved(uint64_t address, uint64_t length)
{
	address &= ~(uint64_t)0xfff;
	if (address >= SESSION_END)
		return 0;
	return address >= SESSION_PAGE || length > SESSION_PAGE - address;
}

/* A stop that somebody outside asked for is none of the program's. */
static int is_foreign_stop(int status)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
}

/* One that ended is gone: its number may soon be that of another process. */
static int wait_for_stop(struct task *task, int *status_out)
{
	int err = task_wait(task, status_out);

	if (!err && !WIFSTOPPED(*status_out))
		task->tid = 0;
	return err;
}

/*
 * To the next stop of the task itself: one from outside may have been asked for
 * when it had stopped already.
 */
static int go_on(struct task *task, int *status_out)
{
	do
		if (task_resume(task, PTRACE_CONT, 0) ||
		    wait_for_stop(task, status_out) ||
		    !WIFSTOPPED(*status_out))
			return -ESRCH;
	while (is_foreign_stop(*status_out));
	return 0;
}

/* Lets the task run its syscall instruction; status as waitpid(2) has it. */
static int start_call(struct task *task, int number,
		      const uint64_t arguments[6], int *status_out)
{
	struct registers changed;

	if (task_get_registers(task, &changed))
		return -ESRCH;
	/* Nothing of the program's state may matter to the call. */
	changed.value[R_CS] = 0x33;
	changed.value[R_SS] = 0x2b;
	changed.value[R_EFLAGS] = 0x202;
	changed.value[R_RIP] = CALL_INSTRUCTION;
	changed.value[R_RAX] = (uint64_t)number;
	changed.value[R_ORIG_RAX] = (uint64_t)-1;
	changed.value[R_RDI] = arguments[0];
	changed.value[R_RSI] = arguments[1];
	changed.value[R_RDX] = arguments[2];
	changed.value[R_R10] = arguments[3];
	changed.value[R_R8] = arguments[4];
	changed.value[R_R9] = arguments[5];
	if (task_set_registers(task, &changed))
		return -ESRCH;
	return go_on(task, status_out);
}

static int64_t inject(struct task *task, int number,
		      const uint64_t arguments[6])
{
	struct registers changed;
	int status;

	if (start_call(task, number, arguments, &status) ||
	    task_get_registers(task, &changed) ||
	    changed.value[R_RIP] != AFTER_CALL + 1)
		return -ESRCH;
	return (int64_t)changed.value[R_RAX];
}

/* ---- the template, seen by the replayer ---- */

static int empty_address_space(struct task *task)
{
	uint64_t below[6] = { 0, SESSION_PAGE };
	uint64_t above[6] = { SESSION_END, TASK_SIZE - SESSION_END };

	if (inject(task, SYS_munmap, below) || inject(task, SYS_munmap, above))
		return report(-EIO, "empty the address space of the replay");
	return 0;
}

/*
 * The number above all descriptors that are open now: few, since those that
 * the caller passed on were closed.
 */
static unsigned first_free_descriptor(void)
{
	unsigned first = 3;

	for (unsigned fd = 3; fd < DESCRIPTORS_LOOKED_AT; fd++)
		if (fcntl((int)fd, F_GETFD) >= 0)
			first = fd + 1;
	return first;
}

int replay_template_create(struct replayer *replayer)
{
	struct task *template = &replayer->template;
	const char *cpu = trace_reader_info(replayer->reader)->cpu_choice;
	int traps_cpuid = cpu && strcmp(cpu, "host");
	int status, err;
	pid_t child, self = getpid();

	/* a fork that shares the descriptors, so that files can be mapped */
	replayer->first_file = first_free_descriptor();
	child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (child < 0)
		return report(-errno, "make the replayed process");
	if (child == 0)
		become_template(self, replayer->first_file, traps_cpuid);
	template->tid = template->tgid = child;
	err = wait_for_stop(template, &status);
	if (!err && WIFSTOPPED(status) &&
	    ptrace(PTRACE_SETOPTIONS, child, NULL, trace_options))
		err = -errno;
	if (!err && WIFSTOPPED(status))
		err = task_resume(template, PTRACE_CONT, 0);
	if (!err && WIFSTOPPED(status))
		err = wait_for_stop(template, &status);
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

struct replay_task *replay_find(const struct replayer *replayer,
				uint32_t serial)
{
	struct replay_task *task = replayer->buckets[serial % TASK_BUCKETS];

	while (task && task->task.serial != serial)
		task = task->next;
	return task;
}

static int lost(const struct replayer *replayer)
{
	return report(-ESRCH, "event %llu: a replayed task was killed",
		      (unsigned long long)replayer->event);
}

/*
 * Clones from (the template or a replayed task).  Its parent is the replayer
 * (CLONE_PARENT), which so is the only one to reap it.  Nothing is reported.
 */
static int make_process(struct task *from, uint64_t share, pid_t *child_out)
{
	uint64_t arguments[6] = { CLONE_PARENT | CLONE_FILES | share };
	struct task child = { 0 };
	unsigned long tid;
	int status;

	if (start_call(from, SYS_clone, arguments, &status))
		return -ESRCH;
	if (!status_event(status) || task_get_event_message(from, &tid))
		return -EAGAIN;
	child.tid = (pid_t)tid;
	*child_out = child.tid;
	if (wait_for_stop(&child, &status) || !WIFSTOPPED(status))
		return -ESRCH;
	/* on to the int3 after the call */
	return go_on(from, &status);
}

static int clone_from(struct replayer *replayer, struct task *from,
		      uint64_t share, pid_t *child_out)
{
	int err = make_process(from, share, child_out);

	if (err == -ESRCH)
		return lost(replayer);
	return err ? report(err, "event %llu: make a replayed task",
			    (unsigned long long)replayer->event) : 0;
}

/* The kernel would make the call again that it believes the task to be in. */
static int may_restart(const struct replay_task *task)
{
	int64_t result = (int64_t)task->registers.value[R_RAX];

	return result <= -512 && result >= -516; /* linux/errno.h */
}

/* Registers that the replayer put off setting. */
static int settle(struct replay_task *task)
{
	if (!task->is_dirty)
		return 0;
	task->is_dirty = 0;
	task->registers.value[R_ORIG_RAX] = (uint64_t)-1;
	if (!task->is_kept)
		return task_set_registers(&task->task, &task->registers);
	task->is_kept = 0;
	if (!may_restart(task))
		task->kept.value[R_ORIG_RAX] = (uint64_t)-1;
	return task_change_registers(&task->task, &task->kept,
				     &task->registers);
}

void replay_task_insert(struct replayer *replayer, struct replay_task *task)
{
	struct replay_task **bucket = bucket_of(replayer, task->task.serial);

	task->next = *bucket;
	*bucket = task;
	replayer->task_count++;
}

int replay_task_create(struct replayer *replayer, struct replay_task *parent,
		       uint64_t clone_flags, uint32_t serial,
		       struct replay_task **task_out)
{
	struct task *from = parent ? &parent->task : &replayer->template;
	int is_shared = parent && (clone_flags & CLONE_VM);
	struct replay_task *task;
	pid_t tid;
	int err;

	if (replayer->task_count >= TASKS_LIMIT)
		return report(-EAGAIN, "event %llu: more than %d tasks at once",
			      (unsigned long long)replayer->event, TASKS_LIMIT);
	err = parent ? replay_get_registers(replayer, parent) : 0;
	if (parent)
		parent->is_kept = 0;
	if (!err)
		err = clone_from(replayer, from, is_shared ? CLONE_VM : 0,
				 &tid);
	if (err)
		return err;
	task = xcalloc(1, sizeof(*task));
	task->task.tid = tid;
	task->task.tgid = task->task.tid;
	task->task.serial = serial;
	task->task.space = is_shared ?
		address_space_share(parent->task.space) :
		address_space_create(task->task.tid);
	if (parent && !is_shared)
{
		replay_copy_names(task->task.space, parent->task.space);
		replay_copy_detours(task->task.space, parent->task.space);
		replaced_code_copy(task->task.space, parent->task.space);
	}
	replay_task_insert(replayer, task);
	*task_out = task;
	return 0;
}

/* A number of 0 is that of a process that has ended already. */
static void kill_process(pid_t tid)
{
	int status;

	if (tid <= 0)
		return;
	kill(tid, SIGKILL);
	while (waitpid(tid, &status, __WALL) == tid || errno == EINTR)
		if (!WIFSTOPPED(status))
			break;
}

int replay_task_renew(struct replayer *replayer, struct replay_task *task)
{
	pid_t old = task->task.tid;
	int err = clone_from(replayer, &replayer->template, 0,
			     &task->task.tid);

	if (err)
		return err;
	task->task.tgid = task->task.tid;
	kill_process(old);
	address_space_release(task->task.space);
	task->task.space = address_space_create(task->task.tid);
	task->is_dirty = task->is_kept = 0;
	return 0;
}

void replay_task_end(struct replayer *replayer, struct replay_task *task)
{
	struct replay_task **link = bucket_of(replayer, task->task.serial);

	while (*link != task)
		link = &(*link)->next;
	*link = task->next;
	replayer->task_count--;
	replay_task_destroy(task);
}

/* ---- copies ---- */

/* fork(2) copies neither debug registers nor, for others, what is theirs. */
static int copy_debug_registers(const struct task *from, const struct task *to)
{
	static const uint8_t order[] = { 0, 1, 2, 3, 6, 7 };

	for (size_t i = 0; i < sizeof(order); i++) {
		size_t place = offsetof(struct user, u_debugreg) +
			       order[i] * 8ul;
		long value;

		errno = 0;
		value = ptrace(PTRACE_PEEKUSER, from->tid, place, NULL);
		if (errno || (value && ptrace(PTRACE_POKEUSER, to->tid, place,
					      value)))
			return -ESRCH;
	}
	return 0;
}

static int copy_rest(const struct task *from, const struct task *to)
{
	struct rlimit limit;

	if (!prlimit(from->tid, RLIMIT_STACK, NULL, &limit))
		prlimit(to->tid, RLIMIT_STACK, &limit, NULL);
	if (task_copy_xstate(from, to))
		return -ESRCH;
	return copy_debug_registers(from, to);
}

int replay_task_copy(struct replayer *replayer, struct replay_task *task,
		     struct replay_task *other, struct replay_task **copy_out)
{
	struct replay_task *copy;
	pid_t tid;
	int err = task->task.tid ? 0 : -ESRCH;

	if (!err)
		err = replay_get_registers(replayer, task);
	task->is_kept = 0;
	if (other)
		other->is_kept = 0;
	if (!err)
		err = make_process(other ? &other->task : &task->task,
				   other ? CLONE_VM : 0, &tid);
	if (err)
		return err;
	copy = xmemdup(task, sizeof(*task));
	copy->next = NULL;
	copy->task.tid = copy->task.tgid = tid;
	if (other) {
		copy->task.space = address_space_share(other->task.space);
	} else {
		copy->task.space = address_space_create(tid);
		replay_copy_names(copy->task.space, task->task.space);
		replay_copy_detours(copy->task.space, task->task.space);
		replaced_code_copy(copy->task.space, task->task.space);
	}
	*copy_out = copy;
	return copy_rest(&task->task, &copy->task);
}

void replay_task_destroy(struct replay_task *task)
{
	if (!task)
		return;
	kill_process(task->task.tid);
	address_space_release(task->task.space);
	free(task);
}

void replay_kill_all(struct replayer *replayer)
{
	for (size_t i = 0; i < TASK_BUCKETS; i++)
		while (replayer->buckets[i])
			replay_task_end(replayer, replayer->buckets[i]);
	kill_process(replayer->template.tid);
	address_space_release(replayer->template.space);
}

int replay_get_registers(struct replayer *replayer, struct replay_task *task)
{
	if (task->is_dirty)
		return 0;
	if (task_get_registers(&task->task, &task->registers))
		return lost(replayer);
	task->kept = task->registers;
	task->is_dirty = task->is_kept = 1;
	return 0;
}

int64_t replay_inject(struct replay_task *task, int number,
		      const uint64_t arguments[6])
{
	if (!task->is_dirty) {
		if (task_get_registers(&task->task, &task->registers))
			return -ESRCH;
		task->is_dirty = 1;
	}
	task->is_kept = 0;
	return inject(&task->task, number, arguments);
}

/*
 * A single step sets the trap flag.  The kernel hides it from who asks for the
 * flags, but for steps that follow one over popf, and not from instructions
 * that copy the flags (Intel SDM volume 2): pushf into memory, syscall to r11.
 */
struct step {
	enum { STEP_OTHER, STEP_PUSHF, STEP_POPF } kind;
	uint64_t trap_flag; /* the program's own, before */
	remote_addr rip;
};

static struct step begin_step(struct replayer *replayer,
			      struct replay_task *task)
{
	struct step step = { .kind = STEP_POPF }; /* whatever comes of it */
	uint8_t bytes[2], code;

	if (replay_get_registers(replayer, task) ||
	    address_space_read(task->task.space, task->registers.value[R_RIP],
			       bytes, sizeof(bytes)))
		return step;
	code = bytes[bytes[0] == 0x66 || (bytes[0] & 0xf0) == 0x40];
	if (code == 0x9c)
		step.kind = STEP_PUSHF;
	else if (code != 0x9d && code != 0xcf)
		step.kind = STEP_OTHER;
	step.rip = task->registers.value[R_RIP];
	step.trap_flag = task->registers.value[R_EFLAGS] & EFLAGS_TRAP;
	return step;
}

static int clear_pushed(struct replay_task *task)
{
	remote_addr at = task->registers.value[R_RSP];
	uint16_t flags;

	if (address_space_read(task->task.space, at, &flags, sizeof(flags)) ||
	    !(flags & EFLAGS_TRAP))
		return 0;
	flags &= (uint16_t)~EFLAGS_TRAP;
	return address_space_write(task->task.space, at, &flags,
				   sizeof(flags));
}

static int end_step(struct replayer *replayer, struct replay_task *task,
		    struct step step, int status)
{
	uint64_t *values = task->registers.value;
	int err;

	if (!WIFSTOPPED(status) || step.kind == STEP_POPF || step.trap_flag)
		return 0;
	err = replay_get_registers(replayer, task);
	if (err)
		return err;
	values[R_EFLAGS] &= ~(uint64_t)EFLAGS_TRAP;
	if (status_is_syscall(status))
		values[R_R11] &= ~(uint64_t)EFLAGS_TRAP;
	/* A stop from outside may have come before the instruction. */
	return step.kind == STEP_PUSHF && values[R_RIP] != step.rip ?
		clear_pushed(task) : 0;
}

int replay_resume_task(struct replayer *replayer, struct replay_task *task,
		       int request, int *status_out)
{
	int is_step = request == PTRACE_SYSEMU_SINGLESTEP;
	struct step step = { 0 };
	int err;

	if (is_step)
		step = begin_step(replayer, task);
	err = settle(task);
	replayer->summary->stops++;
	if (!err)
		err = task_resume(&task->task, request, 0);
	if (!err)
		err = wait_for_stop(&task->task, status_out);
	if (!err && is_step)
		err = end_step(replayer, task, step, *status_out);
	return err ? report(err, "event %llu: run replayed task %u",
			    (unsigned long long)replayer->event,
			    task->task.serial) : 0;
}

static int run_by(struct replayer *replayer, struct replay_task *task,
		  int request, int *status_out)
{
	int err;

	do
		err = replay_resume_task(replayer, task, request, status_out);
	while (!err && (is_foreign_stop(*status_out) ||
			replay_takes_detour(task, *status_out)));
	return err;
}

int replay_run_plain(struct replayer *replayer, struct replay_task *task,
		     int *status_out)
{
	return run_by(replayer, task, PTRACE_SYSEMU, status_out);
}

int replay_run_task(struct replayer *replayer, struct replay_task *task,
		    int *status_out)
{
	const struct replay_watcher *watcher = replayer->watcher;

	return watcher ? watcher->run(watcher, replayer, task, status_out) :
			 replay_run_plain(replayer, task, status_out);
}

int replay_step_task(struct replayer *replayer, struct replay_task *task,
		     int *status_out)
{
	return run_by(replayer, task, PTRACE_SYSEMU_SINGLESTEP, status_out);
}
