/* SPDX-License-Identifier: MIT */
/*
 * Files whose content matters to the replay: because they are mapped or
 * executed.  A file is its device and inode, never a path.  Its content enters
 * the trace as a snapshot when it is first used, and follows the recorded
 * calls that change it from then on.
 */
#include "src/record_agent.h"
#include "src/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "src/process_file.h"
#include "src/process_maps.h"
#include "traces/report.h"

#define PIPE_LIMIT (1ul << 20) /* what a pipe can hold, unprivileged */

/* ---- descriptors of a task ---- */

/*
 * pidfd_getfd(2) duplicates the very description: no permission of ours is
 * asked, no open is seen by inotify or leases.  Without it, re-open.
 */
int task_descriptor(const struct record_task *task, int fd)
{
	char path[64];
	int pidfd = (int)syscall(SYS_pidfd_open, task->task.tgid, 0);
	int copy = -1;

	if (pidfd >= 0) {
		copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
		close(pidfd);
	}
	if (copy < 0) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", task->task.tid,
			 fd);
		copy = process_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
				    O_NOCTTY);
	}
	return copy < 0 ? -errno : copy;
}

int task_descriptor_stat(const struct record_task *task, int fd,
			 struct stat *status_out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", task->task.tid, fd);
	return process_stat(path, status_out) ? -errno : 0;
}

ssize_t task_descriptor_text(const struct record_task *task, int fd,
			     char *text, size_t room)
{
	char path[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", task->task.tid, fd);
	length = process_readlink(path, text, room - 1);
	text[length > 0 ? length : 0] = '\0';
	return length < 0 ? -errno : length;
}

/* ---- the list of files ---- */

struct record_file *record_file_find(struct recorder *recorder, dev_t device,
				     ino_t inode)
{
	struct record_file *file = recorder->file_buckets[inode % FILE_BUCKETS];

	while (file && (file->inode != inode || file->device != device ||
			file->is_outdated))
		file = file->next_in_bucket;
	return file;
}

void record_files_free(struct recorder *recorder)
{
	free(recorder->mapped.name);
	while (recorder->files) {
		struct record_file *file = recorder->files;

		recorder->files = file->next;
		free(file->sites);
		free(file->jumps);
		record_jumps_free(file);
		free(file->path);
		free(file);
	}
}

static struct record_file *new_file(struct recorder *recorder, dev_t device,
				    ino_t inode)
{
	struct record_file *file = xcalloc(1, sizeof(*file));

	file->id = ++recorder->last_file_id;
	file->device = device;
	file->inode = inode;
	file->next = recorder->files;
	recorder->files = file;
	file->next_in_bucket = recorder->file_buckets[inode % FILE_BUCKETS];
	recorder->file_buckets[inode % FILE_BUCKETS] = file;
	record_agent_follow(recorder, device, inode);
	return file;
}

static void announce(struct effect_list *effects, struct record_file *file,
		     const char *label, uint32_t use)
{
	size_t label_length = strlen(label);
	struct event_file fixed = {
		.device = file->device,
		.inode = file->inode,
		.use = use,
		.mode = file->status.st_mode,
	};
	struct effect *effect;

	file->use |= use;
	memcpy(fixed.sha256, file->sha256, sizeof(fixed.sha256));
	effect = effect_list_add_bytes(effects, EFFECT_FILE, NULL,
				       sizeof(fixed) + label_length);
	memcpy((void *)effect->bytes, &fixed, sizeof(fixed));
	memcpy((char *)effect->bytes + sizeof(fixed), label, label_length);
	effect->id = file->id;
	effect->extent = (uint64_t)file->status.st_size;
}

static int same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static int is_unchanged(const struct record_file *file,
			const struct stat *status)
{
	return file->status.st_size == status->st_size &&
	       same_time(&file->status.st_mtim, &status->st_mtim) &&
	       same_time(&file->status.st_ctim, &status->st_ctim);
}

/*
 * A memfd's label, and no file behind it that a path leads to.  A regular file
 * may be called "/memfd:x (deleted)"; it has a link, or no seals.
 */
static uint32_t naming_of(int fd, const struct stat *status, const char *label)
{
	uint32_t use = status->st_nlink == 0 ? FILE_UNNAMED : 0;

	if (use && !strncmp(label, "/memfd:", 7) &&
	    fcntl(fd, F_GET_SEALS) >= 0)
		use |= FILE_MEMFD;
	return use;
}

static int add_empty(struct recorder *recorder, uint8_t sha256[32])
{
	return store_add_bytes(trace_writer_store(recorder->writer), "", 0,
			       sha256);
}

/*
 * The descriptor may be the program's own description: its position, which
 * looking for data moves, is put back.
 */
static int take_snapshot(struct recorder *recorder, int fd,
			 const struct stat *status, uint8_t sha256[32])
{
	struct store *store = trace_writer_store(recorder->writer);
	off_t position = lseek(fd, 0, SEEK_CUR);
	int is_hole = status->st_size > 0 && lseek(fd, 0, SEEK_DATA) < 0 &&
		      errno == ENXIO;
	/* A file that is one hole is the empty file, made longer. */
	int err = is_hole ? add_empty(recorder, sha256) :
			    store_add_fd(store, fd, status, sha256);

	if (position >= 0)
		lseek(fd, position, SEEK_SET);
	return err;
}

int record_file_of(struct recorder *recorder, struct effect_list *effects,
		   int fd, const struct stat *status, const char *label,
		   uint32_t use, struct record_file **file_out)
{
	struct record_file *file =
		record_file_find(recorder, status->st_dev, status->st_ino);
	int is_new = !file;
	uint8_t sha256[32];
	int err = 0;

	use |= naming_of(fd, status, label);
	/*
	 * What a shared mapping changed, replay changes too, by the same
	 * stores; any other change means different content.
	 */
	if (file && !file->is_changeable && !is_unchanged(file, status)) {
		file->is_outdated = 1;
		is_new = 1;
	}
	if (is_new) {
		file = new_file(recorder, status->st_dev, status->st_ino);
		file->status = *status;
		file->lacks_data = record_is_sparse(status, use);
		if (file->lacks_data)
			err = add_empty(recorder, file->sha256);
		else
			err = take_snapshot(recorder, fd, status,
					    file->sha256);
		if (err)
			return err;
		if (!file->lacks_data)
			store_remember_place(trace_writer_store(
						     recorder->writer),
					     file->sha256, fd, status, label);
	}
	if (use & FILE_SHARED)
		file->is_changeable = 1;
	else if (is_new)
		record_find_sites(recorder, file, fd);
	/* Code is listed as it is when it runs, not as it was when mapped. */
	if (!is_new && (use & (FILE_EXECUTED | FILE_MAPPED_CODE)) &&
	    (file->is_changeable || file->is_changed)) {
		err = take_snapshot(recorder, fd, status, sha256);
		if (err)
			return err;
		if (memcmp(sha256, file->sha256, sizeof(sha256)))
			is_new = 1;
		memcpy(file->sha256, sha256, sizeof(sha256));
		file->is_changed = 0;
		file->status = *status;
	}
	if (is_new || (use & ~file->use))
		announce(effects, file, label, use);
	*file_out = file;
	return 0;
}

struct record_file *record_file_from_bytes(struct recorder *recorder,
					   struct effect_list *effects,
					   dev_t device, ino_t inode,
					   const void *bytes, size_t length,
					   const char *label, uint32_t use)
{
	struct record_file *file = new_file(recorder, device, inode);

	file->status.st_size = (off_t)length;
	file->is_changeable = 1;
	if (store_add_bytes(trace_writer_store(recorder->writer), bytes,
			    length, file->sha256))
		return NULL;
	announce(effects, file, label, use);
	return file;
}

/* ---- what calls do to known files ---- */

/* Position of the written range: where a call keeps it. */
enum write_place {
	WRITE_NONE,
	WRITE_AT_POSITION, /* ends at the descriptor's file position */
	WRITE_AT_OFFSET,   /* begins at the offset argument */
	WRITE_AT_POINTER,  /* ends at *offset argument, if there is one */
	WRITE_SIZE,	   /* truncates */
	WRITE_SPACE,	   /* allocates, punches, inserts, collapses */
	WRITE_CLONE,	   /* replaces content by another file's */
	WRITE_OPEN,	   /* its result is a descriptor, maybe O_TRUNC */
	WRITE_PATH,	   /* truncates by path */
};

struct write_call {
	int number;
	enum write_place place;
	int fd_argument;
	int offset_argument;
};

static const struct write_call write_calls[] = {
	{ SYS_write, WRITE_AT_POSITION, 0, -1 },
	{ SYS_writev, WRITE_AT_POSITION, 0, -1 },
	{ SYS_pwrite64, WRITE_AT_OFFSET, 0, 3 },
	{ SYS_pwritev, WRITE_AT_OFFSET, 0, 3 },
	{ SYS_pwritev2, WRITE_AT_OFFSET, 0, 3 },
	{ SYS_sendto, WRITE_AT_POSITION, 0, -1 },
	{ SYS_sendmsg, WRITE_AT_POSITION, 0, -1 },
	{ SYS_sendfile, WRITE_AT_POSITION, 0, -1 },
	{ SYS_vmsplice, WRITE_AT_POSITION, 0, -1 },
	{ SYS_splice, WRITE_AT_POINTER, 2, 3 },
	{ SYS_copy_file_range, WRITE_AT_POINTER, 2, 3 },
	{ SYS_ftruncate, WRITE_SIZE, 0, -1 },
	{ SYS_fallocate, WRITE_SPACE, 0, 2 },
	{ SYS_ioctl, WRITE_CLONE, 0, -1 },
	{ SYS_open, WRITE_OPEN, -1, 1 },
	{ SYS_openat, WRITE_OPEN, -1, 2 },
	{ SYS_creat, WRITE_OPEN, -1, -1 },
	{ SYS_truncate, WRITE_PATH, -1, -1 },
};

static const struct write_call *write_call_of(int number)
{
	for (size_t i = 0; i < sizeof(write_calls) / sizeof(*write_calls); i++)
		if (write_calls[i].number == number)
			return &write_calls[i];
	return NULL;
}

/* The file position of the task's descriptor; -ESPIPE where there is none. */
static int position_of(const struct record_task *task, int fd,
		       uint64_t *position_out)
{
	struct stat status;
	char path[64], *text;
	int found;

	if (task_descriptor_stat(task, fd, &status) ||
	    !(S_ISREG(status.st_mode) || S_ISBLK(status.st_mode)))
		return -ESPIPE;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", task->task.tid, fd);
	text = read_proc_file(path, NULL);
	found = text && sscanf(text, "pos: %" SCNu64, position_out) == 1;
	free(text);
	return found ? 0 : -ESPIPE;
}

/* A descriptor that can read the file that the task's fd writes. */
static int readable_descriptor(const struct record_task *task, int fd)
{
	char path[64];
	int copy;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", task->task.tid, fd);
	copy = process_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return copy >= 0 ? copy : task_descriptor(task, fd);
}

static void save_size(struct record_task *task, struct record_file *file,
		      uint64_t size)
{
	struct effect *effect = effect_list_add(&task->effects,
						EFFECT_FILE_SIZE);

	effect->id = file->id;
	effect->extent = size;
}

static void save_hole(struct record_task *task, struct record_file *file,
		      uint64_t offset, uint64_t length)
{
	struct effect *effect = effect_list_add(&task->effects,
						EFFECT_FILE_PUNCH);

	effect->id = file->id;
	effect->offset = offset;
	effect->extent = length;
}

unsigned long record_open_flags(const struct record_task *task, int fd)
{
	char path[64], *text, *line;
	unsigned long flags;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", task->task.tid, fd);
	text = read_proc_file(path, NULL);
	line = text ? strstr(text, "flags:") : NULL;
	flags = line ? strtoul(line + 6, NULL, 8) : 0;
	free(text);
	return flags;
}

static int written_offset(const struct record_task *task,
			  const struct write_call *call, int fd,
			  uint64_t *offset_out)
{
	uint64_t result = (uint64_t)task->call.result;
	uint64_t pointer;
	struct stat status;
	int err;

	/* pwrite(2): O_APPEND puts data at the end, whatever the offset. */
	if (call->place == WRITE_AT_OFFSET &&
	    (record_open_flags(task, fd) & O_APPEND) &&
	    !task_descriptor_stat(task, fd, &status)) {
		*offset_out = (uint64_t)status.st_size - result;
		return 0;
	}
	if (call->place == WRITE_AT_OFFSET &&
	    task->call.arguments[call->offset_argument] != (uint64_t)-1) {
		*offset_out = task->call.arguments[call->offset_argument];
		return 0;
	}
	if (call->place == WRITE_AT_POINTER) {
		pointer = task->call.arguments[call->offset_argument];
		if (pointer) {
			err = address_space_read(space_of(task), pointer,
						 offset_out,
						 sizeof(*offset_out));
			*offset_out -= result;
			return err;
		}
	}
	err = position_of(task, fd, offset_out);
	if (!err && *offset_out >= result)
		*offset_out -= result;
	return err;
}

/* The written descriptor is a known file: keep its copy up to date. */
static int save_written(struct recorder *recorder, struct record_task *task,
			struct record_file *file, const struct write_call *call,
			int fd, const struct stat *status)
{
	AUTO(fd_close) int copy = readable_descriptor(task, fd);
	uint64_t size = (uint64_t)status->st_size;
	uint64_t offset = 0, length = (uint64_t)task->call.result;
	int is_punched = 0, err = 0;

	if (copy < 0)
		return report(copy, "task %d: read the mapped file behind "
			      "descriptor %d", task->task.tid, fd);
	switch (call->place) {
	case WRITE_SPACE:
		offset = task->call.arguments[2];
		length = task->call.arguments[3];
		if (task->call.arguments[1] & (FALLOC_FL_COLLAPSE_RANGE |
					       FALLOC_FL_INSERT_RANGE))
			length = size > offset ? size - offset : 0;
		else if (!(task->call.arguments[1] & FALLOC_FL_PUNCH_HOLE) &&
			 !(task->call.arguments[1] & FALLOC_FL_ZERO_RANGE))
			length = 0; /* room alone changes no content */
		is_punched = 1;
		break;
	case WRITE_CLONE:
		length = size;
		is_punched = 1;
		break;
	case WRITE_SIZE:
	case WRITE_OPEN:
		length = 0;
		break;
	default:
		err = written_offset(task, call, fd, &offset);
		break;
	}
	if (!err)
		save_size(task, file, size);
	if (!err && length && is_punched)
		save_hole(task, file, offset, length);
	if (!err && length)
		err = record_file_data(recorder, task, file, copy, offset,
				       length);
	file->status = *status;
	file->is_changed = 1;
	return err;
}

/* ---- what goes to the session's stdout and stderr ---- */

static int is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_rdev == b->st_rdev && b->st_mode;
}

/* 1 or 2 when the descriptor leads where the session's own does, else 0. */
static int standard_stream(const struct recorder *recorder,
			   const struct record_task *task, int fd,
			   const struct stat *status)
{
	int is_out = is_same_file(status, &recorder->standard[1]);
	int is_err = is_same_file(status, &recorder->standard[2]);

	for (int standard = 1; standard <= 2; standard++) {
		long order;

		if (!(standard == 1 ? is_out : is_err))
			continue;
		order = syscall(SYS_kcmp, task->task.tid,
				recorder->recorder_pid, KCMP_FILE, fd,
				standard);
		if (order == 0 && !(is_out && is_err))
			return standard;
	}
	if (is_out && is_err)
		return fd == 2 ? 2 : 1;
	return is_out ? 1 : is_err ? 2 : 0;
}

/* Does memory hold what the call wrote, or did it come from a file? */
static int source_argument(int number)
{
	return number == SYS_sendfile ? 1 : number == SYS_splice ||
	       number == SYS_copy_file_range ? 0 : -1;
}

/*
 * Before a splice from a pipe to stdout: tee(2) copies what the pipe holds
 * without taking it.
 */
void record_splice_entry(struct recorder *recorder, struct record_task *task)
{
	const uint64_t *arguments = task->call.arguments;
	AUTO(fd_close) int source = -1;
	size_t length = arguments[4] < PIPE_LIMIT ? arguments[4] : PIPE_LIMIT;
	struct stat status;
	int ends[2];
	ssize_t got;

	free(task->spliced);
	task->spliced = NULL;
	task->spliced_length = 0;
	if (task_descriptor_stat(task, (int)arguments[2], &status) ||
	    !standard_stream(recorder, task, (int)arguments[2], &status))
		return;
	source = task_descriptor(task, (int)arguments[0]);
	if (source < 0 || fstat(source, &status) || !S_ISFIFO(status.st_mode) ||
	    pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return;
	fcntl(ends[1], F_SETPIPE_SZ, (int)PIPE_LIMIT);
	got = tee(source, ends[1], length, SPLICE_F_NONBLOCK);
	if (got > 0) {
		task->spliced = xmalloc((size_t)got);
		got = read(ends[0], task->spliced, (size_t)got);
		task->spliced_length = got > 0 ? (size_t)got : 0;
	}
	close(ends[0]);
	close(ends[1]);
}

static int save_spliced_bytes(struct recorder *recorder,
			      struct record_task *task, uint32_t standard)
{
	size_t length = (size_t)task->call.result;
	struct effect *effect;

	if (task->spliced_length < length)
		return recorder_note(recorder, task, TEXT_WARNING,
				     "output that splice waited for is not in "
				     "the trace");
	effect = effect_list_add_bytes(&task->effects, EFFECT_OUTPUT,
				       task->spliced, length);
	effect->id = standard;
	effect->extent = length;
	return 0;
}

/* The bytes that a file sent to stdout: read where they came from. */
static int save_sent_bytes(struct recorder *recorder,
			   struct record_task *task, uint32_t standard)
{
	int argument = source_argument(task->call.number);
	int offset_argument = task->call.number == SYS_sendfile ? 2 : 1;
	int fd = (int)task->call.arguments[argument];
	uint64_t length = (uint64_t)task->call.result, offset = 0;
	uint64_t pointer = task->call.arguments[offset_argument];
	AUTO(fd_close) int copy = readable_descriptor(task, fd);
	struct effect *effect;
	ssize_t got;

	if (pointer)
		address_space_read(space_of(task), pointer, &offset, 8);
	else if (position_of(task, fd, &offset))
		return save_spliced_bytes(recorder, task, standard);
	if (copy < 0 || offset < length)
		return recorder_note(recorder, task, TEXT_WARNING,
				     "output sent from a file that can't be "
				     "read is not in the trace");
	effect = effect_list_add_bytes(&task->effects, EFFECT_OUTPUT, NULL,
				       length);
	got = pread(copy, (void *)effect->bytes, length,
		    (off_t)(offset - length));
	effect->length = got > 0 ? (size_t)got : 0;
	effect->id = standard;
	effect->extent = length;
	return 0;
}

static int save_output_stream(struct recorder *recorder,
			      struct record_task *task, int standard)
{
	struct effect *effect;

	if (source_argument(task->call.number) >= 0)
		return save_sent_bytes(recorder, task, (uint32_t)standard);
	effect = effect_list_add(&task->effects, EFFECT_OUTPUT);
	effect->id = (uint32_t)standard;
	effect->extent = (uint64_t)task->call.result;
	return 0;
}

/* ---- hooks ---- */

static int is_content_ioctl(uint64_t request)
{
	return request == FICLONE || request == FICLONERANGE ||
	       request == FIDEDUPERANGE;
}

static int path_truncated(struct recorder *recorder, struct record_task *task)
{
	AUTO(fd_close) int fd = record_open_argument(recorder, task, AT_FDCWD,
						     task->call.arguments[0]);
	struct record_file *file;
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		return 0;
	file = record_file_find(recorder, status.st_dev, status.st_ino);
	if (file) {
		save_size(task, file, (uint64_t)status.st_size);
		file->status = status;
	}
	return 0;
}

/*
 * The task whose memory the descriptor leads to, or NULL: ".../PID/mem" in our
 * own /proc, or in one that shows the writer's pid namespace.
 */
static struct record_task *memory_behind(struct recorder *recorder,
					 const struct record_task *task, int fd,
					 const struct stat *status)
{
	char text[4096], *at;
	struct stat own;

	if (task_descriptor_text(task, fd, text, sizeof(text)) < 0)
		return NULL;
	at = strrchr(text, '/');
	if (!at || strcmp(at, "/mem"))
		return NULL;
	*at = '\0';
	at = strrchr(text, '/');
	if (!at || atoi(at + 1) <= 0)
		return NULL;
	return !stat("/proc/self", &own) && own.st_dev == status->st_dev ?
		recorder_find(recorder, atoi(at + 1)) :
		recorder_find_seen(recorder, task, atoi(at + 1));
}

/* A write to /proc/PID/mem changes a traced task's memory. */
static int memory_written(struct recorder *recorder, struct record_task *task,
			  const struct write_call *call, int fd,
			  const struct stat *status)
{
	uint64_t offset, length = (uint64_t)task->call.result;
	struct effect_list effects = { 0 };
	struct event event = { .kind = EVENT_NOTE };
	struct record_task *target = memory_behind(recorder, task, fd, status);
	struct effect *effect;
	int err = 0;

	if (!target || written_offset(task, call, fd, &offset))
		return 0;
	effect = effect_list_add_bytes(&effects, EFFECT_WRITE, NULL, length);
	effect->address = offset;
	if (!address_space_read(space_of(target), offset,
				(void *)effect->bytes, length))
		err = recorder_append(recorder, target, &event, &effects);
	effect_list_deinit(&effects);
	return err;
}

static int changes_nothing(const struct record_task *task,
			   const struct write_call *call)
{
	const uint64_t *arguments = task->call.arguments;

	switch (call->place) {
	case WRITE_OPEN:
		return task->call.result < 0 ||
		       (call->offset_argument >= 0 &&
			!(arguments[call->offset_argument] & O_TRUNC));
	case WRITE_CLONE:
		return task->call.result < 0 || !is_content_ioctl(arguments[1]);
	case WRITE_SIZE:
	case WRITE_SPACE:
	case WRITE_PATH:
		return task->call.result != 0;
	default:
		return task->call.result <= 0;
	}
}

int record_file_changes(struct recorder *recorder, struct record_task *task)
{
	const struct write_call *call = write_call_of(task->call.number);
	struct record_file *file;
	struct stat status;
	int fd, standard;

	if (!call || changes_nothing(task, call))
		return 0;
	if (call->place == WRITE_PATH)
		return path_truncated(recorder, task);
	fd = call->fd_argument < 0 ? (int)task->call.result :
		(int)task->call.arguments[call->fd_argument];
	if (task_descriptor_stat(task, fd, &status))
		return 0;
	standard = call->place < WRITE_SIZE ?
		standard_stream(recorder, task, fd, &status) : 0;
	if (standard)
		return save_output_stream(recorder, task, standard);
	if (!S_ISREG(status.st_mode))
		return 0;
	if (call->place <= WRITE_AT_OFFSET && !status.st_size)
		return memory_written(recorder, task, call, fd,
				      &status);
	file = record_file_find(recorder, status.st_dev, status.st_ino);
	return file ? save_written(recorder, task, file, call, fd, &status) : 0;
}
