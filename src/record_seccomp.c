/* SPDX-License-Identifier: MIT */
/*
 * The program's own seccomp filters while recording.
 *
 * They judge the program's calls as ever.  They must not judge what reel makes
 * of them: calls in the name of a task, calls that are changed or cancelled at
 * their entry (which the kernel's filters see later, seccomp(2)), and the
 * calls that reel put into the vDSO.  So each filter is installed with four
 * instructions before it that allow whatever has an instruction pointer that
 * no program can have.  The filters are kept here, too, to know beforehand
 * what they will say of a call.
 */
#include "src/recorder.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "src/record_agent.h"
#include "src/record_filters.h"
#include "src/seccomp_wrap.h"
#include "src/session_page.h"
#include "traces/report.h"

#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH 16ul
#endif
#define I386_EXIT 1
#define I386_READ 3
#define I386_GETPID 20
#define INT80_LENGTH 2
#define NUMBER_TO_ASK 0x7fffffff
#define CODE_SECCOMP 1 /* SYS_SECCOMP, siginfo's si_code */

/* What prctl(2) and seccomp(2) are given, as it lies in memory. */
struct filter_program {
	uint16_t length;
	uint16_t padding[3];
	uint64_t code;
};

_Static_assert(sizeof(struct sock_fprog) == sizeof(struct filter_program),
	       "it is the kernel's");

/* ---- verdicts ---- */

static int is_int80(const struct record_task *task)
{
	return task->entry.value[R_RCX] != task->entry.value[R_RIP];
}

/* Where the program makes the call, whose instruction may be a jump by now. */
remote_addr record_place_of(const struct record_task *task)
{
	remote_addr place = task->entry.value[R_RIP];

	record_site_original(task, &place);
	return place;
}

static struct seccomp_data data_of(const struct record_task *task)
{
	static const enum register_name plain[6] = {
		R_RDI, R_RSI, R_RDX, R_R10, R_R8, R_R9,
	}, compat[6] = {
		R_RBX, R_RCX, R_RDX, R_RSI, R_RDI, R_RBP,
	};
	const uint64_t *values = task->entry.value;
	struct seccomp_data data = {
		.nr = (int)values[R_ORIG_RAX],
		.arch = is_int80(task) ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64,
		.instruction_pointer = record_place_of(task),
	};

	for (int i = 0; i < 6; i++)
		data.args[i] = is_int80(task) ? (uint32_t)values[compat[i]] :
						values[plain[i]];
	return data;
}

/* Strict mode (seccomp(2)): four calls, and death of the thread. */
static uint32_t strict_verdict(const struct record_task *task)
{
	if (is_int80(task))
		return SECCOMP_RET_KILL_THREAD;
	switch (task->entry.value[R_ORIG_RAX]) {
	case SYS_read:
	case SYS_write:
	case SYS_exit:
	case SYS_rt_sigreturn:
		return SECCOMP_RET_ALLOW;
	}
	return SECCOMP_RET_KILL_THREAD;
}

static int allows(uint32_t verdict)
{
	uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/*
 * Whether the processor's clock serves the vDSO of this machine: without a
 * call, that is.  A child tries it, which may make none.
 */
static int vdso_reads_clocks(void)
{
	static const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static int known = -1;
	struct sock_fprog program = {
		sizeof(code) / sizeof(*code), (struct sock_filter *)code
	};
	struct timespec time;
	int status = 0;
	pid_t child;

	if (known >= 0)
		return known;
	child = fork();
	if (child == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
			_exit(0);
		_exit(clock_gettime(CLOCK_MONOTONIC, &time) != 0);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	known = child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	return known;
}

uint32_t record_vdso_clocks(void)
{
	uint32_t coarse = 1u << CLOCK_REALTIME_COARSE |
			  1u << CLOCK_MONOTONIC_COARSE;

	return vdso_reads_clocks() ? coarse | 1u << CLOCK_REALTIME |
		1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_RAW |
		1u << CLOCK_BOOTTIME | 1u << CLOCK_TAI : coarse;
}

/* The calls that the kernel's vDSO makes only for what it can't tell. */
static int needs_no_call(const struct record_task *task)
{
	switch (task->entry.value[R_ORIG_RAX]) {
	case SYS_time:
	case SYS_getcpu:
		return 1;
	case SYS_gettimeofday:
		return vdso_reads_clocks();
	case SYS_clock_gettime:
	case SYS_clock_getres:
		break;
	default:
		return 0;
	}
	switch (task->entry.value[R_RDI]) {
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return 1;
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return task->entry.value[R_ORIG_RAX] == SYS_clock_getres ||
		       vdso_reads_clocks();
	}
	return 0;
}

/* Its instruction may have become a jump to the agent. */
static int is_vdso_call(const struct record_task *task)
{
	const struct space_data *data = space_data_of(task);
	remote_addr call_end = task->entry.value[R_RIP];

	record_site_original(task, &call_end);
	for (unsigned i = 0; i < data->vdso_call_count; i++)
		if (data->vdso_calls[i] == call_end)
			return 1;
	return 0;
}

int record_vdso_saves_call(const struct record_task *task)
{
	return is_vdso_call(task) && needs_no_call(task);
}

int record_has_own_filter(const struct record_task *task)
{
	return task->filters || task->strict;
}

int record_filters_stop_calls(const struct record_task *task)
{
	return task->strict ||
	       (task->filters && !task->filters->are_all_wrapped);
}

void record_seccomp_entry(struct record_task *task)
{
	struct seccomp_data data;
	uint32_t action;

	task->passes = 0;
	task->is_skipped = task->needs_pass = task->is_denied = 0;
	task->notify_id = 0;
	task->verdict = SECCOMP_RET_ALLOW;
	if (!record_has_own_filter(task))
		return;
	data = data_of(task);
	task->verdict = task->strict ? strict_verdict(task) :
					  seccomp_verdict(task->filters, &data);
	action = task->verdict & SECCOMP_RET_ACTION_FULL;
	if (!allows(task->verdict) && record_vdso_saves_call(task)) {
		task->verdict = SECCOMP_RET_ALLOW;
		task->needs_pass = 1;
		return;
	}
	task->is_skipped = action != SECCOMP_RET_USER_NOTIF &&
			   !allows(task->verdict);
}

int record_seccomp_allows(const struct record_task *task)
{
	return allows(task->verdict);
}

int record_seccomp_asks(const struct record_task *task)
{
	return (task->verdict & SECCOMP_RET_ACTION_FULL) ==
	       SECCOMP_RET_USER_NOTIF;
}

int record_seccomp_traces(const struct record_task *task)
{
	return (task->verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE;
}

/*
 * The filter ends this thread alone, if it isn't the last of its process:
 * then it is as for any other death by a signal.
 */
int record_seccomp_ends_thread(const struct record_task *task)
{
	return task->phase != CALL_NONE && task->is_skipped &&
	       (task->verdict & SECCOMP_RET_ACTION_FULL) ==
		       SECCOMP_RET_KILL_THREAD;
}

/* ---- reel's own calls ---- */

void record_pass(struct record_task *task, struct registers *registers)
{
	if (!task->traps_calls &&
	    (!task->filters || !task->filters->lets_us_pass))
		return;
	registers->value[R_RIP] = SECCOMP_PASS_POINTER;
	task->passes = 1;
}

/* Filters, or our own one, are to be told what to say. */
static int is_wrapped(const struct record_task *task)
{
	return task->traps_calls ||
	       (task->filters && task->filters->is_any_wrapped);
}

static int is_answer(uint64_t pointer)
{
	return pointer >> 32 == SECCOMP_ANSWER_POINTER >> 32;
}

/* The kernel says so where nobody is there who would be asked. */
static uint32_t verdict_to_give(const struct record_task *task)
{
	struct seccomp_data data = data_of(task);
	const struct seccomp_filter *filter;
	uint32_t verdict = task->verdict;

	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_TRACE:
		if (!task->is_skipped) /* he let it through */
			return SECCOMP_RET_ALLOW;
		return record_has_seccomp_tracer(task) ?
			verdict : SECCOMP_RET_ERRNO | ENOSYS;
	case SECCOMP_RET_USER_NOTIF:
		filter = seccomp_decisive(task->filters, &data, &verdict);
		return filter && filter->has_listener ?
			SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ERRNO | ENOSYS;
	}
	return verdict;
}

/* What wrapped filters shall say (seccomp_wrap.h). */
static void give_verdict(struct record_task *task, struct registers *registers,
			 uint32_t verdict)
{
	uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;
	uint64_t death = (uint64_t)SECCOMP_DEATH << 32 | action;

	if (action == SECCOMP_RET_ALLOW) {
		record_pass(task, registers);
		return;
	}
	/* At our own filter's stop, one below 0 means that none is asked. */
	if ((int)registers->value[R_ORIG_RAX] < 0)
		registers->value[R_ORIG_RAX] = NUMBER_TO_ASK;
	if (action == SECCOMP_RET_KILL_PROCESS ||
		   action == SECCOMP_RET_KILL_THREAD) {
		registers->value[R_RIP] = record_place_of(task);
		registers->value[is_int80(task) ? R_RBP : R_R9] = death;
	} else {
		registers->value[R_RIP] = SECCOMP_ANSWER_POINTER | verdict;
		task->passes = 1;
	}
}

/*
 * What the program's filters say is known from what they are made of: they and
 * ours need not be asked.  Ours would stop the task once more after this stop
 * at the entry.
 */
int record_pass_filters(const struct recorder *recorder,
			struct record_task *task)
{
	struct registers now;

	if (!recorder->has_own_filter || task->passes ||
	    (!task->filters && !task->traps_calls) ||
	    (!is_wrapped(task) && (task->verdict != SECCOMP_RET_ALLOW ||
				   task->call.number < 0)))
		return 0;
	if (task_get_registers(&task->task, &now))
		return -ESRCH;
	give_verdict(task, &now, verdict_to_give(task));
	return task_set_registers(&task->task, &now);
}

void record_unpass(const struct record_task *task, struct registers *registers)
{
	/* SECCOMP_RET_TRAP leaves the number there. */
	if (task->passes && task->call.number < 0 &&
	    registers->value[R_RAX] == NUMBER_TO_ASK)
		registers->value[R_RAX] = task->entry.value[R_ORIG_RAX];
	if (task->passes &&
	    (registers->value[R_RIP] == SECCOMP_PASS_POINTER ||
	     is_answer(registers->value[R_RIP])))
		registers->value[R_RIP] = task->entry.value[R_RIP];
}

void record_seccomp_place(const struct record_task *task, siginfo_t *info)
{
	if (info->si_signo != SIGSYS || info->si_code != CODE_SECCOMP)
		return;
	info->si_call_addr = (void *)record_place_of(task);
	info->si_syscall = (int)task->entry.value[R_ORIG_RAX];
}

/* As the program's filters would without us, see below. */
static void judge_again(struct record_task *task, struct registers *registers)
{
	struct seccomp_data data = data_of(task);
	uint32_t verdict = verdict_to_give(task);

	data.nr = SYS_restart_syscall;
	if (task->was_stopped &&
	    registers->value[R_ORIG_RAX] == SYS_restart_syscall)
		verdict = seccomp_verdict(task->filters, &data);
	give_verdict(task, registers, verdict);
}

/*
 * The kernel restarts sleeps by restart_syscall(2), of which a filter may know
 * nothing: without a tracer only SIGCONT after a stop brings that about.
 */
void record_pass_again(struct record_task *task)
{
	struct registers now;

	if ((!task->filters && !task->traps_calls) ||
	    task_get_registers(&task->task, &now))
		return;
	if (is_wrapped(task)) {
		judge_again(task, &now);
		task_set_registers(&task->task, &now);
		return;
	}
	if (!task->passes &&
	    (now.value[R_ORIG_RAX] != SYS_restart_syscall ||
	     task->was_stopped))
		return;
	record_pass(task, &now);
	task_set_registers(&task->task, &now);
}

/*
 * No call has the number -1, but filters that are not the program's (those of
 * a container) may kill for it; hardly one does for getpid.
 */
void record_cancel(struct record_task *task, struct registers *registers)
{
	uint64_t *values = registers->value;

	values[R_ORIG_RAX] = (uint64_t)-1;
	if (task->strict) {
		values[R_ORIG_RAX] = is_int80(task) ? I386_READ : SYS_read;
		values[is_int80(task) ? R_RBX : R_RDI] = (uint64_t)-1;
	} else if (record_has_filter(task)) {
		values[R_ORIG_RAX] = is_int80(task) ? I386_GETPID : SYS_getpid;
	}
	record_pass(task, registers);
}

/* ---- strict mode without the kernel ---- */

int record_dies_strictly(const struct record_task *task)
{
	return task->strict == STRICT_BY_REEL && task->is_skipped &&
	       task->phase != CALL_NONE;
}

static int is_last_thread(const struct record_task *task)
{
	const struct record_task *other = task->next_in_group;

	while (other != task && (other->state == TASK_DEAD ||
				 other->state == TASK_EXITING))
		other = other->next_in_group;
	return other == task;
}

/*
 * The kernel's strict mode ends the thread alone, as if by SIGKILL: nobody can
 * ask what ended a thread, but for the last, whose process SIGKILL ends.
 */
int record_die_strictly(struct record_task *task)
{
	struct registers changed = task->entry;
	uint64_t *values = changed.value;

	if (is_last_thread(task)) {
		syscall(SYS_tgkill, task->task.tgid, task->task.tid, SIGKILL);
		return 0;
	}
	values[R_RAX] = (uint64_t)-ENOSYS;
	values[R_ORIG_RAX] = is_int80(task) ? I386_EXIT : SYS_exit;
	values[is_int80(task) ? R_RBX : R_RDI] = SIGKILL;
	return task_set_registers(&task->task, &changed);
}

/* ---- filters come and go ---- */

static int installs_filter(const struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;

	if (task->call.number == SYS_prctl)
		return arguments[0] == PR_SET_SECCOMP &&
		       arguments[1] == SECCOMP_MODE_FILTER;
	return task->call.number == SYS_seccomp &&
	       arguments[0] == SECCOMP_SET_MODE_FILTER;
}

static struct seccomp_filter *read_filter(struct record_task *task)
{
	AUTO(heap_free) struct sock_filter *code = NULL;
	struct filter_program program;
	size_t size;

	if (address_space_read(space_of(task), task->call.arguments[2],
			       &program, sizeof(program)) ||
	    program.length < 1 || program.length > BPF_MAXINSNS)
		return NULL;
	size = program.length * sizeof(*code);
	code = xmalloc(size);
	if (address_space_read(space_of(task), program.code, code, size))
		return NULL;
	return seccomp_filter_create(code, program.length,
				     seccomp_filter_share(task->filters));
}

static size_t with_pass(const struct seccomp_filter *filter,
			struct sock_filter *code_out)
{
	memcpy(code_out, seccomp_pass, sizeof(seccomp_pass));
	memcpy(code_out + SECCOMP_PASS_LENGTH, filter->code,
	       filter->length * sizeof(*filter->code));
	return SECCOMP_PASS_LENGTH + filter->length;
}

static int write_filter(struct record_task *task,
			const struct seccomp_filter *filter)
{
	AUTO(heap_free) struct sock_filter *code =
		xcalloc(filter->length + SECCOMP_WRAP_MAX, sizeof(*code));
	struct filter_program program = {
		.code = FILTER_START + sizeof(program),
	};

	program.length = (uint16_t)(filter->is_wrapped ?
				    seccomp_wrap(filter, code) :
				    with_pass(filter, code));
	return address_space_write(space_of(task), FILTER_START, &program,
				   sizeof(program)) ||
	       address_space_write(space_of(task), program.code, code,
				   program.length * sizeof(*code));
}

/* How it is to be installed: where the agent is, it is wrapped. */
static void look_at_filter(const struct recorder *recorder,
			   const struct record_task *task,
			   struct seccomp_filter *filter)
{
	const struct seccomp_filter *older = filter->older;

	filter->has_listener = task->call.number == SYS_seccomp &&
		(task->call.arguments[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER);
	filter->is_wrapped = recorder->has_own_filter &&
		filter->length + SECCOMP_WRAP_MAX <= BPF_MAXINSNS;
	filter->are_all_wrapped = filter->is_wrapped &&
		(!older || older->are_all_wrapped);
	filter->is_any_wrapped = filter->is_wrapped ||
		(older && older->is_any_wrapped);
	seccomp_foresee(filter);
}

/* The kernel is given what the program has. */
static void install_as_it_is(struct seccomp_filter *filter)
{
	filter->lets_us_pass = filter->is_wrapped = 0;
	filter->are_all_wrapped = 0;
	filter->is_any_wrapped = filter->older &&
				 filter->older->is_any_wrapped;
}

/*
 * Without no_new_privs, which the program has from us alone, the kernel says
 * EACCES before it reads the instructions: here they can't be read.
 */
static int forbid_filter(struct record_task *task)
{
	struct filter_program program;

	if (!space_data_of(task)->has_scratch ||
	    address_space_read(space_of(task), task->call.arguments[2],
			       &program, sizeof(program)) ||
	    program.length < 1 || program.length > BPF_MAXINSNS)
		return 0;
	program.length = 1;
	program.code = 1;
	task->is_forbidden = !address_space_write(space_of(task), FILTER_START,
						  &program, sizeof(program));
	return task->is_forbidden;
}

int record_filter_entry(struct recorder *recorder, struct record_task *task)
{
	struct seccomp_filter *filter;

	seccomp_filter_release(task->installing);
	task->installing = NULL;
	if (!installs_filter(task))
		return 0;
	if (!record_may_confine(recorder, task))
		return forbid_filter(task);
	filter = task->installing = read_filter(task);
	if (!filter)
		return 0;
	look_at_filter(recorder, task, filter);
	if (!space_data_of(task)->has_scratch || record_seccomp_asks(task) ||
	    filter->length + SECCOMP_PASS_LENGTH > BPF_MAXINSNS ||
	    (filter->older && !filter->older->lets_us_pass) ||
	    write_filter(task, filter)) {
		install_as_it_is(filter);
		return 0;
	}
	filter->lets_us_pass = 1;
	return 1;
}

/* The kernel has limits, which the program's filter alone may keep to. */
int record_filter_wants_retry(struct record_task *task)
{
	int64_t result = task->call.result;

	if (!task->installing || !task->installing->lets_us_pass ||
	    task->is_skipped ||
	    (result != -EINVAL && result != -ENOMEM && result != -EFAULT))
		return 0;
	install_as_it_is(task->installing);
	return 1;
}

static void take_filter(struct record_task *task,
			struct seccomp_filter *filter)
{
	filter = seccomp_filter_share(filter);
	seccomp_filter_release(task->filters);
	task->filters = filter;
}

static int asks_for_strict(const struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;

	if (task->call.number == SYS_prctl)
		return arguments[0] == PR_SET_SECCOMP &&
		       arguments[1] == SECCOMP_MODE_STRICT;
	return task->call.number == SYS_seccomp &&
	       arguments[0] == SECCOMP_SET_MODE_STRICT &&
	       !(uint32_t)arguments[1] && !arguments[2];
}

/* SECCOMP_FILTER_FLAG_TSYNC: with no_new_privs, if the thread has that. */
static void share_with_threads(struct record_task *task,
			       struct seccomp_filter *filter)
{
	for (struct record_task *other = task->next_in_group; other != task;
	     other = other->next_in_group) {
		take_filter(other, filter);
		other->has_no_new_privs |= task->has_no_new_privs;
	}
}

static int warn_of_filter(struct recorder *recorder,
			  struct record_task *task)
{
	static const char text[] = "a seccomp filter is too long for reel to "
		"add to it: it judges reel's own calls, too (docs/limits.md)";

	return recorder_warn(recorder, task, text);
}

/*
 * True when the program is to get this result: strict mode is ours to keep
 * where the kernel would have it without our filter, and a thread that is in it
 * takes no filter of another's.
 */
int record_strict_entry(const struct recorder *recorder,
			const struct record_task *task, int64_t *result_out)
{
	uint64_t flags = task->call.arguments[1];

	*result_out = 0;
	if (!recorder->has_own_filter)
		return 0;
	if (asks_for_strict(task))
		return !task->filters && !recorder->mode_outside;
	if (task->call.number != SYS_seccomp || !task->installing ||
	    !(flags & SECCOMP_FILTER_FLAG_TSYNC))
		return 0;
	for (const struct record_task *other = task->next_in_group;
	     other != task; other = other->next_in_group)
		if (other->strict == STRICT_BY_REEL &&
		    other->state != TASK_DEAD)
			*result_out = flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH ?
				-ESRCH : other->inner_tid;
	return *result_out != 0;
}

int record_filter_exit(struct recorder *recorder, struct record_task *task)
{
	struct seccomp_filter *filter = task->installing;
	uint64_t flags = task->call.number == SYS_seccomp ?
		task->call.arguments[1] : 0;
	int err = 0;

	if (asks_for_strict(task) && task->call.result == 0) {
		task->strict = recorder->has_own_filter ? STRICT_BY_REEL :
							  STRICT_BY_KERNEL;
		task->tsc_mode = PR_TSC_SIGSEGV; /* the kernel does so */
	}
	if (!filter)
		return 0;
	task->installing = NULL;
	/* A positive result may be the thread that keeps TSYNC from it. */
	if (task->call.result == 0 ||
	    (task->call.result > 0 &&
	     (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))) {
		take_filter(task, filter);
		if (flags & SECCOMP_FILTER_FLAG_TSYNC)
			share_with_threads(task, filter);
		if (!filter->lets_us_pass)
			err = warn_of_filter(recorder, task);
	}
	seccomp_filter_release(filter);
	return err;
}

void record_seccomp_inherit(const struct record_task *parent,
			    struct record_task *child)
{
	child->filters = seccomp_filter_share(parent->filters);
	child->traps_calls = parent->traps_calls;
	child->strict = parent->strict;
	child->has_no_new_privs = parent->has_no_new_privs;
}

void record_seccomp_release(struct record_task *task)
{
	seccomp_filter_release(task->installing);
	seccomp_filter_release(task->filters);
	task->installing = task->filters = NULL;
}

/* ---- the vDSO's answers ---- */

/*
 * For a task whose filters reel's calls can't pass.  In a time namespace
 * (time_namespaces(7)) CLOCK_MONOTONIC is ours, not the task's.
 */
int64_t record_vdso_answer(struct recorder *recorder, struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;
	struct timespec time = { 0 };
	struct timeval day = { 0 };
	uint32_t core[2] = { (uint32_t)recorder->info.core, 0 };
	const void *bytes = &time;
	size_t length = sizeof(time);
	remote_addr addr = arguments[1];

	switch (task->call.number) {
	case SYS_clock_gettime:
		clock_gettime((clockid_t)arguments[0], &time);
		break;
	case SYS_clock_getres:
		clock_getres((clockid_t)arguments[0], &time);
		break;
	case SYS_getcpu:
		if (arguments[1])
			address_space_write(space_of(task), arguments[1],
					    &core[1], sizeof(core[1]));
		bytes = core;
		length = sizeof(core[0]);
		addr = arguments[0];
		break;
	case SYS_gettimeofday:
		gettimeofday(&day, NULL);
		bytes = &day;
		addr = arguments[0];
		break;
	case SYS_time:
		clock_gettime(CLOCK_REALTIME_COARSE, &time);
		length = sizeof(time.tv_sec);
		addr = arguments[0];
		break;
	}
	if (addr && address_space_write(space_of(task), addr, bytes, length))
		return -EFAULT;
	return task->call.number == SYS_time ? time.tv_sec : 0;
}
