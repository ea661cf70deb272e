/* SPDX-License-Identifier: MIT */
/*
 * Memory that lldb asks for, to evaluate expressions in.  The program has none
 * of it: it is the server's, at addresses where hardly a program has anything,
 * so the replay stays what it is.  A copy that runs what lldb has compiled
 * (gdb_copy.c) gets it, and it is taken from there when that has stopped.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "replay/gdb_server.h"
#include "traces/report.h"

#define SCRATCH_START UINT64_C(0x00003dead0000000)
#define SCRATCH_LENGTH 0x1000000u
#define SCRATCH_PAGE 0x1000u

/* Where so many bytes are free, behind the piece before. */
static int find_room(const struct gdb_server *server, uint64_t length,
		     size_t *index_out, uint32_t *start_out)
{
	uint32_t start = 0;
	size_t i;

	for (i = 0; i < server->piece_count; i++) {
		if (server->pieces[i].start - start >= length)
			break;
		start = server->pieces[i].start + server->pieces[i].length;
	}
	*index_out = i;
	*start_out = start;
	return length <= SCRATCH_LENGTH - start &&
	       server->piece_count < GDB_PIECES_MAX;
}

/* _M LENGTH,PERMISSIONS */
static void allocate(struct gdb_server *server, const char *packet)
{
	uint64_t length;
	uint32_t start;
	size_t index;

	if (!gdb_read_until(&packet, ',', &length) || !length ||
	    length > SCRATCH_LENGTH) {
		gdb_error(server, ENOMEM);
		return;
	}
	length = (length + SCRATCH_PAGE - 1) & ~(uint64_t)(SCRATCH_PAGE - 1);
	if (!find_room(server, length, &index, &start)) {
		gdb_error(server, ENOMEM);
		return;
	}
	if (!server->scratch)
		server->scratch = xcalloc(1, SCRATCH_LENGTH);
	memmove(server->pieces + index + 1, server->pieces + index,
		(server->piece_count - index) * sizeof(*server->pieces));
	server->pieces[index].start = start;
	server->pieces[index].length = (uint32_t)length;
	server->piece_count++;
	gdb_reply_text(&server->reply, "%" PRIx64, SCRATCH_START + start);
}

/* _m ADDRESS */
static void give_back(struct gdb_server *server, const char *packet)
{
	uint64_t address;
	size_t i = 0;

	if (!gdb_read_until(&packet, 0, &address))
		address = 0;
	while (i < server->piece_count &&
	       SCRATCH_START + server->pieces[i].start != address)
		i++;
	if (i == server->piece_count) {
		gdb_error(server, EINVAL);
		return;
	}
	server->piece_count--;
	memmove(server->pieces + i, server->pieces + i + 1,
		(server->piece_count - i) * sizeof(*server->pieces));
	gdb_ok(server);
}

static uint8_t *at(struct gdb_server *server, uint64_t address,
		   uint64_t length)
{
	uint64_t offset = address - SCRATCH_START;

	for (size_t i = 0; i < server->piece_count; i++)
		if (offset >= server->pieces[i].start &&
		    offset - server->pieces[i].start <
		    server->pieces[i].length &&
		    length <= server->pieces[i].length -
		    (offset - server->pieces[i].start))
			return server->scratch + offset;
	return NULL;
}

static int access_scratch(struct gdb_server *server, const char *packet,
			  size_t packet_length)
{
	const char *end = packet + packet_length;
	char kind = *packet++;
	uint64_t address, length;
	uint8_t *bytes;

	if (!gdb_read_until(&packet, ',', &address) ||
	    !gdb_read_number(&packet, &length))
		return 0;
	bytes = at(server, address, length);
	if (!bytes)
		return 0;
	if (kind == 'm') {
		gdb_reply_hex(&server->reply, bytes, length);
	} else if (kind == 'x') {
		gdb_reply_binary(&server->reply, bytes, length);
	} else if (*packet++ != ':') {
		gdb_error(server, EINVAL);
	} else if (kind == 'M') {
		gdb_read_hex(packet, bytes, length);
		gdb_ok(server);
	} else if ((uint64_t)(end - packet) == length) {
		memcpy(bytes, packet, length);
		gdb_ok(server);
	} else {
		gdb_error(server, EINVAL);
	}
	return 1;
}

/* In one mapping, which grows. */
static int map_scratch(struct gdb_server *server, struct replay_task *task,
		       uint64_t length)
{
	uint64_t old = server->copy.scratch_length;
	uint64_t at = SCRATCH_START + old;

	if (length <= old)
		return 0;
	server->copy.scratch_length = length;
	return replay_inject(task, SYS_mmap, (uint64_t[6]){
		at, length - old, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE |
		MAP_NORESERVE, (uint64_t)-1, 0,
	}) == (int64_t)at ? 0 : -ENOMEM;
}

int gdb_scratch_give(struct gdb_server *server, struct replay_task *task)
{
	uint64_t length = 0;
	int err;

	for (size_t i = 0; i < server->piece_count; i++)
		length = server->pieces[i].start + server->pieces[i].length;
	err = map_scratch(server, task, length);
	for (size_t i = 0; i < server->piece_count && !err; i++)
		err = address_space_write(task->task.space, SCRATCH_START +
					  server->pieces[i].start,
					  server->scratch +
					  server->pieces[i].start,
					  server->pieces[i].length);
	return err;
}

void gdb_scratch_take(struct gdb_server *server, struct replay_task *task)
{
	for (size_t i = 0; i < server->piece_count; i++)
		address_space_read(task->task.space, SCRATCH_START +
				   server->pieces[i].start, server->scratch +
				   server->pieces[i].start,
				   server->pieces[i].length);
}

int gdb_scratch(struct gdb_server *server, const char *packet, size_t length)
{
	if (!strncmp(packet, "_M", 2))
		allocate(server, packet + 2);
	else if (!strncmp(packet, "_m", 2))
		give_back(server, packet + 2);
	else
		return *packet && strchr("mxMX", *packet) &&
		       server->piece_count &&
		       access_scratch(server, packet, length);
	return 1;
}
