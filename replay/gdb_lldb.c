/* SPDX-License-Identifier: MIT */
/*
 * What lldb asks beyond gdb's protocol (lldb's docs/lldb-gdb-remote.txt): the
 * machine, the process, mappings, why each thread stopped.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "replay/gdb_server.h"
#include "replay/inspect.h"
#include "traces/report.h"

#define PATH_ROOM 4096u

static const char triple[] = "x86_64-pc-linux-gnu";

static void write_machine(struct gdb_server *server)
{
	gdb_reply_text(&server->reply, "triple:");
	gdb_reply_hex(&server->reply, triple, strlen(triple));
	gdb_reply_text(&server->reply, ";ostype:linux;vendor:pc;endian:little;"
		       "ptrsize:8;");
}

static void host_info(struct gdb_server *server)
{
	write_machine(server);
	/* Watched memory is noticed behind the instruction. */
	gdb_reply_text(&server->reply, "watchpoint_exceptions_received:after;"
		       "vm-page-size:4096;");
}

static void process_info(struct gdb_server *server)
{
	const struct replay_task *task = gdb_task(server);

	if (!task) {
		gdb_error(server, ESRCH);
		return;
	}
	gdb_reply_text(&server->reply, "pid:%x;",
		       (unsigned)task->recorded_tgid);
	write_machine(server);
}

/* ---- mappings ---- */

/* The mapping with the address, or the hole that it is in. */
static void write_region(struct gdb_server *server,
			 const struct inspect_maps *maps, uint64_t address)
{
	uint64_t start = 0, end = UINT64_MAX;
	const struct code_map *found = NULL;

	for (size_t i = 0; i < maps->count && !found; i++) {
		const struct code_map *map = &maps->code[i];

		if (replay_is_reserved(map->start, map->end - map->start))
			continue;
		if (address >= map->end)
			start = map->end;
		else if (address < map->start)
			end = map->start < end ? map->start : end;
		else
			found = map;
	}
	if (found) {
		start = found->start;
		end = found->end;
	}
	gdb_reply_text(&server->reply, "start:%" PRIx64 ";size:%" PRIx64 ";",
		       start, end - start);
	if (!found)
		return;
	gdb_reply_text(&server->reply, "permissions:%s%s%s;",
		       found->protection & PROT_READ ? "r" : "",
		       found->protection & PROT_WRITE ? "w" : "",
		       found->protection & PROT_EXEC ? "x" : "");
	if (found->name && *found->name) {
		gdb_reply_text(&server->reply, "name:");
		gdb_reply_hex(&server->reply, found->name,
			      strlen(found->name));
		gdb_reply_text(&server->reply, ";");
	}
}

static void memory_region(struct gdb_server *server, const char *packet)
{
	struct replay_task *task = gdb_task(server);
	struct inspect_maps maps;
	uint64_t address;

	if (!gdb_read_until(&packet, 0, &address) || !task ||
	    inspect_maps_read(server->timeline->replayer, task, &maps)) {
		gdb_error(server, EINVAL);
		return;
	}
	write_region(server, &maps, address);
	inspect_maps_deinit(&maps);
}

/* Where the file of this name is mapped first. */
static void file_address(struct gdb_server *server, const char *packet)
{
	struct replay_task *task = gdb_task(server);
	struct inspect_maps maps;
	char path[PATH_ROOM];
	size_t i = 0;

	path[gdb_read_hex(packet, path, sizeof(path) - 1)] = 0;
	if (!task || inspect_maps_read(server->timeline->replayer, task,
				       &maps)) {
		gdb_error(server, ESRCH);
		return;
	}
	while (i < maps.count && (!maps.code[i].name ||
				  strcmp(maps.code[i].name, path)))
		i++;
	if (i < maps.count)
		gdb_reply_text(&server->reply, "%" PRIx64,
			       maps.code[i].start);
	else
		gdb_error(server, 1); /* it is not loaded */
	inspect_maps_deinit(&maps);
}

static void library_address(struct gdb_server *server)
{
	uint64_t slot = gdb_debug_slot(server, gdb_task(server));

	if (slot)
		gdb_reply_text(&server->reply, "%" PRIx64, slot);
	else
		gdb_error(server, ENOENT);
}

/* ---- threads ---- */

static void write_name(struct gdb_server *server,
		       const struct replay_task *task)
{
	if (!task || !task->name[0])
		return;
	gdb_reply_text(&server->reply, "hexname:");
	gdb_reply_hex(&server->reply, task->name, strlen(task->name));
	gdb_reply_text(&server->reply, ";");
}

void gdb_lldb_stop(struct gdb_server *server)
{
	/* Of others it can tell by itself what they are. */
	static const char *const reasons[] = {
		[STOP_STEP] = "trace", [STOP_BREAK] = "breakpoint",
		[STOP_BEGIN] = "trace", [STOP_END] = "trace",
		[STOP_EXEC] = "exec", [STOP_CALL_ENTRY] = "trace",
		[STOP_CALL_RETURN] = "trace", [STOP_VFORK_DONE] = "vforkdone",
	};
	struct replay_task *task = NULL;
	const char *before = "threads:";

	if (!server->is_lldb)
		return;
	server->has_executed |= server->stop.kind == STOP_EXEC;
	write_name(server, timeline_task(server->timeline,
					 server->stop.thread));
	if (server->stop.kind < sizeof(reasons) / sizeof(*reasons) &&
	    reasons[server->stop.kind])
		gdb_reply_text(&server->reply, "reason:%s;",
			       reasons[server->stop.kind]);
	while ((task = inspect_next(server->timeline->replayer, task))) {
		if (!timeline_is_attached(server->timeline,
					  task->recorded_tgid))
			continue;
		gdb_reply_text(&server->reply, "%s", before);
		gdb_write_thread(server, task->recorded_tgid,
				 task->recorded_tid);
		before = ",";
	}
	gdb_reply_text(&server->reply, ";");
}

static void thread_stop(struct gdb_server *server, const char *packet)
{
	const struct replay_task *task = NULL;
	pid_t process, thread;

	if (gdb_read_thread(&packet, &process, &thread))
		task = timeline_task(server->timeline, thread);
	if (!task) {
		gdb_error(server, ESRCH);
	} else if (task->recorded_tid == server->stop.thread) {
		gdb_stop_reply(server);
	} else {
		gdb_reply_text(&server->reply, "T00thread:");
		gdb_write_thread(server, task->recorded_tgid,
				 task->recorded_tid);
		gdb_reply_text(&server->reply, ";");
		write_name(server, task);
	}
}

void gdb_lldb_output(struct gdb_server *server)
{
	struct gdb_reply *reply = &server->reply, output = { 0 };

	if (!server->is_lldb || !strcmp(reply->bytes, "OK"))
		return;
	gdb_reply_bytes(&output, "O", 1);
	gdb_reply_bytes(&output, reply->bytes, reply->length);
	gdb_send(server, &output);
	gdb_reply_deinit(&output);
	gdb_reply_clear(reply);
	gdb_ok(server);
}

/* ---- all of it ---- */

int gdb_lldb(struct gdb_server *server, const char *packet)
{
	static const struct {
		const char *name;
		void (*handle)(struct gdb_server *server, const char *packet);
	} questions[] = {
		{ "qMemoryRegionInfo:", memory_region },
		{ "qFileLoadAddress:", file_address },
		{ "qThreadStopInfo", thread_stop },
	};

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		size_t length = strlen(questions[i].name);

		if (!strncmp(packet, questions[i].name, length)) {
			questions[i].handle(server, packet + length);
			return 1;
		}
	}
	if (!strcmp(packet, "QListThreadsInStopReply")) {
		server->is_lldb = 1;
		server->timeline->reports_execs = 1;
		gdb_ok(server);
	} else if (!strcmp(packet, "qHostInfo")) {
		host_info(server);
	} else if (!strcmp(packet, "qProcessInfo")) {
		process_info(server);
	} else if (!strcmp(packet, "qShlibInfoAddr")) {
		library_address(server);
	} else if (!strncmp(packet, "qWatchpointSupportInfo", 22)) {
		gdb_reply_text(&server->reply, "num:%u;", WATCHES_MAX);
	} else {
		return 0;
	}
	return 1;
}
