/* SPDX-License-Identifier: MIT */
/* q and Q packets: what the server can do, threads, objects to be read. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "replay/gdb_server.h"
#include "replay/inspect.h"
#include "traces/report.h"

#define SEARCH_PIECE 65536u
#define COMMAND_ROOM 1024u

/* True when text begins with it, which is skipped. */
static int skip(const char **text, const char *start)
{
	size_t length = strlen(start);

	if (strncmp(*text, start, length))
		return 0;
	*text += length;
	return 1;
}

static int asks_for(const char *features, const char *name)
{
	const char *found = strstr(features, name);

	return found && (found[-1] == ':' || found[-1] == ';');
}

static void supported(struct gdb_server *server, const char *features)
{
	struct timeline *timeline = server->timeline;

	server->is_extended = asks_for(features, "multiprocess+");
	timeline->reports_forks = asks_for(features, "fork-events+");
	timeline->reports_vforks = asks_for(features, "vfork-events+");
	timeline->reports_execs = asks_for(features, "exec-events+");
	gdb_reply_text(&server->reply,
		       "PacketSize=%x;QStartNoAckMode+;multiprocess+;"
		       "vContSupported+;swbreak+;hwbreak+;ReverseContinue+;"
		       "ReverseStep+;QPassSignals+;QCatchSyscalls+;"
		       "fork-events+;vfork-events+;exec-events+;"
		       "qXfer:features:read+;qXfer:auxv:read+;"
		       "qXfer:exec-file:read+;qXfer:threads:read+;"
		       "qXfer:libraries-svr4:read+;qXfer:siginfo:read+;"
		       "qXfer:memory-map:read+;ConditionalBreakpoints+",
		       GDB_PACKET_MAX - 16);
}

/* ---- threads ---- */

/* What a person sees of a task beside its numbers. */
static char *describe(const struct replay_task *task)
{
	struct inspect_task known = inspect_describe(task);

	return known.call < 0 ?
		xasprintf("task %u", known.serial) :
		xasprintf("task %u, in %s", known.serial,
			  syscall_name(known.call));
}

/* What pthread_self() returns in glibc and musl, as libthread_db has it. */
static void write_handle(struct gdb_server *server, struct replay_task *task,
			 struct gdb_reply *out)
{
	const uint64_t *base = &task->registers.value[R_FS_BASE];

	if (replay_get_registers(server->timeline->replayer, task) || !*base)
		return;
	gdb_reply_text(out, " handle=\"");
	gdb_reply_hex(out, base, sizeof(*base));
	gdb_reply_text(out, "\"");
}

static void threads_xml(struct gdb_server *server, struct gdb_reply *out)
{
	struct replay_task *task = NULL;

	gdb_reply_text(out, "<?xml version=\"1.0\"?><threads>");
	while ((task = inspect_next(server->timeline->replayer, task))) {
		AUTO(heap_free) char *text = describe(task);

		if (!timeline_is_attached(server->timeline,
					  task->recorded_tgid))
			continue;
		gdb_reply_text(out, "<thread id=\"");
		if (server->is_extended)
			gdb_reply_text(out, "p%x.",
				       (unsigned)task->recorded_tgid);
		gdb_reply_text(out, "%x\" core=\"0\" name=\"",
			       (unsigned)task->recorded_tid);
		gdb_reply_xml(out, task->name);
		gdb_reply_text(out, "\"");
		write_handle(server, task, out);
		gdb_reply_text(out, ">%s</thread>", text);
	}
	gdb_reply_text(out, "</threads>");
}

static void list_threads(struct gdb_server *server)
{
	struct replay_task *task = NULL;
	char before = 'm';

	while ((task = inspect_next(server->timeline->replayer, task))) {
		if (!timeline_is_attached(server->timeline,
					  task->recorded_tgid))
			continue;
		gdb_reply_bytes(&server->reply, &before, 1);
		gdb_write_thread(server, task->recorded_tgid,
				 task->recorded_tid);
		before = ',';
	}
	if (before == 'm')
		gdb_reply_text(&server->reply, "l");
}

static void extra_info(struct gdb_server *server, const char *packet)
{
	AUTO(heap_free) char *text = NULL;
	const struct replay_task *task;
	pid_t process, thread;

	task = gdb_read_thread(&packet, &process, &thread) ?
		timeline_task(server->timeline, thread) : NULL;
	if (!task) {
		gdb_error(server, ESRCH);
		return;
	}
	text = describe(task);
	gdb_reply_hex(&server->reply, text, strlen(text));
}

/* ---- objects ---- */

/*
 * gdb asks once and takes what is not in it for no memory at all.  Mappings
 * come and go, so it is all that a program can have; the addresses of the
 * kernel and the holes of the other half are never memory.
 */
static const char memory_map[] =
	"<?xml version=\"1.0\"?><!DOCTYPE memory-map PUBLIC "
	"\"+//IDN gnu.org//DTD GDB Memory Map V1.0//EN\" "
	"\"http://sourceware.org/gdb/gdb-memory-map.dtd\"><memory-map>"
	"<memory type=\"ram\" start=\"0x0\" length=\"0x800000000000\"/>"
	"<memory type=\"ram\" start=\"0xffffffffff600000\" length=\"0x1000\"/>"
	"</memory-map>";

static void siginfo_part(struct gdb_server *server, const char *part)
{
	const struct replay_task *task = gdb_task(server);
	static const uint8_t none[sizeof(siginfo_t)];
	const struct effect *info;
	const struct event *event;

	/* The others, as any at a breakpoint, have got no signal. */
	if (server->stop.kind != STOP_SIGNAL || !task ||
	    task->recorded_tid != server->stop.thread) {
		gdb_part(server, none, sizeof(none), part);
		return;
	}
	if (replay_peek(server->timeline->replayer, &event) ||
	    !(info = event_find_effect(event, EFFECT_SIGINFO))) {
		gdb_error(server, ENOENT);
		return;
	}
	gdb_part(server, info->bytes, info->length, part);
}

static void image_part(struct gdb_server *server, const char *packet)
{
	const struct replay_task *task = gdb_task(server);
	uint64_t process = task ? (uint64_t)task->recorded_tgid : 0;
	const struct debug_image *image;

	if (*packet != ':')
		gdb_read_number(&packet, &process);
	image = timeline_image(server->timeline, (pid_t)process);
	if (!image || *packet != ':') {
		gdb_error(server, ENOENT);
		return;
	}
	gdb_part(server, image->path, strlen(image->path), packet + 1);
}

static void auxv_part(struct gdb_server *server, const char *part)
{
	const struct replay_task *task = gdb_task(server);
	const struct debug_image *image = task ?
		timeline_image(server->timeline, task->recorded_tgid) : NULL;

	if (image)
		gdb_part(server, image->auxv, image->auxv_length, part);
	else
		gdb_error(server, ENOENT);
}

static void made_part(struct gdb_server *server, const char *part,
		      void (*make)(struct gdb_server *server,
				   struct gdb_reply *out))
{
	struct gdb_reply out = { 0 };

	make(server, &out);
	gdb_part(server, out.bytes, out.length, part);
	gdb_reply_deinit(&out);
}

static int transfer(struct gdb_server *server, const char *packet)
{
	const char *part = strchr(packet, ':');

	part = part ? strchr(part + 1, ':') : NULL; /* behind "read:" */
	if (!part)
		return 0;
	part++;
	if (skip(&packet, "features:read:target.xml:")) {
		AUTO(heap_free) char *text = gdb_target_description();

		gdb_part(server, text, strlen(text), packet);
	} else if (skip(&packet, "auxv:read::"))
		auxv_part(server, packet);
	else if (skip(&packet, "exec-file:read:"))
		image_part(server, packet);
	else if (skip(&packet, "threads:read::"))
		made_part(server, packet, threads_xml);
	else if (skip(&packet, "libraries-svr4:read:") &&
		 (packet = strchr(packet, ':')))
		made_part(server, packet + 1, gdb_libraries);
	else if (packet && skip(&packet, "memory-map:read::"))
		gdb_part(server, memory_map, strlen(memory_map), packet);
	else if (packet && skip(&packet, "siginfo:read::"))
		siginfo_part(server, packet);
	else
		gdb_error(server, EINVAL);
	return 1;
}

/* ---- the rest ---- */

static int linux_signal(uint64_t gdb)
{
	static const uint8_t numbers[33] = {
		0, 1, 2, 3, 4, 5, 6, 0, 8, 9, 7, 11, 31, 13, 14, 15,
		23, 19, 20, 18, 17, 21, 22, 29, 24, 25, 26, 27, 28, 0, 10, 12,
		30,
	};

	if (gdb < sizeof(numbers))
		return numbers[gdb];
	return gdb >= 45 && gdb <= 75 ? (int)gdb - 45 + 33 :
	       gdb == 77 ? 32 : gdb == 78 ? 64 : 0;
}

static void pass_signals(struct gdb_server *server, const char *packet)
{
	uint8_t *passed = server->timeline->is_passed;
	uint64_t number;

	memset(passed, 0, sizeof(server->timeline->is_passed));
	while (gdb_read_number(&packet, &number)) {
		passed[linux_signal(number)] = 1;
		if (*packet == ';')
			packet++;
	}
	gdb_ok(server);
}

static void catch_calls(struct gdb_server *server, const char *packet)
{
	struct timeline *timeline = server->timeline;
	uint64_t number;

	timeline->catches_calls = *packet == '1';
	timeline->catches_all = packet[0] == '1' && packet[1] != ';';
	timeline->catch_count = 0;
	if (*packet)
		packet++;
	while (*packet++ == ';' && gdb_read_number(&packet, &number)) {
		if (number > INT32_MAX ||
		    timeline->catch_count == CATCHES_MAX) {
			gdb_error(server, EINVAL);
			return;
		}
		timeline->catches[timeline->catch_count++] = (uint32_t)number;
	}
	gdb_ok(server);
}

static void search(struct gdb_server *server, const char *packet)
{
	struct replay_task *task = gdb_task(server);
	const char *end = server->parser.bytes + server->parser.length;
	AUTO(heap_free) uint8_t *bytes = NULL;
	uint64_t address, length;
	size_t wanted;

	if (!gdb_read_until(&packet, ';', &address) ||
	    !gdb_read_until(&packet, ';', &length) || packet >= end || !task) {
		gdb_error(server, EINVAL);
		return;
	}
	wanted = (size_t)(end - packet);
	bytes = xmalloc(SEARCH_PIECE + wanted);
	while (length >= wanted) {
		size_t piece = length < SEARCH_PIECE + wanted ? length :
							SEARCH_PIECE + wanted;
		struct memory *memory = inspect_shown_memory(task);
		size_t got = memory->read(memory, address, bytes, piece);
		const uint8_t *found = memmem(bytes, got, packet, wanted);

		if (found) {
			gdb_reply_text(&server->reply, "1,%" PRIx64, address +
				       (uint64_t)(found - bytes));
			return;
		}
		if (got < piece || piece <= SEARCH_PIECE)
			break;
		address += SEARCH_PIECE;
		length -= SEARCH_PIECE;
	}
	gdb_reply_text(&server->reply, "0");
}

static void command(struct gdb_server *server, const char *packet)
{
	char text[COMMAND_ROOM];

	text[gdb_read_hex(packet, text, sizeof(text) - 1)] = 0;
	gdb_monitor(server, text);
	gdb_lldb_output(server);
}

static void current_thread(struct gdb_server *server)
{
	const struct replay_task *task = gdb_task(server);

	if (!task)
		return;
	gdb_reply_text(&server->reply, "QC");
	gdb_write_thread(server, task->recorded_tgid, task->recorded_tid);
}

static int set_mode(struct gdb_server *server, const char *packet)
{
	if (!strcmp(packet, "QStartNoAckMode")) {
		server->is_silent = 1;
		gdb_ok(server);
	} else if (skip(&packet, "QPassSignals:")) {
		pass_signals(server, packet);
	} else if (skip(&packet, "QCatchSyscalls:")) {
		catch_calls(server, packet);
	} else {
		return 0;
	}
	return 1;
}

int gdb_query(struct gdb_server *server, const char *packet)
{
	if (gdb_lldb(server, packet))
		return 1;
	if (packet[0] == 'Q')
		return set_mode(server, packet);
	if (skip(&packet, "qSupported"))
		supported(server, packet);
	else if (skip(&packet, "qXfer:"))
		return transfer(server, packet);
	else if (skip(&packet, "qRcmd,"))
		command(server, packet);
	else if (skip(&packet, "qSearch:memory:"))
		search(server, packet);
	else if (skip(&packet, "qGetTLSAddr:"))
		gdb_tls(server, packet);
	else if (skip(&packet, "qThreadExtraInfo,"))
		extra_info(server, packet);
	else if (!strcmp(packet, "qfThreadInfo"))
		list_threads(server);
	else if (!strcmp(packet, "qsThreadInfo"))
		gdb_reply_text(&server->reply, "l");
	else if (!strcmp(packet, "qC"))
		current_thread(server);
	else if (skip(&packet, "qAttached"))
		gdb_reply_text(&server->reply, "1");
	else
		return 0;
	return 1;
}
