/* SPDX-License-Identifier: MIT */
/*
 * vFile: the debugger reads files of the trace, by the names that they had when
 * they were recorded.  No file of this machine is ever opened.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "replay/gdb_server.h"
#include "replay/inspect.h"
#include "traces/report.h"

#define PATH_ROOM 4096u
#define FILE_BYTES_MAX ((uint64_t)4 << 30)
#define HOST_ENOENT 2 /* as the protocol numbers errors */
#define HOST_EBADF 9
#define HOST_EACCES 13
#define HOST_EINVAL 22
#define HOST_EMFILE 24

/* As the protocol has struct stat: big-endian. */
struct file_status {
	uint8_t device[4], inode[4], mode[4], links[4], user[4], group[4];
	uint8_t special[4], size[8], block[8], blocks[8];
	uint8_t accessed[4], modified[4], changed[4];
};

_Static_assert(sizeof(struct file_status) == 64, "it is in the protocol");

static void fail(struct gdb_server *server, int number)
{
	gdb_reply_clear(&server->reply);
	gdb_reply_text(&server->reply, "F-1,%x", (unsigned)number);
}

void gdb_files_close(struct gdb_server *server)
{
	for (size_t i = 0; i < GDB_FILES_MAX; i++)
		fd_close(&server->files[i]);
}

/* ---- which file ---- */

static int is_name(const struct replay_file *file, const char *path)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(path);

	return !strncmp(file->name, path, length) &&
	       (!file->name[length] || !strcmp(file->name + length, deleted));
}

static int is_mapped(struct gdb_server *server,
		     const struct replay_file *file)
{
	struct replay_task *task = gdb_task(server);
	struct process_maps maps;
	int found = 0;

	if (!task || file->fd < 0 ||
	    process_maps_read(task->task.tid, &maps))
		return 0;
	for (size_t i = 0; i < maps.count && !found; i++)
		found = maps.maps[i].inode && maps.maps[i].inode == file->inode;
	process_maps_deinit(&maps);
	return found;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/*
 * How good a match it is.  The trace knows no symbolic links, so what is mapped
 * may have another directory: /lib64/ld-linux-x86-64.so.2.
 */
static int match(struct gdb_server *server, const struct replay_file *file,
		 const char *path)
{
	if (is_name(file, path))
		return is_mapped(server, file) ? 3 : 2;
	return path[0] == '/' &&
	       !strcmp(base_name(file->name), base_name(path)) &&
	       is_mapped(server, file);
}

/* The one of this name that is mapped, or the latest. */
static const struct replay_file *find_file(struct gdb_server *server,
					   const char *path)
{
	const struct replayer *replayer = server->timeline->replayer;
	const struct replay_file *found = NULL;
	int best = 0;

	for (size_t i = 0; i < FILE_BUCKETS; i++)
		for (const struct replay_file *file = replayer->files[i]; file;
		     file = file->next) {
			int how = match(server, file, path);

			if (how < best || !how ||
			    (how == best && found && file->id < found->id))
				continue;
			found = file;
			best = how;
		}
	return found;
}

/* ---- what is in it ---- */

/* As in /proc/PID/maps, with the recorded names. */
static int write_maps(struct gdb_server *server, struct replay_task *task,
		      int fd)
{
	struct inspect_maps maps;

	if (inspect_maps_read(server->timeline->replayer, task, &maps))
		return HOST_EACCES;
	for (size_t i = 0; i < maps.count; i++) {
		const struct code_map *map = &maps.code[i];

		if (replay_is_reserved(map->start, map->end - map->start))
			continue;
		dprintf(fd, "%08" PRIx64 "-%08" PRIx64 " %c%c%c%c %08" PRIx64
			" %02x:%02x %-26" PRIu64 " %s\n", map->start, map->end,
			map->protection & PROT_READ ? 'r' : '-',
			map->protection & PROT_WRITE ? 'w' : '-',
			map->protection & PROT_EXEC ? 'x' : '-',
			maps.maps[i].is_shared ? 's' : 'p', map->offset,
			major(maps.maps[i].device), minor(maps.maps[i].device),
			maps.maps[i].inode, map->name ? map->name : "");
	}
	inspect_maps_deinit(&maps);
	return 0;
}

static int write_arguments(struct gdb_server *server,
			   const struct replay_task *task, int fd)
{
	const struct debug_image *image =
		timeline_image(server->timeline, task->recorded_tgid);

	return !image || write_all(fd, image->arguments,
				   image->arguments_length) ? HOST_EACCES : 0;
}

/* Of /proc, a process's mappings and arguments alone are there. */
static int fill_from_proc(struct gdb_server *server, const char *path, int fd)
{
	struct replay_task *task;
	char *end;

	task = timeline_task(server->timeline,
			     (pid_t)strtol(path + 6, &end, 10));
	if (!strncmp(end, "/task/", 6))
		strtol(end + 6, &end, 10);
	if (task && !strcmp(end, "/maps"))
		return write_maps(server, task, fd);
	return task && !strcmp(end, "/cmdline") ?
		write_arguments(server, task, fd) : HOST_ENOENT;
}

static int fill(struct gdb_server *server, const char *path, int fd)
{
	const struct replay_file *file;
	struct timespec times[2] = { { 0 } };

	if (!strncmp(path, "/proc/", 6))
		return fill_from_proc(server, path, fd);
	file = find_file(server, path);
	if (!file)
		return HOST_ENOENT;
	if (trace_reader_extract_at_most(server->timeline->browser,
					 file->sha256, fd, FILE_BYTES_MAX))
		return HOST_EACCES;
	/* For fstat: files of one name are told apart. */
	times[0].tv_sec = times[1].tv_sec = file->id;
	return futimens(fd, times) ? HOST_EACCES : 0;
}

/* ---- operations ---- */

static void open_file(struct gdb_server *server, const char *packet)
{
	AUTO(fd_close) int fd = memfd_create("reel-debug", MFD_CLOEXEC);
	char path[PATH_ROOM];
	size_t slot = 0;
	int wrong;

	path[gdb_read_hex(packet, path, sizeof(path) - 1)] = 0;
	while (slot < GDB_FILES_MAX && server->files[slot] >= 0)
		slot++;
	wrong = fd < 0 || slot == GDB_FILES_MAX ? HOST_EMFILE :
						  fill(server, path, fd);
	if (wrong) {
		fail(server, wrong);
		return;
	}
	server->files[slot] = fd;
	fd = -1;
	gdb_reply_text(&server->reply, "F%zx", slot);
}

static int descriptor(struct gdb_server *server, const char **packet, char end,
		      size_t *slot_out)
{
	uint64_t slot;

	if (!gdb_read_until(packet, end, &slot) || slot >= GDB_FILES_MAX ||
	    server->files[slot] < 0)
		return -1;
	*slot_out = slot;
	return server->files[slot];
}

static void close_file(struct gdb_server *server, const char *packet)
{
	size_t slot;

	if (descriptor(server, &packet, 0, &slot) < 0) {
		fail(server, HOST_EBADF);
		return;
	}
	fd_close(&server->files[slot]);
	gdb_reply_text(&server->reply, "F0");
}

static void read_file(struct gdb_server *server, const char *packet)
{
	size_t slot, sent;
	int fd = descriptor(server, &packet, ',', &slot);
	AUTO(heap_free) char *bytes = NULL;
	struct gdb_reply data = { 0 };
	uint64_t count, offset;
	ssize_t got;

	if (fd < 0 || !gdb_read_until(&packet, ',', &count) ||
	    !gdb_read_until(&packet, 0, &offset) || offset > INT64_MAX) {
		fail(server, fd < 0 ? HOST_EBADF : HOST_EINVAL);
		return;
	}
	if (count > GDB_PACKET_MAX / 2)
		count = GDB_PACKET_MAX / 2;
	bytes = xmalloc(count + 1);
	got = pread(fd, bytes, count, (off_t)offset);
	if (got < 0) {
		fail(server, HOST_EINVAL);
		return;
	}
	sent = gdb_reply_binary(&data, bytes, (size_t)got);
	gdb_reply_text(&server->reply, "F%zx;", sent);
	if (sent)
		gdb_reply_bytes(&server->reply, data.bytes, data.length);
	gdb_reply_deinit(&data);
}

static void put(uint8_t *to, size_t length, uint64_t value)
{
	while (length-- > 0) {
		to[length] = (uint8_t)value;
		value >>= 8;
	}
}

static void stat_file(struct gdb_server *server, const char *packet)
{
	struct file_status status = { 0 };
	struct stat own;
	size_t slot;
	int fd = descriptor(server, &packet, 0, &slot);

	if (fd < 0 || fstat(fd, &own)) {
		fail(server, HOST_EBADF);
		return;
	}
	put(status.inode, 4, (uint64_t)own.st_mtime);
	put(status.mode, 4, 0100555);
	put(status.links, 4, 1);
	put(status.size, 8, (uint64_t)own.st_size);
	put(status.block, 8, 4096);
	put(status.blocks, 8, (uint64_t)own.st_blocks);
	put(status.modified, 4, (uint64_t)own.st_mtime);
	gdb_reply_text(&server->reply, "F%zx;", sizeof(status));
	gdb_reply_binary(&server->reply, &status, sizeof(status));
}

/* /proc/PID/exe is the one link that is known. */
static void read_link(struct gdb_server *server, const char *packet)
{
	const struct debug_image *image;
	char path[PATH_ROOM], *end;
	long process;

	path[gdb_read_hex(packet, path, sizeof(path) - 1)] = 0;
	if (strncmp(path, "/proc/", 6)) {
		fail(server, HOST_EINVAL);
		return;
	}
	process = strtol(path + 6, &end, 10);
	image = timeline_image(server->timeline, (pid_t)process);
	if (strcmp(end, "/exe") || !image) {
		fail(server, HOST_ENOENT);
		return;
	}
	gdb_reply_text(&server->reply, "F%zx;", strlen(image->path));
	gdb_reply_binary(&server->reply, image->path, strlen(image->path));
}

int gdb_file(struct gdb_server *server, const char *packet, size_t length)
{
	static const struct {
		const char *name;
		void (*handle)(struct gdb_server *server, const char *packet);
	} operations[] = {
		{ "open:", open_file },	    { "close:", close_file },
		{ "pread:", read_file },    { "fstat:", stat_file },
		{ "readlink:", read_link },
	};

	(void)length;
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
		size_t name = strlen(operations[i].name);

		if (!strncmp(packet, operations[i].name, name)) {
			operations[i].handle(server, packet + name);
			return 1;
		}
	}
	/* There is one file system, the trace's. */
	if (!strncmp(packet, "setfs:", 6))
		gdb_reply_text(&server->reply, "F0");
	return !strncmp(packet, "setfs:", 6);
}
