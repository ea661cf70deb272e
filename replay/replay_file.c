/* SPDX-License-Identifier: MIT */
/*
 * Files of the trace, each in a memfd.  What they hold comes from a trace that
 * may be hostile, so the memory that they take is limited.
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

#include "src/process_maps.h"
#include "traces/report.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x8u
#endif

#define NAME_LIMIT 249 /* of a memfd, memfd_create(2) */

struct replay_file *replay_file_find(struct replayer *replayer, uint32_t id)
{
	struct replay_file *file = replayer->files;

	while (file && file->id != id)
		file = file->next;
	return file;
}

void replay_files_free(struct replayer *replayer)
{
	while (replayer->files) {
		struct replay_file *file = replayer->files;

		replayer->files = file->next;
		fd_close(&file->fd);
		free(file->name);
		free(file);
	}
}

/*
 * Nothing of it is executed as a program, only mapped.  Its descriptor is one
 * that the sandbox lets tasks map.
 */
static int make_memfd(struct replayer *replayer, const char *name)
{
	AUTO(fd_close) int low = memfd_create(name, MFD_CLOEXEC |
					      MFD_NOEXEC_SEAL);
	int fd = -1;

	if (low < 0 && errno == EINVAL)
		low = memfd_create(name, MFD_CLOEXEC);
	if (low >= 0)
		fd = fcntl(low, F_DUPFD_CLOEXEC, replayer->first_file);
	return fd < 0 ? report(-errno, "make a memfd for a recorded file") : fd;
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
void replay_files_init(struct replayer *replayer)
{
	AUTO(heap_free) char *text = read_proc_file("/proc/meminfo", NULL);
	struct rlimit limit;
	struct sysinfo info;

	replayer->file_bytes_limit = UINT64_MAX;
	if (text)
		replayer->file_bytes_limit =
			memory_line(text, "MemAvailable:") / 8 * 7 +
			memory_line(text, "SwapFree:");
	else if (!sysinfo(&info)) /* a chroot without /proc */
		replayer->file_bytes_limit =
			(info.totalram / 2 + info.freeswap) * info.mem_unit;
	if (!getrlimit(RLIMIT_AS, &limit) &&
	    limit.rlim_cur < replayer->file_bytes_limit)
		replayer->file_bytes_limit = limit.rlim_cur;
}

static uint64_t bytes_of(const struct replay_file *file)
{
	struct stat status;

	return fstat(file->fd, &status) ? 0 : (uint64_t)status.st_blocks * 512;
}

static uint64_t room_left(const struct replayer *replayer)
{
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

static char *memfd_name(const char *label, size_t length)
{
	char *name = xcalloc(1, NAME_LIMIT + 1);

	if (length > NAME_LIMIT) {
		label += length - NAME_LIMIT;
		length = NAME_LIMIT;
	}
	memcpy(name, label, length);
	return name;
}

int replay_file_add(struct replayer *replayer, const struct effect *effect)
{
	struct replay_file *file;
	struct event_file fixed;
	const char *label = (const char *)effect->bytes + sizeof(fixed);
	int fd, err;

	if (replay_file_find(replayer, effect->id))
		return 0; /* listed again for another use */
	if (effect->length < sizeof(fixed))
		return report(-EBADMSG, "event %llu: file %u is cut short",
			      (unsigned long long)replayer->event, effect->id);
	memcpy(&fixed, effect->bytes, sizeof(fixed));
	file = xcalloc(1, sizeof(*file));
	file->id = effect->id;
	file->name = memfd_name(label, effect->length - sizeof(fixed));
	file->fd = fd = make_memfd(replayer, file->name);
	file->next = replayer->files;
	replayer->files = file;
	if (fd < 0)
		return fd;
	err = trace_reader_extract_at_most(replayer->reader, fixed.sha256, fd,
					   room_left(replayer));
	if (err == TRACE_TOO_LARGE)
		return no_room(replayer, file);
	replayer->file_bytes += bytes_of(file);
	if (!err && ftruncate(fd, (off_t)effect->extent))
		err = report(-errno, "size the copy of %s", file->name);
	return err;
}

static int write_file(struct replayer *replayer, struct replay_file *file,
		      const struct effect *effect)
{
	uint64_t before = bytes_of(file);

	if (effect->length > room_left(replayer))
		return no_room(replayer, file);
	if (pwrite(file->fd, effect->bytes, effect->length,
		   (off_t)effect->offset) != (ssize_t)effect->length)
		return report(-errno, "event %llu: write to the copy of %s",
			      (unsigned long long)replayer->event, file->name);
	replayer->file_bytes += bytes_of(file) - before;
	return 0;
}

int replay_file_effect(struct replayer *replayer,
		       const struct effect *effect)
{
	struct replay_file *file = replay_file_find(replayer, effect->id);
	uint64_t before;
	int failed;

	if (!file)
		return report(-EBADMSG, "event %llu: no file %u in the trace",
			      (unsigned long long)replayer->event, effect->id);
	if (effect->kind == EFFECT_FILE_WRITE)
		return write_file(replayer, file, effect);
	before = bytes_of(file);
	if (effect->kind == EFFECT_FILE_SIZE)
		failed = ftruncate(file->fd, (off_t)effect->extent);
	else
		failed = fallocate(file->fd, FALLOC_FL_PUNCH_HOLE |
				   FALLOC_FL_KEEP_SIZE, (off_t)effect->offset,
				   (off_t)effect->extent);
	if (failed)
		return report(-errno, "event %llu: change the copy of %s",
			      (unsigned long long)replayer->event, file->name);
	replayer->file_bytes += bytes_of(file) - before;
	return 0;
}
