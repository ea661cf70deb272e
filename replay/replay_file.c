/* SPDX-License-Identifier: MIT */
/*
 * Files of the trace, each in a memfd.  What they hold comes from a trace that
 * may be hostile, so the memory that they take is limited.
 *
 * To fill a memfd with a libc takes longer than many a replay.  Where our own
 * store knows a file with the same content on this machine, and the trace says
 * that it stays as it is, that file is mapped instead, privately and from a
 * descriptor that can only be read.  What to open is never taken out of the
 * trace, and the trace must have the snapshot all the same.
 *
 * A long recording can map more files than there are descriptors, or memory
 * for them.  Then those are put away that nothing maps and nothing has changed:
 * their snapshots give them back when they are mapped again.
 */
#include "replay/replayer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "replay/checkpoint.h"
#include "src/process_maps.h"
#include "traces/report.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x8u
#endif

#define NAME_LIMIT 249 /* of a memfd, memfd_create(2) */

static struct replay_file **bucket_of(struct replayer *replayer, uint32_t id)
{
	return &replayer->files[id % FILE_BUCKETS];
}

struct replay_file *replay_file_find(struct replayer *replayer, uint32_t id)
{
	struct replay_file *file = *bucket_of(replayer, id);

	while (file && file->id != id)
		file = file->next;
	return file;
}

/*
 * Inodes of memfds are numbers of their own; and of a file of ours /proc may
 * show another than stat(2) does (overlay), but it is the one at this path.
 */
static int is_mapped(const struct replay_file *file,
		     const struct process_map *map)
{
	if (file->local_path)
		return !strcmp(file->local_path, map->name);
	return file->inode == map->inode &&
	       !strncmp(map->name, "/memfd:", 7);
}

const struct replay_file *
replay_file_of_map(const struct replayer *replayer,
		   const struct process_map *map)
{
	for (size_t i = 0; i < FILE_BUCKETS; i++)
		for (const struct replay_file *file = replayer->files[i]; file;
		     file = file->next)
			if (file->fd >= 0 && is_mapped(file, map))
				return file;
	for (const struct replay_file *file = replayer->nameless; file;
	     file = file->next)
		if (is_mapped(file, map))
			return file;
	return NULL;
}

/* ---- descriptors, which copies share ---- */

static void take_descriptor(struct replay_file *file, int fd)
{
	file->fd = fd;
	file->memory = xcalloc(1, sizeof(*file->memory));
	file->memory->users = 1;
	file->memory->is_changed = file->is_shared;
}

static void drop_descriptor(struct replay_file *file)
{
	if (file->fd >= 0 && !--file->memory->users) {
		fd_close(&file->fd);
		free(file->memory);
	}
	file->fd = -1;
	file->memory = NULL;
}

struct replay_file *replay_file_copy(const struct replay_file *file)
{
	struct replay_file *copy = xmemdup(file, sizeof(*file));

	copy->next = NULL;
	copy->name = xstrdup(file->name);
	copy->local_path = file->local_path ? xstrdup(file->local_path) : NULL;
	if (copy->fd >= 0)
		copy->memory->users++;
	return copy;
}

void replay_file_destroy(struct replay_file *file)
{
	drop_descriptor(file);
	free(file->local_path);
	free(file->name);
	free(file);
}

static void free_list(struct replay_file **list)
{
	while (*list) {
		struct replay_file *file = *list;

		*list = file->next;
		replay_file_destroy(file);
	}
}

void replay_files_drop(struct replayer *replayer)
{
	for (size_t i = 0; i < FILE_BUCKETS; i++)
		free_list(&replayer->files[i]);
	free_list(&replayer->nameless);
}

void replay_files_free(struct replayer *replayer)
{
	replay_files_drop(replayer);
	store_close(replayer->store);
}

/*
 * Nothing of it is executed as a program, only mapped.  Its descriptor is one
 * that the sandbox lets tasks map.
 */
static int make_memfd(const struct replayer *replayer, const char *name)
{
	AUTO(fd_close) int low = -1;
	size_t length = strlen(name);
	int fd = -1;

	if (length > NAME_LIMIT)
		name += length - NAME_LIMIT;
	low = memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	if (low < 0 && errno == EINVAL)
		low = memfd_create(name, MFD_CLOEXEC);
	if (low >= 0)
		fd = fcntl(low, F_DUPFD_CLOEXEC, replayer->first_file);
	return fd < 0 ? -errno : fd;
}

/* ---- memory that files take ---- */

static uint64_t memory_line(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line ? strtoull(line + strlen(name), NULL, 10) * 1024 : 0;
}

/*
 * A small trace can hold files that fill all memory, and the kernel would end
 * other programs to get some.  What is available now is the limit.
 */
static uint64_t available_bytes(void)
{
	AUTO(heap_free) char *text = read_proc_file("/proc/meminfo", NULL);
	struct sysinfo info;

	if (text)
		return memory_line(text, "MemAvailable:") / 8 * 7 +
		       memory_line(text, "SwapFree:");
	if (!sysinfo(&info)) /* a chroot without /proc */
		return (info.totalram / 2 + info.freeswap) * info.mem_unit;
	return UINT64_MAX;
}

static void limit_bytes(struct replayer *replayer, uint64_t available)
{
	struct rlimit limit;

	replayer->file_bytes_limit = available;
	if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur < available)
		replayer->file_bytes_limit = limit.rlim_cur;
}

void replay_files_init(struct replayer *replayer)
{
	replayer->store = store_look(replayer->options->store_path);
}

static uint64_t bytes_of(const struct replay_file *file)
{
	struct stat status;

	if (file->local_path || fstat(file->fd, &status))
		return 0;
	return (uint64_t)status.st_blocks * 512;
}

/* The program's stores change what it takes, too: that is seen later. */
static void count_bytes(struct replayer *replayer, struct replay_file *file)
{
	uint64_t now = bytes_of(file);

	replayer->file_bytes += now - file->counted;
	file->counted = now;
}

static uint64_t room_left(struct replayer *replayer)
{
	if (!replayer->file_bytes_limit)
		limit_bytes(replayer, available_bytes());
	return replayer->file_bytes < replayer->file_bytes_limit ?
	       replayer->file_bytes_limit - replayer->file_bytes : 0;
}

static int no_room(const struct replayer *replayer,
		   const struct replay_file *file)
{
	return report(-ENOMEM, "event %llu: the copies of recorded files, %s "
		      "with them, need more than the %llu MiB of memory that "
		      "are available", (unsigned long long)replayer->event,
		      file->name, (unsigned long long)
		      (replayer->file_bytes_limit >> 20));
}

/* ---- putting away ---- */

static int compare_inodes(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

struct inode_list {
	uint64_t *inodes;
	size_t count, room;
};

/* 0, or negative when it can't be known. */
static int add_mapped(const struct replay_task *task, struct inode_list *list)
{
	struct process_maps maps;

	if (process_maps_read(task->task.tid, &maps))
		return -ENOENT;
	for (size_t i = 0; i < maps.count; i++) {
		if (!maps.maps[i].inode)
			continue;
		if (list->count == list->room) {
			list->room = list->room * 2 + 1024;
			list->inodes = xrealloc(list->inodes, list->room *
						sizeof(*list->inodes));
		}
		list->inodes[list->count++] = maps.maps[i].inode;
	}
	process_maps_deinit(&maps);
	return 0;
}

static int list_mapped(struct replayer *replayer, struct inode_list *list)
{
	uint64_t last_space = 0;
	int err = 0;

	for (size_t i = 0; i < TASK_BUCKETS; i++)
		for (struct replay_task *task = replayer->buckets[i];
		     task && !err; task = task->next) {
			if (task->task.space->serial == last_space)
				continue;
			last_space = task->task.space->serial;
			err = add_mapped(task, list);
		}
	if (list->count)
		qsort(list->inodes, list->count, sizeof(*list->inodes),
		      compare_inodes);
	return err;
}

static int is_listed(const struct inode_list *list, uint64_t inode)
{
	return list->count &&
	       bsearch(&inode, list->inodes, list->count,
		       sizeof(*list->inodes), compare_inodes);
}

/* Makes room: closes the files that can come back.  True if there were any. */
static int put_away(struct replayer *replayer)
{
	struct inode_list mapped = { 0 };
	int count = 0, err = list_mapped(replayer, &mapped);

	for (size_t i = 0; !err && i < FILE_BUCKETS; i++)
		for (struct replay_file *file = replayer->files[i]; file;
		     file = file->next) {
			if (file->fd < 0)
				continue;
			if (file->is_changeable || file->local_path ||
			    is_listed(&mapped, file->inode)) {
				count_bytes(replayer, file);
				continue;
			}
			drop_descriptor(file);
			replayer->file_bytes -= file->counted;
			file->counted = 0;
			count++;
		}
	free(mapped.inodes);
	if (count)
		limit_bytes(replayer,
			    replayer->file_bytes + available_bytes());
	return count > 0;
}

/* ---- making ---- */

static int extract(struct replayer *replayer, struct replay_file *file)
{
	int err = trace_reader_extract_at_most(replayer->reader, file->sha256,
					       file->fd, room_left(replayer));

	if (err == TRACE_TOO_LARGE && put_away(replayer))
		err = trace_reader_extract_at_most(replayer->reader,
						   file->sha256, file->fd,
						   room_left(replayer));
	if (err == TRACE_TOO_LARGE)
		return no_room(replayer, file);
	count_bytes(replayer, file);
	if (!err && ftruncate(file->fd, (off_t)file->size))
		err = report(-errno, "size the copy of %s", file->name);
	return err;
}

/* ---- files of ours ---- */

static int is_unchanged(const struct replay_file *file)
{
	struct stat now;

	return !fstat(file->fd, &now) &&
	       now.st_size == file->local_status.st_size &&
	       now.st_mtim.tv_sec == file->local_status.st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == file->local_status.st_mtim.tv_nsec;
}

int replay_files_check(const struct replayer *replayer)
{
	for (size_t i = 0; i < FILE_BUCKETS; i++)
		for (const struct replay_file *file = replayer->files[i]; file;
		     file = file->next)
			if (file->local_path && !is_unchanged(file))
				return report(-ESTALE, "%s, which has what was "
					      "recorded, was written to during "
					      "the replay (replay again)",
					      file->local_path);
	return 0;
}

/* True when there is one, and the file has its descriptor now. */
static int use_local(struct replayer *replayer, struct replay_file *file)
{
	AUTO(heap_free) char *path = NULL;
	AUTO(fd_close) int low = -1;
	uint64_t size;
	int fd;

	if (!replayer->store || !file->size || file->is_shared ||
	    trace_info_file_changes(trace_reader_info(replayer->reader),
				    file->id) ||
	    trace_reader_snapshot_size(replayer->reader, file->sha256, &size) ||
	    size != file->size)
		return 0;
	low = store_locate(replayer->store, file->sha256, size, &path);
	fd = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, replayer->first_file);
	if (fd < 0 || fstat(fd, &file->local_status)) {
		fd_close(&fd);
		return 0;
	}
	take_descriptor(file, fd);
	file->local_path = path;
	path = NULL;
	return 1;
}

static int refuse_change(const struct replayer *replayer,
			 const struct replay_file *file)
{
	return report(-EBADMSG, "event %llu: the trace changes %s, which it "
		      "said would stay as it is",
		      (unsigned long long)replayer->event, file->name);
}

/* ---- opening ---- */

int replay_file_open(struct replayer *replayer, struct replay_file *file)
{
	struct stat status;
	int fd;

	if (file->fd >= 0 || use_local(replayer, file))
		return 0;
	fd = make_memfd(replayer, file->name);
	if (fd == -EMFILE && put_away(replayer))
		fd = make_memfd(replayer, file->name);
	if (fd < 0)
		return report(fd, "event %llu: make a memfd for the recorded "
			      "file %s", (unsigned long long)replayer->event,
			      file->name);
	if (fstat(fd, &status))
		status.st_ino = 0;
	file->inode = status.st_ino;
	file->is_changeable = 1; /* not put away while it is made */
	take_descriptor(file, fd);
	fd = extract(replayer, file);
	file->is_changeable = file->is_shared;
	return fd;
}

int replay_file_reset(struct replayer *replayer, struct replay_file *file)
{
	AUTO(fd_close) int fd = memfd_create("reel", MFD_CLOEXEC);
	int err = fd < 0 ? report(-errno, "make a memfd") :
		trace_reader_extract_at_most(replayer->reader, file->sha256,
					     fd, room_left(replayer));

	if (err == TRACE_TOO_LARGE)
		return no_room(replayer, file);
	if (!err && ftruncate(fd, (off_t)file->size))
		err = -errno;
	return err ? err : replay_content_copy(fd, file->fd);
}

/* ---- contents ---- */

static int copy_range(int from, int to, off_t start, off_t end)
{
	char bytes[65536];

	while (start < end) {
		size_t piece = end - start < (off_t)sizeof(bytes) ?
			(size_t)(end - start) : sizeof(bytes);

		if (pread_all(from, bytes, piece, (uint64_t)start) ||
		    pwrite(to, bytes, piece, start) != (ssize_t)piece)
			return -EIO;
		start += (off_t)piece;
	}
	return 0;
}

int replay_content_copy(int from, int to)
{
	struct stat source, target;
	off_t start = 0, end;
	int err = 0;

	if (fstat(from, &source) || fstat(to, &target) ||
	    (target.st_size && fallocate(to, FALLOC_FL_PUNCH_HOLE |
					 FALLOC_FL_KEEP_SIZE, 0,
					 target.st_size)) ||
	    (target.st_size != source.st_size && ftruncate(to, source.st_size)))
		return report(-errno, "copy what is in shared memory");
	while (!err && start < source.st_size) {
		start = lseek(from, start, SEEK_DATA);
		end = start < 0 ? -1 : lseek(from, start, SEEK_HOLE);
		if (start < 0 || end < 0)
			return start < 0 && errno == ENXIO ? 0 : -errno;
		err = copy_range(from, to, start, end);
		start = end;
	}
	return err;
}

void replay_files_add(struct replayer *replayer, struct replay_file *file)
{
	file->next = *bucket_of(replayer, file->id);
	*bucket_of(replayer, file->id) = file;
}

/* ---- shared memory without a file ---- */

int replay_file_nameless(struct replayer *replayer, uint64_t length)
{
	struct replay_file *file;
	struct stat status;
	int fd = make_memfd(replayer, "");

	if (fd >= 0 && (ftruncate(fd, (off_t)length) || fstat(fd, &status))) {
		int err = -errno;

		fd_close(&fd);
		return err;
	}
	if (fd < 0)
		return fd;
	file = xcalloc(1, sizeof(*file));
	take_descriptor(file, fd);
	file->inode = status.st_ino;
	file->is_shared = file->is_changeable = 1;
	file->memory->is_changed = 1;
	file->name = xstrdup("/dev/zero (deleted)");
	file->next = replayer->nameless;
	replayer->nameless = file;
	return fd;
}

void replay_files_forget(struct replayer *replayer)
{
	struct replay_file **link = &replayer->nameless;
	struct inode_list mapped = { 0 };
	int err = *link ? list_mapped(replayer, &mapped) : 0;

	while (!err && *link) {
		struct replay_file *file = *link;

		if (is_listed(&mapped, file->inode)) {
			link = &file->next;
			continue;
		}
		*link = file->next;
		replay_file_destroy(file);
	}
	free(mapped.inodes);
}

int replay_file_add(struct replayer *replayer, const struct effect *effect)
{
	struct replay_file *file = replay_file_find(replayer, effect->id);
	struct event_file fixed;
	const char *label = (const char *)effect->bytes + sizeof(fixed);

	if (effect->length < sizeof(fixed))
		return report(-EBADMSG, "event %llu: file %u is cut short",
			      (unsigned long long)replayer->event, effect->id);
	memcpy(&fixed, effect->bytes, sizeof(fixed));
	if (file) {
		/* listed again for another use */
		if (file->local_path && (fixed.use & FILE_SHARED))
			return refuse_change(replayer, file);
		if (fixed.use & FILE_SHARED) {
			file->is_shared = 1;
			file->is_changeable = 1;
			if (file->memory)
				file->memory->is_changed = 1;
			return replay_file_open(replayer, file);
		}
		return 0;
	}
	file = xcalloc(1, sizeof(*file));
	file->id = effect->id;
	file->fd = -1;
	file->size = effect->extent;
	file->is_shared = (fixed.use & FILE_SHARED) != 0;
	memcpy(file->sha256, fixed.sha256, sizeof(file->sha256));
	file->recorded_device = fixed.device;
	file->recorded_inode = fixed.inode;
	file->name = xasprintf("%.*s", (int)(effect->length - sizeof(fixed)),
			       label);
	replay_files_add(replayer, file);
	return replay_file_open(replayer, file);
}

/* ---- changes ---- */

static int write_file(struct replayer *replayer, struct replay_file *file,
		      const struct effect *effect)
{
	if (effect->length > room_left(replayer))
		return no_room(replayer, file);
	if (pwrite(file->fd, effect->bytes, effect->length,
		   (off_t)effect->offset) != (ssize_t)effect->length)
		return report(-errno, "event %llu: write to the copy of %s",
			      (unsigned long long)replayer->event, file->name);
	count_bytes(replayer, file);
	return 0;
}

int replay_file_effect(struct replayer *replayer,
		       const struct effect *effect)
{
	struct replay_file *file = replay_file_find(replayer, effect->id);
	int failed;

	if (!file)
		return report(-EBADMSG, "event %llu: no file %u in the trace",
			      (unsigned long long)replayer->event, effect->id);
	failed = replay_file_open(replayer, file);
	if (failed)
		return failed;
	if (file->local_path)
		return refuse_change(replayer, file);
	file->is_changeable = file->memory->is_changed = 1;
	if (effect->kind == EFFECT_FILE_WRITE)
		return write_file(replayer, file, effect);
	if (effect->kind == EFFECT_FILE_SIZE)
		checkpoints_shrink(replayer, file, effect->extent);
	if (effect->kind == EFFECT_FILE_SIZE)
		failed = ftruncate(file->fd, (off_t)effect->extent);
	else
		failed = fallocate(file->fd, FALLOC_FL_PUNCH_HOLE |
				   FALLOC_FL_KEEP_SIZE, (off_t)effect->offset,
				   (off_t)effect->extent);
	if (failed)
		return report(-errno, "event %llu: change the copy of %s",
			      (unsigned long long)replayer->event, file->name);
	count_bytes(replayer, file);
	return 0;
}
