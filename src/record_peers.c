/* SPDX-License-Identifier: MIT */
/*
 * Who else can change memory that the program shares: processes outside the
 * recording that map the same file shared and writable, or have it open for
 * writing.  What they do is not in the trace, so it is said at least who.
 *
 * A thread looks through /proc, beside the recording: at once when the program
 * maps a file shared and writable, and every few seconds from then on.  Others'
 * processes that we may not look into remain unseen.
 */
#include "src/recorder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "src/process_status.h"
#include "traces/report.h"

#define WATCHED_LIMIT 4096u /* files */
#define LOOK_SOON_S 1	/* after the last look, when there is a new file */
#define LOOK_AGAIN_S 5	/* when there is none */
#define LAST_LOOK_S 2 /* that the end of a recording waits for, at most */

struct watched_file {
	dev_t device;
	ino_t inode;
	struct statx_timestamp born; /* 0: not known */
	int is_reported;
	char *name;
};

struct peer_watch {
	pthread_t thread;
	pid_t recorder;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	/* under lock */
	struct watched_file files[WATCHED_LIMIT]; /* ascending by inode */
	size_t count;
	int is_wanted, is_ending, has_ended;
	struct timespec last_look;
	char *findings[16]; /* not said yet */
	size_t finding_count;
};

/* ---- one process ---- */

static void name_of(pid_t pid, char *name, size_t room)
{
	char path[64], *text;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	text = read_proc_file(path, NULL);
	snprintf(name, room, "%s", text ? text : "?");
	name[strcspn(name, "\n")] = '\0';
	free(text);
}

static struct watched_file *find_watched(struct peer_watch *watch,
					 ino_t inode)
{
	size_t low = 0, high = watch->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (watch->files[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	return low < watch->count && watch->files[low].inode == inode ?
		&watch->files[low] : NULL;
}

/* Under lock.  Files of several devices may have the number. */
static struct watched_file *find_unreported(struct peer_watch *watch,
					    ino_t inode)
{
	struct watched_file *file = find_watched(watch, inode);

	for (; file && file < watch->files + watch->count &&
	     file->inode == inode; file++)
		if (!file->is_reported)
			return file;
	return NULL;
}

/* The number of a file that is gone is soon that of another one. */
static int is_as_old(const struct watched_file *file, const struct statx *seen)
{
	const struct statx_timestamp *born = &file->born;

	return !born->tv_sec || !(seen->stx_mask & STATX_BTIME) ||
	       (born->tv_sec == seen->stx_btime.tv_sec &&
		born->tv_nsec == seen->stx_btime.tv_nsec);
}

static int is_file(const struct watched_file *file, const struct statx *seen)
{
	return file->inode == seen->stx_ino &&
	       file->device == makedev(seen->stx_dev_major,
				       seen->stx_dev_minor);
}

/* Under lock: the process is none of ours, and the file is the same. */
static void add_finding(struct peer_watch *watch, struct watched_file *file,
			pid_t pid, const char *how)
{
	char name[64];

	if (watch->finding_count ==
	    sizeof(watch->findings) / sizeof(*watch->findings))
		return; /* found again when there is room */
	file->is_reported = 1;
	name_of(pid, name, sizeof(name));
	watch->findings[watch->finding_count++] =
		xasprintf("%s is shared with process %d (%s), which is not "
			  "recorded and has it %s: what that changes is not "
			  "in the trace (docs/limits.md)", file->name, pid,
			  name, how);
}

/* What a line of maps says of a mapping is not its device everywhere. */
static int is_same_file(pid_t pid, const char *line,
			const struct watched_file *file)
{
	const char *name = strchr(line, '/');
	struct statx seen;
	char path[128];

	snprintf(path, sizeof(path), "/proc/%d/map_files/%.*s", pid,
		 (int)strcspn(line, " "), line);
	if (!statx(AT_FDCWD, path, AT_STATX_DONT_SYNC,
		   STATX_INO | STATX_BTIME, &seen))
		return is_file(file, &seen) && is_as_old(file, &seen);
	return name && !strcmp(name, file->name);
}

/* "start-end rw-s offset device inode name": inode of such a line, or 0. */
static ino_t shared_inode(const char *line)
{
	const char *at = strchr(line, ' ');

	if (!at || at[2] != 'w' || at[4] != 's')
		return 0;
	for (int field = 0; field < 3; field++) {
		at = strchr(at + 1, ' ');
		if (!at)
			return 0;
	}
	return strtoul(at, NULL, 10);
}

/* False, too, for one that has ended meanwhile. */
static int is_outside(const struct peer_watch *watch, pid_t pid)
{
	long tracer = process_status_number(pid, "TracerPid");

	return tracer >= 0 && tracer != watch->recorder;
}

static void look_at_maps(struct peer_watch *watch, pid_t pid)
{
	char path[64], *text, *line, *rest;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	rest = text = read_proc_file(path, NULL);
	while (rest && (line = strsep(&rest, "\n")) && *line) {
		ino_t inode = shared_inode(line);
		struct watched_file *file;

		if (!inode)
			continue;
		pthread_mutex_lock(&watch->lock);
		file = find_unreported(watch, inode);
		if (file && is_same_file(pid, line, file) &&
		    is_outside(watch, pid))
			add_finding(watch, file, pid, "mapped writable");
		pthread_mutex_unlock(&watch->lock);
	}
	free(text);
}

/* The mode of a link in /proc/PID/fd says what it is open for (proc(5)). */
static void look_at_descriptors(struct peer_watch *watch, pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		struct watched_file *file;
		struct stat link;
		struct statx to;

		if (fstatat(dirfd(directory), entry->d_name, &link,
			    AT_SYMLINK_NOFOLLOW) || !(link.st_mode & 0200) ||
		    statx(dirfd(directory), entry->d_name,
			  AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
			  STATX_INO | STATX_BTIME, &to))
			continue;
		pthread_mutex_lock(&watch->lock);
		file = find_unreported(watch, to.stx_ino);
		if (file && is_file(file, &to) && is_as_old(file, &to) &&
		    is_outside(watch, pid))
			add_finding(watch, file, pid, "open for writing");
		pthread_mutex_unlock(&watch->lock);
	}
	if (directory)
		closedir(directory);
}

static void look_at_all(struct peer_watch *watch)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0 || pid == watch->recorder)
			continue;
		look_at_maps(watch, pid);
		look_at_descriptors(watch, pid);
	}
	if (proc)
		closedir(proc);
}

/* ---- the thread ---- */

/* Under lock: waits for the time of the next look. */
static void wait_for_time(struct peer_watch *watch)
{
	struct timespec at = watch->last_look, now;

	at.tv_sec += watch->is_wanted ? LOOK_SOON_S : LOOK_AGAIN_S;
	clock_gettime(CLOCK_REALTIME, &now);
	while (!watch->is_ending && now.tv_sec < at.tv_sec) {
		pthread_cond_timedwait(&watch->work, &watch->lock, &at);
		at = watch->last_look;
		at.tv_sec += watch->is_wanted ? LOOK_SOON_S : LOOK_AGAIN_S;
		clock_gettime(CLOCK_REALTIME, &now);
	}
}

static void *watch_thread(void *context)
{
	struct peer_watch *watch = context;

	pthread_mutex_lock(&watch->lock);
	for (;;) {
		wait_for_time(watch);
		if (watch->is_ending && !watch->is_wanted)
			break;
		watch->is_wanted = 0;
		pthread_mutex_unlock(&watch->lock);
		look_at_all(watch);
		pthread_mutex_lock(&watch->lock);
		clock_gettime(CLOCK_REALTIME, &watch->last_look);
	}
	watch->has_ended = 1;
	pthread_cond_broadcast(&watch->done);
	pthread_mutex_unlock(&watch->lock);
	return NULL;
}

static struct peer_watch *start(const struct recorder *recorder)
{
	struct peer_watch *watch = xcalloc(1, sizeof(*watch));
	sigset_t all, before;
	pthread_attr_t attributes;
	int err;

	watch->recorder = recorder->recorder_pid;
	clock_gettime(CLOCK_REALTIME, &watch->last_look);
	watch->last_look.tv_sec -= LOOK_SOON_S;
	pthread_mutex_init(&watch->lock, NULL);
	pthread_cond_init(&watch->work, NULL);
	pthread_cond_init(&watch->done, NULL);
	pthread_attr_init(&attributes);
	/* The session's core is for the program. */
	pthread_attr_setaffinity_np(&attributes,
				    sizeof(recorder->original_affinity),
				    &recorder->original_affinity);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&watch->thread, &attributes, watch_thread, watch);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (!err)
		return watch;
	free(watch);
	return NULL;
}

static struct watched_file *find_same(struct peer_watch *watch, dev_t device,
				      ino_t inode)
{
	struct watched_file *file = find_watched(watch, inode);

	for (; file && file < watch->files + watch->count &&
	     file->inode == inode; file++)
		if (file->device == device)
			return file;
	return NULL;
}

/* Without a name that leads to it here, it is not known when it was born. */
static void look_up_birth(struct watched_file *file)
{
	struct statx seen;

	if (!statx(AT_FDCWD, file->name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		   STATX_INO | STATX_BTIME, &seen) &&
	    is_file(file, &seen) && (seen.stx_mask & STATX_BTIME))
		file->born = seen.stx_btime;
}

/* Under lock. */
static void add_file(struct peer_watch *watch, const struct watched_file *file)
{
	struct watched_file *same = find_same(watch, file->device, file->inode);
	size_t at;

	if (same) {
		if (memcmp(&same->born, &file->born, sizeof(same->born)))
			same->is_reported = 0;
		same->born = file->born;
		free(same->name);
		same->name = file->name;
		return;
	}
	if (watch->count == WATCHED_LIMIT) {
		free(file->name);
		return;
	}
	for (at = watch->count; at && watch->files[at - 1].inode > file->inode;
	     at--)
		;
	memmove(watch->files + at + 1, watch->files + at,
		(watch->count++ - at) * sizeof(*watch->files));
	watch->files[at] = *file;
}

void record_watch_peers(struct recorder *recorder, dev_t device, ino_t inode,
			const char *name, int is_written)
{
	struct peer_watch *watch = recorder->peers;
	struct watched_file file = { .device = device, .inode = inode };

	if (!watch)
		watch = recorder->peers = start(recorder);
	if (!watch)
		return;
	file.name = xstrdup(name);
	look_up_birth(&file);
	pthread_mutex_lock(&watch->lock);
	add_file(watch, &file);
	if (is_written && !watch->is_wanted) {
		watch->is_wanted = 1;
		pthread_cond_signal(&watch->work);
	}
	pthread_mutex_unlock(&watch->lock);
}

/* Any that can have an event. */
static struct record_task *announced_task(const struct recorder *recorder)
{
	struct record_task *task = recorder->all;

	while (task && (!task->task.serial || task->state == TASK_NEW ||
			task->state == TASK_EXITING ||
			task->state == TASK_DEAD))
		task = task->next_all;
	return task;
}

int record_report_peers(struct recorder *recorder)
{
	struct peer_watch *watch = recorder->peers;
	char *findings[sizeof(watch->findings) / sizeof(*watch->findings)];
	struct record_task *task = announced_task(recorder);
	size_t count;
	int err = 0;

	if (!watch || pthread_mutex_trylock(&watch->lock))
		return 0;
	count = watch->finding_count;
	memcpy(findings, watch->findings, count * sizeof(*findings));
	watch->finding_count = 0;
	pthread_mutex_unlock(&watch->lock);
	for (size_t i = 0; i < count; i++) {
		warn("%s", findings[i]);
		if (task && !err)
			err = recorder_note(recorder, task, TEXT_WARNING,
					    findings[i]);
		free(findings[i]);
	}
	return err;
}

/* A look that was asked for is not cut off by a program that ends soon. */
static int wait_for_end(struct peer_watch *watch)
{
	struct timespec latest;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &latest);
	latest.tv_sec += LAST_LOOK_S;
	while (!watch->has_ended && !err)
		err = pthread_cond_timedwait(&watch->done, &watch->lock,
					     &latest);
	return err;
}

void record_end_peers(struct recorder *recorder)
{
	struct peer_watch *watch = recorder->peers;
	int err;

	if (!watch)
		return;
	pthread_mutex_lock(&watch->lock);
	watch->is_ending = 1;
	pthread_cond_signal(&watch->work);
	err = wait_for_end(watch);
	pthread_mutex_unlock(&watch->lock);
	if (err) /* it hangs on somebody's file system: left alone */
		return;
	pthread_join(watch->thread, NULL);
	record_report_peers(recorder);
	recorder->peers = NULL;
	for (size_t i = 0; i < watch->count; i++)
		free(watch->files[i].name);
	free(watch);
}
