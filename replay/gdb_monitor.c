/* SPDX-License-Identifier: MIT */
/* monitor commands: where the replay is in the trace, and other places. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/gdb_server.h"
#include "replay/inspect.h"
#include "src/human.h"
#include "src/memory_digest.h"
#include "traces/report.h"

#define AROUND 8u /* events that dump shows on either side */

static const char help[] =
	"when               where the replay is\n"
	"event              the event that comes next\n"
	"seek EVENT         to behind this event, or `seek begin'\n"
	"elapsed            time since the recording began\n"
	"processes          processes and threads that live\n"
	"digest             of registers and memory, to be compared\n"
	"snapshots          files of the trace up to here\n"
	"dump               events around here\n"
	"bt-at EVENT        backtrace behind this event\n"
	"checkpoint         remember this place\n"
	"checkpoint every MS  take them on the way so often\n"
	"restart N          go to checkpoint N\n"
	"info checkpoints   which there are\n"
	"delete checkpoint N\n"
	"reverse            continue and stepi go backwards from now on: for\n"
	"                   debuggers that have no reverse-continue\n"
	"forward            and forwards again\n"
	"discard            back from the copy that writes and calls change\n"
	"exit               end the session\n"
	"help               this\n"
	"After seek and restart, gdb must forget what it knew of registers:\n"
	"maintenance flush register-cache (reel debug sees to that).\n";

static void say(struct gdb_server *server, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What is more than a packet goes ahead. */
static void send_part(struct gdb_server *server)
{
	struct gdb_reply part = { 0 };

	gdb_reply_text(&part, "O");
	gdb_reply_bytes(&part, server->reply.bytes, server->reply.length);
	gdb_send(server, &part);
	gdb_reply_deinit(&part);
	gdb_reply_clear(&server->reply);
}

static void say(struct gdb_server *server, const char *format, ...)
{
	AUTO(heap_free) char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = xstrdup("");
	va_end(arguments);
	if (server->reply.length + strlen(text) * 2 >= GDB_PACKET_MAX - 64)
		send_part(server);
	gdb_reply_hex(&server->reply, text, strlen(text));
}

static void say_leg(struct gdb_server *server, const struct leg *leg)
{
	switch (leg->kind) {
	case LEG_STEPS:
		say(server, ", %" PRIu64 " instructions", leg->count);
		break;
	case LEG_BREAK:
		say(server, ", arrival %" PRIu64 " at %#" PRIx64, leg->count,
		    leg->address);
		break;
	case LEG_WATCH:
		say(server, ", access %" PRIu64 " to %#" PRIx64, leg->count,
		    leg->address);
		break;
	case LEG_STATE:
		say(server, ", the state at %#" PRIx64,
		    leg->state.registers.value[R_RIP]);
		break;
	case LEG_END:
		say(server, ", at the next event");
		break;
	}
}

static void when(struct gdb_server *server)
{
	const struct position *now = &server->timeline->now;

	say(server, "event %" PRIu64, now->event - 1);
	for (size_t i = 0; i < now->leg_count; i++)
		say_leg(server, &now->legs[i]);
	say(server, "%s\n", server->copy.is_there ?
	    ", in a copy that was changed" : "");
}

static void say_event(struct gdb_server *server, const struct event *event)
{
	uint64_t next = server->timeline->now.event;

	say(server, "%s%6" PRIu64 " task %u %s", event->number == next ?
	    "> " : "  ", event->number, event->task,
	    event_kind_name(event->kind));
	if (event->kind == EVENT_SYSCALL || event->kind == EVENT_SYSCALL_ENTER)
		say(server, " %s(%#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 ")",
		    syscall_name(event->detail), event->registers[R_RDI],
		    event->registers[R_RSI], event->registers[R_RDX]);
	if (event->kind == EVENT_SYSCALL || event->kind == EVENT_SYSCALL_EXIT)
		say(server, " = %" PRId64, event->result);
	if (event->kind == EVENT_SIGNAL)
		say(server, " %u", event->signal);
	say(server, "\n");
}

static void next_event(struct gdb_server *server)
{
	const struct event *event;

	if (replay_peek(server->timeline->replayer, &event))
		say(server, "the trace ends here\n");
	else
		say_event(server, event);
}

static void dump(struct gdb_server *server)
{
	struct timeline *timeline = server->timeline;
	uint64_t now = timeline->now.event;
	uint64_t number = now > AROUND ? now - AROUND : 1;
	uint64_t last = trace_reader_event_count(timeline->browser);
	struct event event;

	for (; number <= now + AROUND && number <= last; number++)
		if (!timeline_browse(timeline, number, &event))
			say_event(server, &event);
}

static void elapsed(struct gdb_server *server)
{
	char text[HUMAN_LENGTH];
	struct event event;

	if (!timeline_browse(server->timeline, server->timeline->now.event - 1,
			     &event))
		say(server, "%s\n", human_time(event.time_ns, text));
}

static void processes(struct gdb_server *server)
{
	struct timeline *timeline = server->timeline;
	struct replay_task *task = NULL;

	while ((task = inspect_next(timeline->replayer, task))) {
		const struct debug_image *image =
			timeline_image(timeline, task->recorded_tgid);
		int is_attached = timeline_is_attached(timeline,
						       task->recorded_tgid);

		say(server, "%s process %d thread %d task %u %s\n",
		    is_attached ? "*" : " ", task->recorded_tgid,
		    task->recorded_tid, task->task.serial,
		    image ? image->path : "");
	}
}

/* What tells states of a process from each other, but for its dead stacks. */
static int digest_memory(struct gdb_server *server,
			 const struct replay_task *task, uint64_t *hash_out)
{
	struct replayer *replayer = server->timeline->replayer;
	remote_addr stacks[MEMORY_DIGEST_STACKS];
	struct replay_task *other = NULL;
	struct memory_digest digest;
	size_t count = 0;
	int err;

	while ((other = inspect_next(replayer, other)) &&
	       count < MEMORY_DIGEST_STACKS)
		if (other->recorded_tgid == task->recorded_tgid &&
		    !replay_get_registers(replayer, other))
			stacks[count++] = other->registers.value[R_RSP];
	err = memory_digest(&task->task, 0, stacks, count, &digest);
	if (!err)
		*hash_out = digest.hash;
	return err;
}

static void digest(struct gdb_server *server)
{
	struct replay_task *task = gdb_task(server);
	uint64_t registers, memory;

	if (!task || gdb_registers_digest(server, task, &registers) ||
	    digest_memory(server, task, &memory))
		say(server, "there is no digest here\n");
	else
		say(server, "registers %016" PRIx64 " memory %016" PRIx64
		    "\n", registers, memory);
}

static void snapshots(struct gdb_server *server)
{
	const struct replayer *replayer = server->timeline->replayer;

	for (size_t i = 0; i < FILE_BUCKETS; i++)
		for (const struct replay_file *file = replayer->files[i]; file;
		     file = file->next)
			say(server, "%02x%02x%02x%02x%02x%02x %10" PRIu64
			    " %s\n", file->sha256[0], file->sha256[1],
			    file->sha256[2], file->sha256[3], file->sha256[4],
			    file->sha256[5], file->size, file->name);
}

/* ---- going elsewhere ---- */

/* The replay is there; the thread stays the one that was looked at, or not. */
static void arrive(struct gdb_server *server, pid_t thread)
{
	struct timeline *timeline = server->timeline;
	struct replay_task *task = timeline_task(timeline, thread);

	if (!task)
		task = timeline_current(timeline);
	if (task) {
		server->general = server->resumed = task->recorded_tid;
		server->stop = (struct debug_stop){
			STOP_STEP, task->recorded_tgid, task->recorded_tid,
		};
	}
	when(server);
	/* lldb believes nothing has moved as long as nothing was resumed. */
	server->is_moved = server->is_lldb;
	if (server->is_moved)
		say(server, "`thread step-inst' shows this place, and makes no "
		    "step\n");
}

static int read_event(struct gdb_server *server, const char *text,
		      struct position *position)
{
	struct timeline *timeline = server->timeline;
	uint64_t count = trace_reader_event_count(timeline->browser);
	char *end;

	memset(position, 0, sizeof(*position));
	position->event = strtoull(text, &end, 10) + 1;
	if (!strcmp(text, "begin")) {
		*position = timeline->begin;
		return 1;
	}
	if (end == text || *end || position->event > count + 1) {
		say(server, "an event from %" PRIu64 " to %" PRIu64
		    " is wanted\n", timeline->begin.event - 1, count);
		return 0;
	}
	if (position->event < timeline->begin.event) {
		say(server, "the program begins at event %" PRIu64 "\n",
		    timeline->begin.event - 1);
		return 0;
	}
	return 1;
}

static void seek(struct gdb_server *server, const char *text)
{
	struct position here = server->timeline->now, there;

	if (!read_event(server, text, &there))
		return;
	if (timeline_go(server->timeline, &there)) {
		server->is_over = 1;
	} else if (!timeline_current(server->timeline)) {
		say(server, "there is none of the processes then\n");
		timeline_go(server->timeline, &here);
	} else {
		arrive(server, server->general);
	}
}

static void backtrace_at(struct gdb_server *server, const char *text)
{
	struct position here = server->timeline->now, there;
	struct replay_task *task;
	FILE *file;

	if (!read_event(server, text, &there))
		return;
	file = tmpfile();
	if (!file || timeline_go(server->timeline, &there)) {
		say(server, "it can't be shown\n");
		return;
	}
	task = gdb_task(server);
	if (task && !inspect_print(server->timeline->replayer, task, file,
				   INSPECT_BACKTRACE)) {
		char line[512];

		rewind(file);
		while (fgets(line, sizeof(line), file))
			say(server, "%s", line);
	}
	fclose(file);
	if (timeline_go(server->timeline, &here))
		server->is_over = 1;
}

static void checkpoint(struct gdb_server *server)
{
	struct gdb_bookmark *bookmark;

	if (server->bookmark_count == GDB_BOOKMARKS_MAX) {
		say(server, "there are %d checkpoints already\n",
		    GDB_BOOKMARKS_MAX);
		return;
	}
	server->bookmarks = xrealloc(server->bookmarks,
				     (server->bookmark_count + 1) *
				     sizeof(*server->bookmarks));
	bookmark = &server->bookmarks[server->bookmark_count++];
	*bookmark = (struct gdb_bookmark){ .thread = server->general };
	timeline_place_take(server->timeline, &bookmark->place);
	say(server, "checkpoint %zu at ", server->bookmark_count);
	when(server);
}

static struct gdb_bookmark *find_checkpoint(struct gdb_server *server,
					    const char *text)
{
	unsigned long number = strtoul(text, NULL, 10);

	if (number && number <= server->bookmark_count &&
	    !server->bookmarks[number - 1].is_deleted)
		return &server->bookmarks[number - 1];
	say(server, "there is no checkpoint %s\n", text);
	return NULL;
}

static void checkpoints_every(struct gdb_server *server, const char *text)
{
	unsigned long ms = strtoul(text, NULL, 10);

	if (ms && ms <= 1000000)
		timeline_checkpoints_every(server->timeline,
					   (uint64_t)ms * 1000000);
	else
		say(server, "milliseconds from 1 to 1000000 are wanted\n");
}

static void restart(struct gdb_server *server, const char *text)
{
	struct gdb_bookmark *bookmark = find_checkpoint(server, text);

	if (!bookmark)
		return;
	if (timeline_place_go(server->timeline, &bookmark->place))
		server->is_over = 1;
	else
		arrive(server, bookmark->thread);
}

static void delete_checkpoint(struct gdb_server *server, const char *text)
{
	struct gdb_bookmark *bookmark = find_checkpoint(server, text);

	if (!bookmark)
		return;
	bookmark->is_deleted = 1;
	timeline_place_drop(server->timeline, &bookmark->place);
}

static void info_checkpoints(struct gdb_server *server)
{
	unsigned shown = 0;

	for (size_t i = 0; i < server->bookmark_count; i++) {
		const struct gdb_bookmark *bookmark = &server->bookmarks[i];

		if (bookmark->is_deleted)
			continue;
		say(server, "%zu  behind event %" PRIu64 "%s\n", i + 1,
		    bookmark->place.position.event - 1,
		    bookmark->place.state ? "" :
		    " (its place alone: there was no room)");
		shown++;
	}
	say(server, "%u checkpoints; %zu more that reel took on its own\n",
	    shown, server->timeline->checkpoints.count);
}

void gdb_bookmarks_free(struct gdb_server *server)
{
	for (size_t i = 0; i < server->bookmark_count; i++)
		timeline_place_drop(server->timeline,
				    &server->bookmarks[i].place);
	free(server->bookmarks);
}

static void discard(struct gdb_server *server)
{
	if (!server->copy.is_there)
		say(server, "nothing was written, and no function called\n");
	else if (!gdb_copy_discard(server))
		arrive(server, server->general);
	server->copy.message = NULL;
}

/* These go elsewhere, or keep the place: it is that of the recording. */
static int leaves_copy(const char *command)
{
	static const char *const commands[] = {
		"seek ", "restart ", "bt-at ", "checkpoint",
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strncmp(command, commands[i], strlen(commands[i])))
			return 1;
	return 0;
}

static void turn(struct gdb_server *server, int is_reverse)
{
	server->is_reverse = is_reverse;
	say(server, "continue and stepi go %swards now\n",
	    is_reverse ? "back" : "for");
}

/* One that wants more than its name. */
static int is_unfinished(struct gdb_server *server, const char *command)
{
	static const char *const wanted[][2] = {
		{ "seek", "the number of an event" },
		{ "bt-at", "the number of an event" },
		{ "restart", "the number of a checkpoint" },
		{ "checkpoint every", "milliseconds" },
		{ "delete checkpoint", "the number of a checkpoint" },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (!strcmp(command, wanted[i][0])) {
			say(server, "%s wants %s\n", command, wanted[i][1]);
			return 1;
		}
	return 0;
}

static void obey(struct gdb_server *server, const char *command)
{
	if (leaves_copy(command) && gdb_copy_discard(server))
		return;
	gdb_copy_say(server);
	if (!strcmp(command, "when"))
		when(server);
	else if (!strcmp(command, "event"))
		next_event(server);
	else if (!strncmp(command, "seek ", 5))
		seek(server, command + 5);
	else if (!strcmp(command, "elapsed"))
		elapsed(server);
	else if (!strcmp(command, "processes"))
		processes(server);
	else if (!strcmp(command, "digest"))
		digest(server);
	else if (!strcmp(command, "snapshots"))
		snapshots(server);
	else if (!strcmp(command, "dump"))
		dump(server);
	else if (!strncmp(command, "bt-at ", 6))
		backtrace_at(server, command + 6);
	else if (!strcmp(command, "checkpoint"))
		checkpoint(server);
	else if (!strncmp(command, "checkpoint every ", 17))
		checkpoints_every(server, command + 17);
	else if (!strncmp(command, "restart ", 8))
		restart(server, command + 8);
	else if (!strcmp(command, "info checkpoints"))
		info_checkpoints(server);
	else if (!strncmp(command, "delete checkpoint ", 18))
		delete_checkpoint(server, command + 18);
	else if (!strcmp(command, "reverse") || !strcmp(command, "forward"))
		turn(server, command[0] == 'r');
	else if (!strcmp(command, "discard"))
		discard(server);
	else if (!strcmp(command, "exit"))
		server->is_over = 1;
	else if (!strcmp(command, "help") || !*command)
		say(server, "%s", help);
	else if (!is_unfinished(server, command))
		say(server, "no command of reel's: %s (monitor help lists "
		    "them)\n", command);
	if (!server->reply.length)
		gdb_ok(server);
}

/*
 * Debuggers learn at an exec alone that a process runs another program.  So
 * that is what the next thing they do is answered with, before it is done.
 */
void gdb_monitor(struct gdb_server *server, const char *command)
{
	struct timeline *timeline = server->timeline;
	pid_t process = server->stop.process;
	uint64_t program = timeline_program(timeline, process);

	if (!server->is_exec_due)
		server->known_program = program;
	obey(server, command);
	server->is_exec_due = timeline->reports_execs &&
		process == server->stop.process &&
		timeline_program(timeline, process) != server->known_program;
}
