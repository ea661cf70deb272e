/* SPDX-License-Identifier: MIT */
/*
 * The cores that the program believes to have.  All tasks share one; what
 * sched_getaffinity, getcpu, rdtscp and /proc/PID/status tell is what they
 * would without that, or, with --num-cores, what the user chose.
 *
 * With --num-cores, files that tell the number of cores are replaced by memfds
 * as they are opened, and written anew when they are read from their start.
 */
#include "src/record_cores.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/process_maps.h"
#include "src/session_page.h"
#include "traces/report.h"

#define CPU_DIRECTORY "/sys/devices/system/cpu"
#define NOTE_ADDRESS (FILTER_START + 0x100) /* a second string */

enum faked_file {
	FAKED_CPUINFO,
	FAKED_STAT,
	FAKED_ONLINE,
	FAKED_POSSIBLE,
	FAKED_PRESENT,
	FAKED_COUNT,
};

static const char *const faked_paths[FAKED_COUNT] = {
	[FAKED_CPUINFO] = "/proc/cpuinfo",
	[FAKED_STAT] = "/proc/stat",
	[FAKED_ONLINE] = CPU_DIRECTORY "/online",
	[FAKED_POSSIBLE] = CPU_DIRECTORY "/possible",
	[FAKED_PRESENT] = CPU_DIRECTORY "/present",
};

/* ---- the core that a task is on ---- */

void record_cores_init(struct recorder *recorder)
{
	unsigned count = recorder->options->num_cores;

	sched_getaffinity(0, sizeof(recorder->original_affinity),
			  &recorder->original_affinity);
	recorder->believed_affinity = recorder->original_affinity;
	if (!count)
		return;
	CPU_ZERO(&recorder->believed_affinity);
	for (unsigned i = 0; i < count; i++)
		CPU_SET(i, &recorder->believed_affinity);
}

/* One that the program knows, if we may use any such. */
int record_cores_choose(const struct recorder *recorder)
{
	int here = sched_getcpu();

	if (here >= 0 && CPU_ISSET(here, &recorder->believed_affinity))
		return here;
	for (int core = 0; core < CPU_SETSIZE; core++)
		if (CPU_ISSET(core, &recorder->believed_affinity) &&
		    CPU_ISSET(core, &recorder->original_affinity))
			return core;
	return here;
}

/* A task that chose its cores is on one of these. */
int record_core_of(const struct recorder *recorder,
		   const struct record_task *task)
{
	int core = recorder->info.core;

	if (core < 0 || CPU_ISSET(core, &task->affinity))
		return core;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &task->affinity))
			return i;
	return core;
}

void record_getcpu_exit(const struct recorder *recorder,
			struct record_task *task)
{
	uint32_t core = (uint32_t)record_core_of(recorder, task);

	if (task->call.result == 0 && task->call.arguments[0] &&
	    recorder->info.core >= 0)
		address_space_write(space_of(task), task->call.arguments[0],
				    &core, sizeof(core));
}

/* IA32_TSC_AUX has the core in its lower 12 bits (arch/x86 vdso/getcpu). */
void record_core_in_register(const struct recorder *recorder,
			     const struct record_task *task, uint64_t *value)
{
	int core = record_core_of(recorder, task);

	if (core >= 0 && core != recorder->info.core)
		*value = (*value & ~0xfffull) | (uint64_t)core;
}

/* ---- affinity ---- */

static struct record_task *affinity_target(struct recorder *recorder,
					   struct record_task *task)
{
	pid_t pid = (pid_t)task->call.arguments[0];

	return pid ? recorder_find_seen(recorder, task, pid) : task;
}

static void pin(const struct recorder *recorder, pid_t tid)
{
	if (recorder->is_pinned)
		sched_setaffinity(tid, sizeof(recorder->pinned),
				  &recorder->pinned);
}

/* The mask that the program gave, without cores that it has not. */
static int given_mask(const struct recorder *recorder,
		      struct record_task *task, cpu_set_t *mask)
{
	size_t length = task->call.arguments[1];

	if (length > sizeof(*mask))
		length = sizeof(*mask);
	CPU_ZERO(mask);
	if (address_space_read(space_of(task), task->call.arguments[2], mask,
			       length))
		return -EFAULT;
	CPU_AND(mask, mask, &recorder->believed_affinity);
	return 0;
}

/*
 * True when the mask at FILTER_START shall be the kernel's: with --num-cores,
 * the program may choose cores that the machine has not.
 */
int record_affinity_entry(struct recorder *recorder, struct record_task *task)
{
	cpu_set_t mask;

	if (!recorder->options->num_cores || !recorder->is_pinned ||
	    !affinity_target(recorder, task) ||
	    !space_data_of(task)->has_scratch ||
	    given_mask(recorder, task, &mask))
		return 0;
	if (CPU_COUNT(&mask))
		mask = recorder->pinned;
	return !address_space_write(space_of(task), FILTER_START, &mask,
				    sizeof(mask));
}

/* What the kernel made of the mask is what the program believes. */
void record_affinity_set(struct recorder *recorder, struct record_task *task)
{
	struct record_task *target = affinity_target(recorder, task);
	cpu_set_t mask;

	if (!target)
		return;
	if (recorder->options->num_cores) {
		if (!given_mask(recorder, task, &mask))
			target->affinity = mask;
	} else if (!sched_getaffinity(target->task.tid, sizeof(mask), &mask)) {
		target->affinity = mask;
	}
	pin(recorder, target->task.tid);
}

/* The kernel's mask has as many words as the machine's cores need. */
void record_affinity_get(struct recorder *recorder, struct record_task *task)
{
	struct record_task *target = affinity_target(recorder, task);
	size_t needed = (recorder->options->num_cores + 63) / 64 * 8;

	if (!target)
		return;
	if ((size_t)task->call.result < needed)
		task->call.result = task->call.arguments[1] < needed ?
			-EINVAL : (int64_t)needed;
	if (task->call.result > 0 &&
	    (size_t)task->call.result <= sizeof(target->affinity))
		address_space_write(space_of(task), task->call.arguments[2],
				    &target->affinity,
				    (size_t)task->call.result);
}

/* ---- /proc/PID/status ---- */

struct record_task *record_status_of(struct recorder *recorder,
				     struct record_task *task, int fd)
{
	char text[128];
	int pid, tid, end = 0;
	ssize_t length = task_descriptor_text(task, fd, text, sizeof(text));

	if (length < 0)
		return NULL;
	if (sscanf(text, "/proc/%d/status%n", &pid, &end) == 1 && end &&
	    !text[end])
		return recorder_find_seen(recorder, task, pid);
	end = 0;
	if (sscanf(text, "/proc/%d/task/%d/status%n", &pid, &tid, &end) == 2 &&
	    end && !text[end])
		return recorder_find_seen(recorder, task, tid);
	return NULL;
}

/*
 * The file tells a task's cores as the kernel has them: while it is read, they
 * are what the task believes.
 */
static void unpin_for_status(struct recorder *recorder,
			     struct record_task *task)
{
	struct record_task *target =
		record_status_of(recorder, task,
				 (int)task->call.arguments[0]);

	if (target && !sched_setaffinity(target->task.tid,
					 sizeof(target->affinity),
					 &target->affinity))
		task->unpinned = target->task.tid;
}

void record_pin_again(const struct recorder *recorder,
		      struct record_task *task)
{
	if (task->unpinned)
		pin(recorder, task->unpinned);
	task->unpinned = 0;
}

/* ---- files that tell the number of cores ---- */

static void print_list(const struct recorder *recorder, FILE *to)
{
	unsigned count = recorder->options->num_cores;

	if (count == 1)
		fputs("0\n", to);
	else
		fprintf(to, "0-%u\n", count - 1);
}

static int is_core_line(const char *line, unsigned *core)
{
	int end = 0;

	return !strncmp(line, "cpu", 3) && isdigit((unsigned char)line[3]) &&
	       sscanf(line, "cpu%u %n", core, &end) == 1 && end;
}

/* Each core's line, again and again until there are enough. */
static void print_stat(const struct recorder *recorder, char *text, FILE *to)
{
	unsigned count = recorder->options->num_cores, core, found = 0;
	char *lines[CPU_SETSIZE], *rest = text, *line;
	int has_printed = 0;

	while ((line = strsep(&rest, "\n")) && *line) {
		if (is_core_line(line, &core)) {
			if (found < CPU_SETSIZE)
				lines[found++] = line + strcspn(line, " ");
			continue;
		}
		for (unsigned i = 0; found && i < count && !has_printed; i++)
			fprintf(to, "cpu%u%s\n", i, lines[i % found]);
		has_printed |= found > 0;
		fprintf(to, "%s\n", line);
	}
}

static void print_processor(const struct recorder *recorder, const char *text,
			    size_t length, unsigned core, int is_copy, FILE *to)
{
	unsigned count = recorder->options->num_cores;

	while (length) {
		size_t line = strcspn(text, "\n") + 1;
		unsigned value;

		if (line > length)
			line = length;
		if (!strncmp(text, "processor\t", 10))
			fprintf(to, "processor\t: %u\n", core);
		else if (!strncmp(text, "siblings\t", 9))
			fprintf(to, "siblings\t: %u\n", count);
		else if (sscanf(text, "cpu cores\t: %u", &value) == 1)
			fprintf(to, "cpu cores\t: %u\n",
				value > count || is_copy ? count : value);
		else if (is_copy && !strncmp(text, "core id\t", 8))
			fprintf(to, "core id\t\t: %u\n", core);
		else
			fwrite(text, line, 1, to);
		text += line;
		length -= line;
	}
}

static void print_cpuinfo(const struct recorder *recorder, const char *text,
			  FILE *to)
{
	unsigned count = recorder->options->num_cores, found = 0;
	const char *blocks[CPU_SETSIZE + 1] = { text };

	while (found < CPU_SETSIZE && *blocks[found]) {
		const char *end = strstr(blocks[found], "\n\n");

		blocks[found + 1] = end ? end + 2 : blocks[found] +
					  strlen(blocks[found]);
		found++;
	}
	for (unsigned i = 0; found && i < count; i++) {
		const char *block = blocks[i % found];

		print_processor(recorder, block,
				(size_t)(blocks[i % found + 1] - block), i,
				i >= found, to);
	}
}

/* As the task would read it; NULL when there is nothing. */
static char *faked_text(const struct recorder *recorder,
			const struct record_task *task, enum faked_file file,
			size_t *length)
{
	AUTO(heap_free) char *text = NULL;
	char path[128], *faked = NULL;
	FILE *to;

	snprintf(path, sizeof(path), "/proc/%d/root%s", task->task.tid,
		 faked_paths[file]);
	text = read_proc_file(path, NULL);
	if (!text)
		return NULL;
	to = open_memstream(&faked, length);
	if (file == FAKED_STAT)
		print_stat(recorder, text, to);
	else if (file == FAKED_CPUINFO)
		print_cpuinfo(recorder, text, to);
	else
		print_list(recorder, to);
	fclose(to);
	return faked;
}

static int write_faked(const struct recorder *recorder,
		       const struct record_task *task, int fd,
		       enum faked_file file)
{
	AUTO(heap_free) char *text = NULL;
	AUTO(fd_close) int here = -1;
	size_t length = 0;
	char path[64];

	text = faked_text(recorder, task, file, &length);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", task->task.tid, fd);
	here = open(path, O_RDWR | O_CLOEXEC);
	if (!text || here < 0)
		return -ENOENT;
	return pwrite(here, text, length, 0) != (ssize_t)length ||
	       ftruncate(here, (off_t)length);
}

static int faked_file_of(const struct record_task *task, int fd,
			 const char *prefix, const char *suffix)
{
	char text[128];
	size_t before = strlen(prefix);

	if (task_descriptor_text(task, fd, text, sizeof(text)) < 0 ||
	    strncmp(text, prefix, before))
		return FAKED_COUNT;
	for (int i = 0; i < FAKED_COUNT; i++) {
		size_t length = strlen(faked_paths[i]);

		if (!strncmp(text + before, faked_paths[i], length) &&
		    !strcmp(text + before + length, suffix))
			return i;
	}
	return FAKED_COUNT;
}

static int64_t call(struct record_task *task, int number, uint64_t a,
		    uint64_t b, uint64_t c)
{
	uint64_t arguments[6] = { a, b, c };

	return record_inject(task, space_data_of(task)->syscall_address,
			     number, arguments);
}

static uint64_t is_close_on_exec(const struct record_task *task, int fd)
{
	char path[64], *text, *line;
	uint64_t flags = 0;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", task->task.tid, fd);
	text = read_proc_file(path, NULL);
	line = text ? strstr(text, "flags:") : NULL;
	if (line)
		flags = strtoull(line + strlen("flags:"), NULL, 8);
	free(text);
	return flags & O_CLOEXEC;
}

/* Puts a memfd with other text in the place of the descriptor. */
static int replace_descriptor(struct recorder *recorder,
			      struct record_task *task, int fd,
			      enum faked_file file)
{
	char self[64];
	int64_t memfd, readable;

	if (!space_data_of(task)->has_scratch ||
	    address_space_write(space_of(task), FILTER_START,
				faked_paths[file],
				strlen(faked_paths[file]) + 1))
		return -ENOMEM;
	memfd = call(task, SYS_memfd_create, FILTER_START, MFD_CLOEXEC, 0);
	if (memfd < 0)
		return (int)memfd;
	snprintf(self, sizeof(self), "/proc/thread-self/fd/%d", (int)memfd);
	if (write_faked(recorder, task, (int)memfd, file) ||
	    address_space_write(space_of(task), NOTE_ADDRESS, self,
				strlen(self) + 1)) {
		call(task, SYS_close, (uint64_t)memfd, 0, 0);
		return -EIO;
	}
	readable = call(task, SYS_openat, (uint64_t)AT_FDCWD, NOTE_ADDRESS,
			O_RDONLY | O_CLOEXEC);
	call(task, SYS_dup3, (uint64_t)(readable < 0 ? memfd : readable),
	     (uint64_t)fd, is_close_on_exec(task, fd));
	if (readable >= 0)
		call(task, SYS_close, (uint64_t)readable, 0, 0);
	call(task, SYS_close, (uint64_t)memfd, 0, 0);
	return 0;
}

int record_cores_opened(struct recorder *recorder, struct record_task *task)
{
	int fd = (int)task->call.result, file, err;
	char *text;

	if (fd < 0)
		return 0;
	if (!recorder->is_status_read && record_status_of(recorder, task, fd))
		recorder->is_status_read = 1;
	if (!recorder->options->num_cores || recorder->info.core < 0)
		return 0;
	file = faked_file_of(task, fd, "", "");
	if (file == FAKED_COUNT)
		return 0;
	err = replace_descriptor(recorder, task, fd, (enum faked_file)file);
	if (!err)
		return 0;
	text = xasprintf("%s tells the machine's number of cores: %s",
			 faked_paths[file], strerror(-err));
	err = recorder_warn(recorder, task, text);
	free(text);
	return err;
}

static int is_at_start(const struct record_task *task)
{
	char path[64], *text, *line;
	int result = 0;

	if (task->call.number == SYS_pread64)
		return task->call.arguments[3] == 0;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", task->task.tid,
		 (int)task->call.arguments[0]);
	text = read_proc_file(path, NULL);
	line = text ? strstr(text, "pos:") : NULL;
	if (line)
		result = strtoull(line + strlen("pos:"), NULL, 10) == 0;
	free(text);
	return result;
}

void record_cores_read(struct recorder *recorder, struct record_task *task)
{
	int fd = (int)task->call.arguments[0], file;

	if (recorder->is_status_read && recorder->is_pinned)
		unpin_for_status(recorder, task);
	if (!recorder->options->num_cores)
		return;
	file = faked_file_of(task, fd, "/memfd:", " (deleted)");
	if (file != FAKED_COUNT && is_at_start(task))
		write_faked(recorder, task, fd, (enum faked_file)file);
}

/* ---- the cores' directories ---- */

/* True for "cpuN" where the program has no core N. */
static int is_hidden(const struct recorder *recorder, const char *name,
		     char after)
{
	unsigned core;
	int end = 0;

	return sscanf(name, "cpu%u%n", &core, &end) == 1 && end &&
	       (name[end] == '\0' || name[end] == after) &&
	       core >= recorder->options->num_cores;
}

/* Which arguments of a call are a directory and a path within it. */
static int path_argument(const struct record_task *task, int *directory)
{
	*directory = AT_FDCWD;
	switch (task->call.number) {
	case SYS_open:
	case SYS_stat:
	case SYS_lstat:
	case SYS_access:
	case SYS_readlink:
	case SYS_chdir:
		return 0;
	case SYS_openat:
	case SYS_openat2:
	case SYS_newfstatat:
	case SYS_statx:
	case SYS_faccessat:
	case SYS_faccessat2:
	case SYS_readlinkat:
		*directory = (int)task->call.arguments[0];
		return 1;
	}
	return -1;
}

/* True when the path leads to what a core of the program's would have. */
int record_cores_hides(struct recorder *recorder, struct record_task *task)
{
	AUTO(fd_close) int fd = -1;
	char link[64], text[PATH_MAX];
	int directory, argument;
	ssize_t length;

	if (!recorder->options->num_cores)
		return 0;
	argument = path_argument(task, &directory);
	if (argument < 0)
		return 0;
	fd = record_open_argument(recorder, task, directory,
				  task->call.arguments[argument]);
	if (fd < 0)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = '\0';
	return !strncmp(text, CPU_DIRECTORY "/", strlen(CPU_DIRECTORY "/")) &&
	       is_hidden(recorder, text + strlen(CPU_DIRECTORY "/"), '/');
}

void record_cores_listed(struct recorder *recorder, struct record_task *task)
{
	size_t name = task->call.number == SYS_getdents ? 18 : 19;
	size_t length = (size_t)task->call.result, kept = 0;
	AUTO(heap_free) char *bytes = NULL;
	remote_addr addr = record_scratch_address(task,
						  task->call.arguments[1]);
	char text[128];

	if (!recorder->options->num_cores || task->call.result <= 0 ||
	    length > 1u << 20 ||
	    task_descriptor_text(task, (int)task->call.arguments[0], text,
				 sizeof(text)) < 0 ||
	    strcmp(text, CPU_DIRECTORY))
		return;
	bytes = xmalloc(length + 1);
	if (address_space_read(space_of(task), addr, bytes, length))
		return;
	bytes[length] = '\0';
	for (size_t at = 0; at + name < length;) {
		uint16_t size;

		memcpy(&size, bytes + at + 16, sizeof(size));
		if (size <= name || size > length - at)
			break;
		if (!is_hidden(recorder, bytes + at + name, '\0')) {
			memmove(bytes + kept, bytes + at, size);
			kept += size;
		}
		at += size;
	}
	if (!kept || kept == length ||
	    address_space_write(space_of(task), addr, bytes, kept))
		return;
	task->call.result = (int64_t)kept;
	/* What the kernel wrote behind is in the program's memory, too. */
	if (addr == task->call.arguments[1])
		effect_list_add_bytes(&task->effects, EFFECT_WRITE,
				      bytes + kept, length - kept)
			->address = addr + kept;
}
