/* SPDX-License-Identifier: MIT */
/*
 * The agent while recording.
 *
 * Each exec gets a fresh one, and a memfd that it shares with us: records of
 * calls, and words by which we tell it what to leave to us.  All processes that
 * descend from it by fork share both; only one of them runs at a time, and none
 * stays within the agent when it loses its turn.
 *
 * A seccomp filter lets through the calls of the agent's one instruction, and
 * stops at all others.  What the program does to the agent's memory can spoil
 * its own trace, and nothing else: all that is read from there is checked.
 */
#include "src/record_agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/agent_code.h"
#include "src/cpuid_hidden.h"
#include "src/process_file.h"
#include "src/process_maps.h"
#include "src/process_status.h"
#include "src/record_cores.h"
#include "src/record_ptrace.h"
#include "src/session_page.h"
#include "traces/call_record.h"
#include "traces/report.h"

#define ENTRY_CODE_END (AGENT_TEXT + 0x400) /* of agent_entry.S */
#define LEAVE_STEPS 32
#define VSYSCALL_PAGE 0xffffffffff600000ul
#define PUSHF 0x9c
#define TRAP_FLAG 0x100
#define COUNT_OF_SLOW_DEVICES \
	(sizeof(((struct recorder *)0)->slow_devices) / sizeof(uint64_t))
/* Bytes of records that the writer's thread copies; fewer are copied here. */
#define HAND_OVER_LEAST 0x10000

/* ---- the filter ---- */

#define LOAD(field, offset)                                    \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                     \
		 offsetof(struct seccomp_data, field) + (offset))
#define IF_EQUAL(value, then, otherwise) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then), (otherwise))

/* Without what some kernels do then about speculation, which a program sees. */
static int install(const struct sock_fprog *program)
{
	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		     SECCOMP_FILTER_FLAG_SPEC_ALLOW, program))
		return 0;
	return errno == EINVAL ?
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program) : -1;
}

/*
 * Filters that reel itself runs under, as in a container, are the program's,
 * too.  Who answers a call there is not the kernel, and it is not told to us
 * without a stop at each call.
 */
int record_agent_is_possible(void)
{
	return process_status_number(getpid(), "Seccomp") <= 0;
}

/*
 * Calls of the agent, and those that we make in a task's name, need no stop.
 * Those of the vsyscall page must have none: a tracer that goes on from it as
 * from others ends the program (emulate_vsyscall in arch/x86).
 */
int record_agent_install_filter(void)
{
	struct sock_filter code[] = {
		LOAD(arch, 0),
		IF_EQUAL(AUDIT_ARCH_X86_64, 0, 6),
		LOAD(instruction_pointer, 4),
		IF_EQUAL(SECCOMP_PASS_POINTER >> 32, 5, 0),
		IF_EQUAL(VSYSCALL_PAGE >> 32, 4, 0),
		IF_EQUAL(0, 0, 2),
		LOAD(instruction_pointer, 0),
		IF_EQUAL(AGENT_CALL_END, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	if (!install(&program))
		return 0;
	/* A tracer without privileges takes away what this would, too. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || install(&program))
		return -errno;
	return 0;
}

/* ---- what it may do ---- */

/* File systems where no call waits for another process. */
static int is_plain_type(const char *type)
{
	static const char *const plain[] = {
		"ext2", "ext3", "ext4", "xfs", "tmpfs", "devtmpfs", "overlay",
		"f2fs", "squashfs", "erofs", "vfat", "exfat", "iso9660",
		"ramfs", "zfs", "jfs", "reiserfs", "bcachefs", "btrfs",
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (!strcmp(type, plain[i]))
			return 1;
	return 0;
}

static int is_slow_type(const char *type)
{
	return !strncmp(type, "fuse", 4) || !strcmp(type, "9p") ||
	       !strcmp(type, "autofs") || !strcmp(type, "ceph") ||
	       !strncmp(type, "nfs", 3) || !strcmp(type, "cifs") ||
	       !strcmp(type, "virtiofs");
}

static void add_device(struct agent_shared *allowed, uint64_t device)
{
	for (unsigned i = 0; i < allowed->device_count; i++)
		if (allowed->devices[i] == device)
			return;
	if (allowed->device_count < AGENT_DEVICES)
		allowed->devices[allowed->device_count++] = device;
}

/*
 * Who serves a file system that was mounted before the recording began is not
 * recorded, and does not wait for those who are.
 */
static void add_slow_device(struct recorder *recorder, uint64_t device)
{
	unsigned *count = &recorder->slow_device_count, i = 0;

	while (i < *count && recorder->slow_devices[i] != device)
		i++;
	if (i < *count)
		return;
	if (recorder->has_seen_mounts || *count == COUNT_OF_SLOW_DEVICES)
		recorder->agent_rules->are_paths_slow = 1;
	else
		recorder->slow_devices[(*count)++] = device;
}

/* A line of mountinfo (proc(5)): the file system's type is behind " - ". */
static void add_mount(struct recorder *recorder, char *line)
{
	char *type = strstr(line, " - ");
	unsigned id, parent, major, minor;

	if (!type || sscanf(line, "%u %u %u:%u", &id, &parent, &major,
			    &minor) != 4)
		return;
	type += 3;
	type[strcspn(type, " ")] = '\0';
	/* fuseblk has a block device, and a process behind it all the same */
	if (is_slow_type(type))
		add_slow_device(recorder, makedev(major, minor));
	else if (is_plain_type(type))
		add_device(recorder->agent_rules, makedev(major, minor));
}

/* Memfds are files of a file system that is mounted nowhere. */
static void add_memfds(struct agent_shared *allowed)
{
	AUTO(fd_close) int fd = (int)syscall(SYS_memfd_create, "reel", 1u);
	struct stat status;

	if (fd >= 0 && !fstat(fd, &status))
		add_device(allowed, status.st_dev);
}

/* What is known of other mount namespaces stays. */
static void read_mounts(struct recorder *recorder, pid_t tid)
{
	struct agent_shared *allowed = recorder->agent_rules;
	char path[64], *text, *line, *rest;

	if (recorder->options->num_cores)
		allowed->are_paths_slow = 1;
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", tid);
	text = read_proc_file(path, NULL);
	for (line = text; line && *line; line = rest) {
		rest = line + strcspn(line, "\n");
		if (*rest)
			*rest++ = '\0';
		add_mount(recorder, line);
	}
	free(text);
	recorder->has_seen_mounts = 1;
	add_memfds(allowed);
}

void record_agent_init(struct recorder *recorder)
{
	struct agent_shared *rules = xcalloc(1, sizeof(*rules));

	recorder->agent_rules = rules;
	rules->mode = AGENT_RECORDS;
	for (int fd = 1; fd <= 2; fd++) {
		rules->standard[fd].device = recorder->standard[fd].st_dev;
		rules->standard[fd].inode = recorder->standard[fd].st_ino;
	}
}

/* The rules are in every area; descriptors are looked at again. */
static void tell(struct agent_area *area)
{
	const struct agent_shared *rules = area->recorder->agent_rules;
	struct agent_shared *shared = area->shared;
	size_t start = offsetof(struct agent_shared, device_count);

	memcpy((char *)shared + start, (const char *)rules + start,
	       sizeof(*rules) - start);
	shared->are_paths_slow = rules->are_paths_slow;
	shared->generation = rules->generation;
}

static void tell_all(struct recorder *recorder)
{
	recorder->agent_rules->generation++;
	for (struct agent_area *area = recorder->agent_areas; area;
	     area = area->next)
		if (area->shared)
			tell(area);
}

void record_agent_follow(struct recorder *recorder, dev_t device, ino_t inode)
{
	uint32_t bit = agent_followed_bit(device, inode);

	if (!recorder->agent_rules)
		return;
	recorder->agent_rules->followed[bit / 8] |= (uint8_t)(1u << bit % 8);
	tell_all(recorder);
}

/*
 * After a call that may have brought file systems, or somebody who is asked
 * when a file is opened: the holder of a lease (fcntl(2)), fanotify(7).
 */
static void look_at_paths(struct recorder *recorder,
			  const struct record_task *task)
{
	if (task->call.number == SYS_fcntl ||
	    task->call.number == SYS_fanotify_init)
		recorder->agent_rules->are_paths_slow = 1;
	else
		read_mounts(recorder, task->task.tid);
	tell_all(recorder);
}

/* ---- what it knows of the processor ---- */

/* Programs can write there: it is what they are told, and in the trace. */
static void learn(struct agent_shared *rules, const struct agent_leaf *leaf)
{
	if (leaf->is_known)
		*agent_leaf_of(rules, leaf->number, leaf->subleaf) = *leaf;
}

static void learn_all(struct agent_area *area)
{
	for (unsigned i = 0; i < AGENT_LEAVES; i++)
		learn(area->recorder->agent_rules, &area->shared->leaves[i]);
}

void record_agent_know(struct recorder *recorder, struct record_task *task,
		       const struct registers *before,
		       const struct registers *after)
{
	struct agent_area *area = space_data_of(task)->agent;
	uint32_t number = (uint32_t)before->value[R_RAX];
	struct agent_leaf leaf = {
		number,
		cpuid_subleaf(number, (uint32_t)before->value[R_RCX]),
		(uint32_t)after->value[R_RAX], (uint32_t)after->value[R_RBX],
		(uint32_t)after->value[R_RCX], (uint32_t)after->value[R_RDX],
		1,
	};

	if (!area || !area->shared || !recorder->is_pinned ||
	    !cpuid_is_constant(number))
		return;
	learn(recorder->agent_rules, &leaf);
	*agent_leaf_of(area->shared, number, leaf.subleaf) = leaf;
}

/* Instructions that are ours to answer. */
static uint32_t trapped_kinds(const struct recorder *recorder,
			      const struct record_task *task)
{
	uint32_t kinds = 0;

	if (task->tsc_mode == PR_TSC_SIGSEGV)
		kinds |= 1u << INSTRUCTION_RDTSC | 1u << INSTRUCTION_RDTSCP;
	if (record_core_of(recorder, task) != recorder->info.core)
		kinds |= 1u << INSTRUCTION_RDTSCP | 1u << INSTRUCTION_RDPID;
	return kinds;
}

/* ---- into the program ---- */

static struct agent_area *area_create(struct recorder *recorder)
{
	struct agent_area *area = xcalloc(1, sizeof(*area));

	area->recorder = recorder;
	area->users = 1;
	for (unsigned i = 0; i < AGENT_RINGS; i++)
		area->is_free[i] = 1;
	area->next = recorder->agent_areas;
	if (area->next)
		area->next->previous = area;
	recorder->agent_areas = area;
	return area;
}

static int is_free(const struct agent_area *area, unsigned part)
{
	return __atomic_load_n(&area->is_free[part], __ATOMIC_ACQUIRE);
}

/* From here on the agent makes records. */
static void begin_part(struct agent_area *area, unsigned part)
{
	area->part = part;
	area->taken = (uint64_t)part * AGENT_RING_LENGTH;
	area->shared->position = area->taken;
	area->shared->limit = area->taken + AGENT_RING_LENGTH;
}

void record_agent_release(struct agent_area *area)
{
	if (!area || --area->users)
		return;
	for (unsigned i = 0; i < AGENT_RINGS; i++)
		if (!is_free(area, i))
			trace_writer_flush(area->recorder->writer);
	if (area->shared) {
		learn_all(area);
		munmap(area->shared, AGENT_SHARED_LENGTH);
	}
	if (area->next)
		area->next->previous = area->previous;
	if (area->previous)
		area->previous->next = area->next;
	else
		area->recorder->agent_areas = area->next;
	free(area);
}

static int64_t inject(struct record_task *task, int number, uint64_t a,
		      uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	uint64_t arguments[6] = { a, b, c, d, e };

	return record_inject(task, space_data_of(task)->syscall_address,
			     number, arguments);
}

/* The memfd that the task made, ours too, and long enough. */
static struct agent_shared *map_here(struct record_task *task, int fd)
{
	AUTO(fd_close) int copy = -1;
	char path[64];
	void *shared;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", task->task.tid, fd);
	copy = process_open(path, O_RDWR | O_CLOEXEC);
	if (copy < 0)
		copy = task_descriptor(task, fd);
	if (copy < 0 || ftruncate(copy, AGENT_SHARED_LENGTH))
		return NULL;
	shared = mmap(NULL, AGENT_SHARED_LENGTH, PROT_READ | PROT_WRITE,
		      MAP_SHARED, copy, 0);
	return shared == MAP_FAILED ? NULL : shared;
}

static struct agent_shared *share_memory(struct record_task *task)
{
	static const char name[] = "reel";
	struct agent_shared *shared = NULL;
	int64_t fd, at = -1;

	if (address_space_write(space_of(task), SESSION_DATA, name,
				sizeof(name)))
		return NULL;
	fd = inject(task, SYS_memfd_create, SESSION_DATA, 1, 0, 0, 0);
	if (fd < 0)
		return NULL;
	shared = map_here(task, (int)fd);
	if (shared)
		at = inject(task, SYS_mmap, AGENT_SHARED, AGENT_SHARED_LENGTH,
			    PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_FIXED_NOREPLACE, (uint64_t)fd);
	inject(task, SYS_close, (uint64_t)fd, 0, 0, 0, 0);
	if (shared && at != AGENT_SHARED) {
		munmap(shared, AGENT_SHARED_LENGTH);
		shared = NULL;
	}
	return shared;
}

/* Its code and its private data. */
static int map_code(struct record_task *task)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

	if (inject(task, SYS_mmap, AGENT_TEXT, AGENT_TEXT_LENGTH,
		   PROT_READ | PROT_EXEC, (uint64_t)flags, (uint64_t)-1) !=
		    AGENT_TEXT ||
	    inject(task, SYS_mmap, AGENT_PRIVATE, AGENT_PRIVATE_LENGTH,
		   PROT_READ | PROT_WRITE, (uint64_t)flags, (uint64_t)-1) !=
		    AGENT_PRIVATE)
		return -ENOMEM;
	return address_space_write(space_of(task), AGENT_TEXT, agent_code,
				   agent_code_length);
}

static void write_private(struct record_task *task, size_t offset,
			  uint32_t value)
{
	address_space_write(space_of(task), AGENT_PRIVATE + offset, &value,
			    sizeof(value));
}

/* A fault of the agent's is seen where the program ignores such signals. */
static void look_at_actions(struct record_task *task)
{
	uint64_t faults = 1u << (SIGSEGV - 1) | 1u << (SIGBUS - 1);

	write_private(task, offsetof(struct agent_private, are_faults_ignored),
		      (record_ignored_signals(task) & faults) != 0);
}

int record_agent_map(struct recorder *recorder, struct record_task *task)
{
	struct space_data *data = space_data_of(task);
	struct agent_shared *shared;

	if (!recorder->agent_rules)
		return 0;
	/* One that was there was unmapped; others may still have it. */
	record_agent_release(data->agent);
	data->agent = area_create(recorder);
	if (!data->has_scratch)
		return 0;
	if (!recorder->agent_rules->device_count)
		read_mounts(recorder, task->task.tid);
	shared = map_code(task) ? NULL : share_memory(task);
	if (!shared)
		return 0;
	data->agent->shared = shared;
	shared->mode = AGENT_RECORDS;
	begin_part(data->agent, 0);
	shared->is_host = recorder->cpu == CPU_HOST && recorder->is_pinned;
	memcpy(shared->leaves, recorder->agent_rules->leaves,
	       sizeof(shared->leaves));
	tell(data->agent);
	look_at_actions(task);
	data->syscall_address = AGENT_TEXT;
	return 0;
}

/* ---- records ---- */

static int spoiled(const struct record_task *task, const char *fault)
{
	return report(-EBADMSG, "task %d: the program wrote into the memory "
		      "where reel records calls (%s)", task->task.tid, fault);
}

/*
 * Many are copied by the writer's thread, as long as the agent can go on in the
 * other part of the ring: *count is checked there.
 */
static int drain(struct recorder *recorder, struct record_task *task,
		 struct agent_area *area, size_t length, uint64_t *count)
{
	const uint8_t *bytes = (const uint8_t *)area->shared +
		(AGENT_RING - AGENT_SHARED) + area->taken;
	uint64_t time_ns = now_ns() - recorder->start_ns;
	uint32_t serial = task->task.serial;
	unsigned other = (area->part + 1) % AGENT_RINGS;
	const char *fault;

	if (length >= HAND_OVER_LEAST && is_free(area, area->part) &&
	    is_free(area, other))
		return trace_writer_hand_over_calls(
			recorder->writer, serial, time_ns, bytes, length,
			*count, &area->is_free[area->part]);
	fault = call_records_check(bytes, length, count);
	return fault ? spoiled(task, fault) :
		trace_writer_append_calls(recorder->writer, serial, time_ns,
					  bytes, length, *count);
}

int record_agent_drain(struct recorder *recorder, struct record_task *task)
{
	struct space_data *data = task->task.space ? space_data_of(task) : NULL;
	struct agent_area *area = data ? data->agent : NULL;
	uint64_t position, count;
	int err;

	if (!area || !area->shared)
		return 0;
	position = area->shared->position;
	if (position == area->taken)
		return 0;
	count = (uint32_t)(area->shared->count - area->counted);
	if (position < area->taken ||
	    position > (area->part + 1ul) * AGENT_RING_LENGTH ||
	    !count || count > AGENT_RING_LENGTH / sizeof(struct call_record))
		return spoiled(task, "where they end");
	task->last = (struct registers){ { 0 } };
	task->at_boundary = 0;
	err = drain(recorder, task, area, position - area->taken, &count);
	area->taken = position;
	area->counted += (uint32_t)count;
	recorder->agent_calls += count;
	if (err)
		recorder->failure = err;
	return err;
}

/* ---- going on ---- */

static int is_off(const struct record_task *task)
{
	return record_has_own_filter(task) || task->is_dispatching ||
	       task->has_own_files || space_data_of(task)->shares_files ||
	       is_traced(task);
}

/* What was in the ring has its events. */
static void go_on_in_ring(struct agent_area *area)
{
	if (area->taken != area->shared->position)
		return;
	begin_part(area, is_free(area, area->part) ?
		   area->part : (area->part + 1) % AGENT_RINGS);
}

int record_agent_request(struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;
	struct agent_shared *shared = area ? area->shared : NULL;
	int is_traced_only = is_off(task);

	/* One that is in a call may not be the one that runs. */
	if (!area || task->phase != CALL_NONE || task->is_interrupted)
		return PTRACE_SYSCALL;
	if (shared) {
		go_on_in_ring(area);
		shared->is_traced = is_traced_only || task->withheld != NULL;
		shared->is_stop_wanted = shared->is_mask_known = 0;
		shared->stops_after_wake = shared->has_woken = 0;
		shared->trapped = trapped_kinds(area->recorder, task);
	}
	return is_traced_only ? PTRACE_SYSCALL : PTRACE_CONT;
}

void record_agent_may_yield(struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;

	if (area && area->shared)
		area->shared->stops_after_wake = 1;
}

int record_agent_stop_at_call(struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;

	if (!area || !area->shared || area->shared->is_traced)
		return 0;
	area->shared->is_traced = 1;
	return 1;
}

int record_agent_will_wait(const struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;
	int will_wait;

	if (!area || !area->shared)
		return 0;
	will_wait = area->shared->will_wait != 0;
	area->shared->will_wait = 0;
	return will_wait;
}

/* A thread may get descriptors of its own; what is known of them is shared. */
static void descriptors_changed(struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;

	if (((task->call.number == SYS_unshare && arguments[0] & CLONE_FILES) ||
	     (task->call.number == SYS_close_range &&
	      arguments[2] & CLOSE_RANGE_UNSHARE)) &&
	    task->task.space->users > 1)
		task->has_own_files = 1;
	write_private(task, offsetof(struct agent_private, is_stale), 1);
}

/* They decide what a call of the socket waits for (class_of_socket()). */
static int is_waiting_option(const uint64_t *arguments)
{
	return (uint32_t)arguments[1] == SOL_SOCKET &&
	       ((uint32_t)arguments[2] == SO_RCVLOWAT ||
		(uint32_t)arguments[2] == SO_SNDBUF ||
		(uint32_t)arguments[2] == SO_SNDBUFFORCE ||
		(uint32_t)arguments[2] == SO_LINGER);
}

void record_agent_after_call(struct recorder *recorder,
			     struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;
	const uint64_t *arguments = task->call.arguments;

	if (!area || !area->shared)
		return;
	/* It closes the descriptor, whatever it says. */
	if (task->call.number == SYS_close)
		descriptors_changed(task);
	if (task->call.result < 0)
		return;
	switch (task->call.number) {
	case SYS_setsockopt:
		if (is_waiting_option(arguments))
			tell_all(recorder);
		break;
	case SYS_rt_sigaction:
		if (arguments[0] == SIGSEGV || arguments[0] == SIGBUS)
			look_at_actions(task);
		break;
	case SYS_fcntl:
		if (arguments[1] != F_SETLEASE)
			break;
		/* fall through */
	case SYS_fanotify_init:
	case SYS_mount:
	case SYS_move_mount:
	case SYS_fsmount:
	case SYS_pivot_root:
	case SYS_chroot:
	case SYS_setns:
		look_at_paths(recorder, task);
		break;
	case SYS_close_range:
	case SYS_dup2:
	case SYS_dup3:
	case SYS_unshare:
		descriptors_changed(task);
	}
}

/* ---- stops within ---- */

int record_agent_is_inside(const struct record_task *task,
			   const struct registers *registers)
{
	remote_addr rip = registers->value[R_RIP];
	const struct agent_area *area = space_data_of(task)->agent;

	return area && area->shared && rip >= AGENT_TEXT &&
	       rip < AGENT_TEXT + AGENT_TEXT_LENGTH;
}

/* It goes on, and stops where the agent ends. */
static int run_to_end(struct record_task *task)
{
	struct agent_area *area = space_data_of(task)->agent;

	area->shared->is_stop_wanted = 1;
	area->shared->is_traced = 1;
	task->state = TASK_RUNNING;
	return recorder_resume(task, PTRACE_CONT, 0);
}

/* The stop of its group is told once more. */
static int stop_with_group(struct record_task *task)
{
	task->is_stop_put_off = 0;
	task->state = TASK_RUNNING;
	ptrace(PTRACE_INTERRUPT, task->task.tid, NULL, NULL);
	return recorder_resume(task, record_agent_request(task), 0);
}

/*
 * A stop of the group, or an interrupt, is told before the step's trap, or
 * before the step; signals wait for the agent's end.  Nonzero when it is gone.
 */
static int step(struct recorder *recorder, struct record_task *task)
{
	int request = PTRACE_SINGLESTEP, status, signal;
	siginfo_t info;

	for (;;) {
		if (task_resume(&task->task, request, 0) ||
		    task_wait(&task->task, &status) || !WIFSTOPPED(status))
			return -ESRCH;
		signal = WSTOPSIG(status);
		request = PTRACE_SINGLESTEP;
		if (status_event(status) == PTRACE_EVENT_STOP) {
			task->is_stop_put_off |= signal != SIGTRAP;
			if (record_has_pending(task, SIGTRAP))
				request = PTRACE_CONT;
			continue;
		}
		if (status_event(status) ||
		    task_get_siginfo(&task->task, &info))
			return -ESRCH;
		if (signal == SIGTRAP && info.si_code == TRAP_TRACE)
			return 0;
		if (record_signal_outcome(task, &info) != SIGNAL_IGNORED)
			record_withhold_here(recorder, task, &info);
	}
}

/* The processor has pushed the flag by which it steps, too. */
static void forget_trap_flag(struct record_task *task,
			     const struct registers *registers)
{
	remote_addr at = registers->value[R_RSP];
	uint64_t flags;

	if (address_space_read(space_of(task), at, &flags, sizeof(flags)))
		return;
	flags &= ~(uint64_t)TRAP_FLAG;
	address_space_write(space_of(task), at, &flags, sizeof(flags));
}

/*
 * On the way in or out, the word that asks for a stop may have been read
 * already: there it is stepped, some instructions.  True when it is out.
 */
static int step_out(struct recorder *recorder, struct record_task *task,
		    struct registers *registers)
{
	for (unsigned i = 0; i < LEAVE_STEPS; i++) {
		remote_addr rip = registers->value[R_RIP];

		if (!record_agent_is_inside(task, registers))
			return 1;
		if (rip >= ENTRY_CODE_END || rip == AGENT_STOP)
			return 0;
		if (step(recorder, task) ||
		    task_get_registers(&task->task, registers))
			return 0;
		if (agent_code[rip - AGENT_TEXT] == PUSHF)
			forget_trap_flag(task, registers);
	}
	return 0;
}

int record_agent_leave(struct recorder *recorder, struct record_task *task,
		       int *err_out)
{
	struct registers registers;

	*err_out = 0;
	if (!space_data_of(task)->agent ||
	    task_get_registers(&task->task, &registers) ||
	    !record_agent_is_inside(task, &registers))
		return 0;
	if (!step_out(recorder, task, &registers)) {
		*err_out = run_to_end(task);
		return 1;
	}
	if (!task->is_stop_put_off)
		return 0;
	*err_out = stop_with_group(task);
	return 1;
}

/* At AGENT_STOP: all is as after the call, but for where it is. */
static int stopped_at_end(struct recorder *recorder, struct record_task *task,
			  struct registers *registers)
{
	struct agent_area *area = space_data_of(task)->agent;
	int has_woken = area->shared->has_woken != 0;
	int err = record_agent_drain(recorder, task);

	area->shared->is_stop_wanted = 0;
	registers->value[R_RIP] = area->shared->saved_continuation;
	registers->value[R_ORIG_RAX] = (uint64_t)-1;
	if (err)
		return err;
	if (task_set_registers(&task->task, registers))
		return 0;
	task->last = *registers;
	task->at_boundary = 0;
	task->is_point_wanted = 0;
	if (task->is_stop_put_off)
		return stop_with_group(task);
	if (record_deliverable(task))
		return record_deliver_at_point(recorder, task);
	err = record_go_on(recorder, task, 0);
	return err || !has_woken ? err : recorder_yield(recorder, task);
}

/* An address that the call can't have: it is made with a stop. */
static int fault_inside(struct record_task *task, const siginfo_t *info,
			struct registers *registers)
{
	const struct agent_shared *shared = space_data_of(task)->agent->shared;

	if (shared->is_made)
		return report(-EFAULT, "task %d: its agent can't read what a "
			      "call wrote at %p", task->task.tid,
			      info->si_addr);
	registers->value[R_RIP] = AGENT_FAULT;
	registers->value[R_ORIG_RAX] = (uint64_t)-1;
	task_set_registers(&task->task, registers);
	return recorder_resume(task, PTRACE_CONT, 0);
}

int record_agent_signal(struct recorder *recorder, struct record_task *task,
			const siginfo_t *info, struct registers *registers,
			int *err_out)
{
	int signal = info->si_signo;

	*err_out = 0;
	if (!record_agent_is_inside(task, registers))
		return 0;
	if (signal == SIGTRAP && info->si_code == SI_KERNEL &&
	    registers->value[R_RIP] == AGENT_STOP_END) {
		*err_out = stopped_at_end(recorder, task, registers);
		return 1;
	}
	if ((signal == SIGSEGV || signal == SIGBUS) && info->si_code > 0) {
		*err_out = fault_inside(task, info, registers);
		return 1;
	}
	if (record_signal_outcome(task, info) == SIGNAL_IGNORED) {
		/* The kernel drops it; given by a tracer SIGSTOP would stop. */
		if (signal == SIGSTOP)
			signal = 0;
		*err_out = recorder_resume(task, PTRACE_CONT, signal);
		return 1;
	}
	record_withhold_here(recorder, task, info);
	*err_out = run_to_end(task);
	return 1;
}
