/* SPDX-License-Identifier: MIT */
/* Reads /proc/PID/maps in one go, so that a stopped task's list is coherent. */
#include "src/process_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "src/process_file.h"
#include "traces/report.h"

char *read_proc_file(const char *path, size_t *length_out)
{
	AUTO(fd_close) int fd = process_open(path, O_RDONLY | O_CLOEXEC);
	size_t room = 16384, length = 0;
	char *text;

	if (fd < 0)
		return NULL;
	text = xmalloc(room);
	for (;;) {
		ssize_t got = read(fd, text + length, room - length - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		length += (size_t)got;
		if (room - length < 4096)
			text = xrealloc(text, room *= 2);
	}
	text[length] = '\0';
	if (length_out)
		*length_out = length;
	return text;
}

int proc_is_ours(void)
{
	static int is_known, is_ours;
	char text[32];
	ssize_t length;

	if (is_known)
		return is_ours;
	length = readlink("/proc/self", text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = '\0';
	is_ours = length > 0 && atoi(text) == getpid();
	is_known = 1;
	return is_ours;
}

/*
 * Of digits of the base, which something else must end; 0 and NULL at *at_io
 * when there are none.  (sscanf() took two thirds of the time of a list.)
 */
static uint64_t take_number(const char **at_io, unsigned base)
{
	const char *at = *at_io;
	uint64_t number = 0;
	unsigned digit;

	if (!at)
		return 0;
	for (;; at++) {
		if (*at >= '0' && *at <= '9')
			digit = (unsigned)(*at - '0');
		else if (*at >= 'a' && *at <= 'f')
			digit = (unsigned)(*at - 'a') + 10;
		else
			break;
		if (digit >= base)
			break;
		number = number * base + digit;
	}
	*at_io = at > *at_io ? at : NULL;
	return number;
}

static void skip(const char **at_io, char character)
{
	if (*at_io)
		*at_io = **at_io == character ? *at_io + 1 : NULL;
}

static uint64_t take_field(const char **at_io, unsigned base, char end)
{
	uint64_t number = take_number(at_io, base);

	skip(at_io, end);
	return number;
}

/* START-END rwxp OFFSET MAJOR:MINOR INODE NAME (proc(5)) */
static int parse_line(char *line, struct process_map *map)
{
	const char *at = line, *permissions;
	unsigned major_id, minor_id;

	map->start = take_field(&at, 16, '-');
	map->end = take_field(&at, 16, ' ');
	permissions = at;
	if (!at || strlen(at) < 5 || at[4] != ' ')
		return -EINVAL;
	at += 5;
	map->offset = take_field(&at, 16, ' ');
	major_id = (unsigned)take_field(&at, 16, ':');
	minor_id = (unsigned)take_field(&at, 16, ' ');
	map->inode = take_number(&at, 10);
	if (!at)
		return -EINVAL;
	map->protection = (permissions[0] == 'r' ? PROT_READ : 0) |
			  (permissions[1] == 'w' ? PROT_WRITE : 0) |
			  (permissions[2] == 'x' ? PROT_EXEC : 0);
	map->is_shared = permissions[3] == 's';
	map->device = makedev(major_id, minor_id);
	map->name = line + (at - line) + strspn(at, " ");
	return 0;
}

int process_maps_read(pid_t tid, struct process_maps *maps_out)
{
	char path[64], *line, *rest;
	size_t room = 0;

	*maps_out = (struct process_maps){ 0 };
	if (!proc_is_ours())
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/%d/maps", tid);
	maps_out->text = read_proc_file(path, NULL);
	if (!maps_out->text)
		return -errno;
	rest = maps_out->text;
	while ((line = strsep(&rest, "\n")) && *line) {
		if (maps_out->count == room) {
			room = room ? room * 2 : 64;
			maps_out->maps = xrealloc(maps_out->maps, room *
						  sizeof(*maps_out->maps));
		}
		if (parse_line(line, &maps_out->maps[maps_out->count]) == 0)
			maps_out->count++;
	}
	return 0;
}

/* ---- a part of them ---- */

/* linux/fs.h since Linux 6.11; the headers may be older. */
struct map_query {
	uint64_t size, flags, addr;
	uint64_t start, end, map_flags, page_size, offset, inode;
	uint32_t dev_major, dev_minor;
	uint32_t name_size, build_id_size;
	uint64_t name_addr, build_id_addr;
};

#define MAP_QUERY _IOWR('f', 17, struct map_query)
#define MAP_QUERY_READ 0x01u
#define MAP_QUERY_WRITE 0x02u
#define MAP_QUERY_EXECUTE 0x04u
#define MAP_QUERY_SHARED 0x08u
#define MAP_QUERY_NEXT 0x10u /* or the one after addr */

static void take_map(const struct map_query *query, struct process_map *map)
{
	unsigned flags = (unsigned)query->map_flags;

	map->start = query->start;
	map->end = query->end;
	map->protection = (flags & MAP_QUERY_READ ? PROT_READ : 0) |
			  (flags & MAP_QUERY_WRITE ? PROT_WRITE : 0) |
			  (flags & MAP_QUERY_EXECUTE ? PROT_EXEC : 0);
	map->is_shared = (flags & MAP_QUERY_SHARED) != 0;
	map->offset = query->offset;
	map->device = makedev(query->dev_major, query->dev_minor);
	map->inode = query->inode;
	map->name = NULL;
}

static int query_map(int fd, remote_addr addr, char *name, size_t room,
		     struct process_map *map)
{
	struct map_query query = {
		.size = sizeof(query),
		.flags = MAP_QUERY_NEXT,
		.addr = addr,
		.name_size = (uint32_t)room,
		.name_addr = (uintptr_t)name,
	};

	*name = '\0';
	if (ioctl(fd, MAP_QUERY, &query))
		return -errno;
	take_map(&query, map);
	return 0;
}

/* The maps, without names; those follow in text, one behind the other. */
static int query_maps(int fd, remote_addr start, remote_addr end,
		      struct process_maps *maps)
{
	size_t room = 0, text_room = 0, length = 0;
	char name[4096];
	int err = 0;

	while (start < end) {
		struct process_map map;
		size_t name_length;

		err = query_map(fd, start, name, sizeof(name), &map);
		if (err || map.start >= end)
			break;
		if (maps->count == room) {
			room = room ? room * 2 : 16;
			maps->maps = xrealloc(maps->maps, room *
					      sizeof(*maps->maps));
		}
		maps->maps[maps->count++] = map;
		name_length = strlen(name) + 1;
		if (length + name_length > text_room) {
			text_room = text_room * 2 + sizeof(name);
			maps->text = xrealloc(maps->text, text_room);
		}
		memcpy(maps->text + length, name, name_length);
		length += name_length;
		start = map.end;
	}
	return err == -ENOENT ? 0 : err; /* none behind the last */
}

int process_maps_read_range(pid_t tid, remote_addr start, remote_addr end,
			    struct process_maps *maps_out)
{
	AUTO(fd_close) int fd = -1;
	char path[64], *name;
	int err;

	*maps_out = (struct process_maps){ 0 };
	if (!proc_is_ours())
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/%d/maps", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = query_maps(fd, start, end, maps_out);
	if (err) { /* an older kernel */
		process_maps_deinit(maps_out);
		return process_maps_read(tid, maps_out);
	}
	name = maps_out->text;
	for (size_t i = 0; i < maps_out->count; i++) {
		maps_out->maps[i].name = name;
		name += strlen(name) + 1;
	}
	return 0;
}

void process_maps_deinit(struct process_maps *maps)
{
	free(maps->maps);
	free(maps->text);
	*maps = (struct process_maps){ 0 };
}

const struct process_map *process_maps_find(const struct process_maps *maps,
					    remote_addr addr)
{
	for (size_t i = 0; i < maps->count; i++)
		if (addr >= maps->maps[i].start && addr < maps->maps[i].end)
			return &maps->maps[i];
	return NULL;
}
