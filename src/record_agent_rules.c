/* SPDX-License-Identifier: MIT */
/*
 * What agents are told: the file systems where no call waits, the descriptors
 * and files that are ours, what this processor is.
 */
#include "src/record_agent.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "src/cpuid_hidden.h"
#include "src/process_maps.h"
#include "traces/report.h"

#define COUNT_OF_SLOW_DEVICES \
	(sizeof(((struct recorder *)0)->slow_devices) / sizeof(uint64_t))

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

static int is_type_in_memory(const char *type)
{
	return !strcmp(type, "tmpfs") || !strcmp(type, "devtmpfs") ||
	       !strcmp(type, "ramfs");
}

static void add_device(struct agent_shared *allowed, uint64_t device,
		       int is_in_memory)
{
	for (unsigned i = 0; i < allowed->device_count; i++)
		if (allowed->devices[i] == device)
			return;
	if (allowed->device_count == AGENT_DEVICES)
		return;
	allowed->devices_in_memory |= (uint32_t)(is_in_memory != 0) <<
				      allowed->device_count;
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
		add_device(recorder->agent_rules, makedev(major, minor),
			   is_type_in_memory(type));
}

/* Memfds are files of a file system that is mounted nowhere. */
static void add_memfds(struct agent_shared *allowed)
{
	AUTO(fd_close) int fd = (int)syscall(SYS_memfd_create, "reel", 1u);
	struct stat status;

	if (fd >= 0 && !fstat(fd, &status))
		add_device(allowed, status.st_dev, 1);
}

void record_agent_read_mounts(struct recorder *recorder, pid_t tid)
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

void record_agent_tell(struct agent_area *area)
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
			record_agent_tell(area);
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
		record_agent_read_mounts(recorder, task->task.tid);
	tell_all(recorder);
}

/* ---- the processor ---- */

/* Programs can write there: it is what they are told, and in the trace. */
static void learn(struct agent_shared *rules, const struct agent_leaf *leaf)
{
	if (leaf->is_known)
		*agent_leaf_of(rules, leaf->number, leaf->subleaf) = *leaf;
}

void record_agent_learn_all(struct agent_area *area)
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

/* ---- after calls ---- */

static void write_private(struct record_task *task, size_t offset,
			  uint32_t value)
{
	address_space_write(space_of(task), AGENT_PRIVATE + offset, &value,
			    sizeof(value));
}

#define PAGE 4096ul
#define PRIVATE(field) (AGENT_PRIVATE + offsetof(struct agent_private, field))

static int has_agent(const struct record_task *task)
{
	const struct agent_area *area = space_data_of(task)->agent;

	return area && area->shared;
}

#define PLAIN_AT_ONCE 16u /* most programs have no more */

_Static_assert(offsetof(struct agent_private, plain) ==
		       offsetof(struct agent_private, plain_count) +
		       sizeof(uint64_t),
	       "they are read together");

static int is_plain_in(const struct agent_range *plain, uint64_t count,
		       remote_addr start, remote_addr end)
{
	for (uint64_t i = 0; i < count; i++)
		if (plain[i].start < end && plain[i].end > start)
			return 1;
	return 0;
}

void record_agent_forget_plain(const struct record_task *task,
			       remote_addr start, remote_addr end)
{
	struct address_space *space = space_of(task);
	struct {
		uint64_t count;
		struct agent_range plain[AGENT_RANGES];
	} now;
	size_t first = sizeof(now.count) + PLAIN_AT_ONCE * sizeof(*now.plain);

	if (!has_agent(task) ||
	    address_space_read(space, PRIVATE(plain_count), &now, first) ||
	    !now.count || now.count > AGENT_RANGES ||
	    (now.count > PLAIN_AT_ONCE &&
	     address_space_read(space, PRIVATE(plain), now.plain,
				now.count * sizeof(*now.plain))))
		return;
	end = (end + PAGE - 1) & -PAGE;
	if (!is_plain_in(now.plain, now.count, start, end))
		return;
	agent_forget_plain(now.plain, &now.count, start, end);
	address_space_write(space, PRIVATE(plain_count), &now,
			    sizeof(now.count) + now.count * sizeof(*now.plain));
}

void record_agent_learn_break(const struct record_task *task)
{
	uint64_t end = 0;

	if (has_agent(task) &&
	    !address_space_read(space_of(task), PRIVATE(break_end), &end,
				sizeof(end)) && end)
		space_data_of(task)->break_end = end;
}

void record_agent_set_break(const struct record_task *task, remote_addr end)
{
	uint64_t word = end;

	if (has_agent(task))
		address_space_write(space_of(task), PRIVATE(break_end), &word,
				    sizeof(word));
}

void record_agent_look_at_actions(struct record_task *task)
{
	uint64_t faults = 1u << (SIGSEGV - 1) | 1u << (SIGBUS - 1);

	write_private(task, offsetof(struct agent_private, are_faults_ignored),
		      (record_ignored_signals(task) & faults) != 0);
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
		if (!task->has_own_actions &&
		    (arguments[0] == SIGSEGV || arguments[0] == SIGBUS))
			record_agent_look_at_actions(task);
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
