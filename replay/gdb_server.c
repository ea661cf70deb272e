/* SPDX-License-Identifier: MIT */
#include "replay/gdb_server.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay/inspect.h"
#include "traces/report.h"

#define MEMORY_MAX (GDB_PACKET_MAX / 2 - 64)

/* ---- replies ---- */

void gdb_ok(struct gdb_server *server)
{
	gdb_reply_text(&server->reply, "OK");
}

void gdb_error(struct gdb_server *server, int number)
{
	gdb_reply_clear(&server->reply);
	gdb_reply_text(&server->reply, "E%02x", (unsigned)number & 0xff);
}

static void send_bytes(struct gdb_server *server, const void *bytes,
		       size_t length)
{
	const char *at = bytes;

	/* Who asked for the end gets the answer to that, too. */
	while (length) {
		ssize_t sent = send(server->fd, at, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0) {
			server->is_over = 1;
			return;
		}
		at += sent;
		length -= (size_t)sent;
	}
}

void gdb_send(struct gdb_server *server, const struct gdb_reply *reply)
{
	gdb_reply_clear(&server->framed);
	gdb_reply_frame(reply, &server->framed);
	send_bytes(server, server->framed.bytes, server->framed.length);
}

void gdb_part(struct gdb_server *server, const void *bytes, size_t length,
	      const char *offset_and_length)
{
	uint64_t offset, wanted;
	size_t sent;

	if (!gdb_read_until(&offset_and_length, ',', &offset) ||
	    !gdb_read_until(&offset_and_length, 0, &wanted)) {
		gdb_error(server, EINVAL);
		return;
	}
	if (offset >= length) {
		gdb_reply_text(&server->reply, "l");
		return;
	}
	length -= offset;
	if (wanted > length)
		wanted = length;
	gdb_reply_text(&server->reply, "m");
	sent = gdb_reply_binary(&server->reply, (const char *)bytes + offset,
				wanted);
	if (sent == length)
		server->reply.bytes[0] = 'l';
}

/* ---- threads ---- */

void gdb_write_thread(struct gdb_server *server, pid_t process, pid_t thread)
{
	if (server->is_extended)
		gdb_reply_text(&server->reply, "p%x.%x", (unsigned)process,
			       (unsigned)thread);
	else
		gdb_reply_text(&server->reply, "%x", (unsigned)thread);
}

static int read_id(const char **text, pid_t *id_out)
{
	uint64_t number;

	if ((*text)[0] == '-' && (*text)[1] == '1') {
		*text += 2;
		*id_out = -1;
		return 1;
	}
	if (!gdb_read_number(text, &number) || number > INT32_MAX)
		return 0;
	*id_out = (pid_t)number;
	return 1;
}

int gdb_read_thread(const char **text, pid_t *process_out, pid_t *thread_out)
{
	*process_out = 0;
	if (**text != 'p')
		return read_id(text, thread_out);
	(*text)++;
	if (!read_id(text, process_out))
		return 0;
	*thread_out = -1;
	if (**text != '.')
		return 1;
	(*text)++;
	return read_id(text, thread_out);
}

struct replay_task *gdb_task(struct gdb_server *server)
{
	struct replay_task *task = NULL;

	if (server->general > 0)
		task = timeline_task(server->timeline, server->general);
	return task ? task : timeline_current(server->timeline);
}

static void set_thread(struct gdb_server *server, const char *packet)
{
	pid_t process, thread;
	char what = *packet++;

	if ((what != 'g' && what != 'c') ||
	    !gdb_read_thread(&packet, &process, &thread)) {
		gdb_error(server, EINVAL);
		return;
	}
	if (what == 'c')
		server->chosen = (struct resumption){
			.process = process > 0 ? process : 0,
			.thread = thread > 0 ? thread : 0,
		};
	/* To go backwards gdb names the process alone: it means this thread. */
	if (what == 'c' && thread <= 0 && process == server->stop.process)
		thread = server->stop.thread;
	if (thread <= 0 && process > 0)
		thread = process;
	if (thread > 0 && !timeline_task(server->timeline, thread)) {
		gdb_error(server, ESRCH);
		return;
	}
	if (what == 'g')
		server->general = thread;
	else
		server->resumed = thread;
	gdb_ok(server);
}

static void is_alive(struct gdb_server *server, const char *packet)
{
	pid_t process, thread;

	if (gdb_read_thread(&packet, &process, &thread) &&
	    timeline_task(server->timeline, thread))
		gdb_ok(server);
	else
		gdb_error(server, ESRCH);
}

/* ---- stops ---- */

/* Those that gdb has other numbers for (include/gdb/signals.def). */
static int gdb_signal(int number)
{
	static const uint8_t numbers[32] = {
		0, 1, 2, 3, 4, 5, 6, 10, 8, 9, 30, 11, 31, 13, 14, 15,
		0, 20, 19, 17, 18, 21, 22, 16, 24, 25, 26, 27, 28, 23, 32, 12,
	};

	if (number < 32)
		return numbers[number & 31];
	if (number == 32)
		return 77;
	return number < 64 ? number - 33 + 45 : 78;
}

static void name_stop(struct gdb_server *server, const struct debug_stop *stop)
{
	static const char *const watches[] = {
		[WATCH_WRITE] = "watch", [WATCH_READ] = "rwatch",
		[WATCH_ACCESS] = "awatch",
	};
	struct gdb_reply *reply = &server->reply;

	switch (stop->kind) {
	case STOP_BREAK:
		gdb_reply_text(reply, "swbreak:;");
		break;
	case STOP_WATCH:
		gdb_reply_text(reply, "%s:%" PRIx64 ";", watches[stop->watch],
			       stop->address);
		break;
	case STOP_BEGIN:
	case STOP_END:
		gdb_reply_text(reply, "replaylog:%s;",
			       stop->kind == STOP_BEGIN ? "begin" : "end");
		break;
	case STOP_FORK:
	case STOP_VFORK:
		gdb_reply_text(reply, "%sfork:",
			       stop->kind == STOP_VFORK ? "v" : "");
		gdb_write_thread(server, stop->child, stop->child);
		gdb_reply_text(reply, ";");
		break;
	case STOP_VFORK_DONE:
		gdb_reply_text(reply, "vforkdone:;");
		break;
	case STOP_EXEC:
		gdb_reply_text(reply, "exec:");
		gdb_reply_hex(reply, stop->path, strlen(stop->path));
		gdb_reply_text(reply, ";");
		break;
	case STOP_CALL_ENTRY:
	case STOP_CALL_RETURN:
		gdb_reply_text(reply, "syscall_%s:%x;",
			       stop->kind == STOP_CALL_ENTRY ? "entry" :
			       "return", (unsigned)stop->number);
		break;
	default:
		break;
	}
}

static void exit_reply(struct gdb_server *server,
		       const struct debug_stop *stop)
{
	if (WIFSIGNALED(stop->number))
		gdb_reply_text(&server->reply, "X%02x",
			       (unsigned)gdb_signal(WTERMSIG(stop->number)));
	else
		gdb_reply_text(&server->reply, "W%02x",
			       (unsigned)WEXITSTATUS(stop->number));
	if (server->is_extended)
		gdb_reply_text(&server->reply, ";process:%x",
			       (unsigned)stop->process);
}

/* What is asked for at each stop. */
static void write_register(struct gdb_server *server, unsigned number,
			   uint64_t value)
{
	gdb_reply_text(&server->reply, "%02x:", number);
	gdb_reply_hex(&server->reply, &value, sizeof(value));
	gdb_reply_text(&server->reply, ";");
}

void gdb_stop_reply(struct gdb_server *server)
{
	const struct debug_stop *stop = &server->stop;
	struct replay_task *task;
	int number = SIGTRAP;

	if (stop->kind == STOP_EXITED) {
		exit_reply(server, stop);
		return;
	}
	if (stop->kind == STOP_SIGNAL)
		number = gdb_signal(stop->number);
	else if (stop->kind == STOP_INTERRUPT)
		number = SIGINT;
	gdb_reply_text(&server->reply, "T%02x", (unsigned)number);
	name_stop(server, stop);
	gdb_reply_text(&server->reply, "thread:");
	gdb_write_thread(server, stop->process, stop->thread);
	gdb_reply_text(&server->reply, ";");
	gdb_lldb_stop(server);
	task = timeline_task(server->timeline, stop->thread);
	if (task && !replay_get_registers(server->timeline->replayer, task)) {
		struct registers registers = inspect_program_registers(task);

		write_register(server, 6, registers.value[R_RBP]);
		write_register(server, 7, registers.value[R_RSP]);
		write_register(server, 16, registers.value[R_RIP]);
	}
}

void gdb_print_bytes(struct gdb_server *server, const void *bytes,
		     size_t length)
{
	gdb_reply_clear(&server->reply);
	gdb_reply_text(&server->reply, "O");
	gdb_reply_hex(&server->reply, bytes, length);
	gdb_send(server, &server->reply);
	gdb_reply_clear(&server->reply);
}

void gdb_print(struct gdb_server *server, const char *text)
{
	if (text)
		gdb_print_bytes(server, text, strlen(text));
}

/* Who was interrupted is one of those that were resumed. */
static void choose_interrupted(struct gdb_server *server)
{
	const struct timeline *timeline = server->timeline;
	struct debug_stop *stop = &server->stop;
	struct replay_task *task = NULL;
	struct debug_stop other = *stop;

	while (timeline_is_held(timeline, stop) &&
	       (task = inspect_next(timeline->replayer, task))) {
		other.process = task->recorded_tgid;
		other.thread = task->recorded_tid;
		if (!timeline_is_held(timeline, &other))
			*stop = other;
	}
}

static void after_run(struct gdb_server *server, int err)
{
	if (err) {
		/* What there was to say was reported. */
		server->is_over = 1;
		gdb_reply_text(&server->reply, "X09");
		return;
	}
	gdb_print(server, server->timeline->message);
	server->timeline->message = NULL;
	server->stop = server->timeline->stop;
	choose_interrupted(server);
	timeline_show(server->timeline, &server->stop);
	if (server->stop.kind == STOP_BEGIN)
		gdb_print(server, "reel: the recording begins here\n");
	if (server->stop.kind == STOP_END)
		gdb_print(server, "reel: the recording ends here\n");
	server->general = server->resumed = server->stop.thread;
	gdb_stop_reply(server);
}

/* ---- resuming ---- */

static struct timeline *interrupted; /* for the signal handler */

static void on_input(int signal)
{
	struct timeline *timeline = interrupted;
	int saved = errno;

	(void)signal;
	if (timeline)
		timeline_interrupt(timeline);
	errno = saved;
}

/* Anything that the client sends while tasks run interrupts them. */
static void begin_run(struct gdb_server *server)
{
	struct sigaction action = { .sa_handler = on_input };
	struct pollfd input = { server->fd, POLLIN, 0 };

	interrupted = server->timeline;
	server->timeline->is_interrupted = 0;
	sigaction(SIGIO, &action, NULL);
	fcntl(server->fd, F_SETOWN, getpid());
	fcntl(server->fd, F_SETFL,
	      fcntl(server->fd, F_GETFL) | O_ASYNC);
	if (poll(&input, 1, 0) > 0)
		server->timeline->is_interrupted = 1;
}

static void end_run(struct gdb_server *server)
{
	fcntl(server->fd, F_SETFL,
	      fcntl(server->fd, F_GETFL) & ~O_ASYNC);
	interrupted = NULL;
	server->timeline->is_interrupted = 0;
}

static pid_t thread_to_step(struct gdb_server *server, pid_t thread)
{
	const struct replay_task *task;

	if (thread > 0)
		return thread;
	task = timeline_task(server->timeline, server->resumed);
	if (!task)
		task = timeline_current(server->timeline);
	return task ? task->recorded_tid : 0;
}

/* The recording's own way; what was changed before is gone. */
static int run_recording(struct gdb_server *server, const char *how,
			 pid_t thread, uint64_t start, uint64_t end)
{
	struct timeline *timeline = server->timeline;
	int err = gdb_copy_discard(server);

	gdb_copy_say(server);
	if (err)
		return err;
	if (!strcmp(how, "s"))
		return timeline_step(timeline, thread_to_step(server, thread),
				     start, end);
	if (!strcmp(how, "bs"))
		return timeline_reverse_step(timeline,
					     thread_to_step(server, thread));
	return !strcmp(how, "bc") ? timeline_reverse_continue(timeline) :
				    timeline_continue(timeline);
}

/*
 * What breakpoints it has just set are of the program that it knew, and it
 * believes that none is left behind an exec.
 */
static void show_exec(struct gdb_server *server)
{
	struct timeline *timeline = server->timeline;
	const struct debug_image *image =
		timeline_image(timeline, server->stop.process);

	server->is_exec_due = server->is_moved = 0;
	breakpoints_forget_program(&timeline->breakpoints,
				   server->stop.process);
	server->stop.kind = STOP_EXEC;
	server->stop.path = image ? image->path : "";
	gdb_stop_reply(server);
}

static void run(struct gdb_server *server, const char *how, pid_t thread,
		uint64_t start, uint64_t end)
{
	int err;

	if (server->is_exec_due) {
		show_exec(server);
		return;
	}
	if (server->is_moved) {
		server->is_moved = 0;
		gdb_stop_reply(server);
		return;
	}
	if (server->is_reverse && !strcmp(how, "s"))
		how = "bs";
	else if (server->is_reverse && !strcmp(how, "c"))
		how = "bc";
	begin_run(server);
	if (how[0] == 'b' || !gdb_copy_run(server, how[0] == 's', thread,
					   start, end, &err))
		err = run_recording(server, how, thread, start, end);
	end_run(server);
	after_run(server, err);
}

/* All that vCont resumes, of the actions from the first `;' on. */
static void choose(struct gdb_server *server, const char *packet)
{
	struct resumption resumed[RESUMED_MAX + 1];
	pid_t process, thread;
	size_t count = 0;

	while (packet && packet[0] == ';' && count <= RESUMED_MAX) {
		const char *next = strchr(packet + 1, ';');
		const char *at = strchr(packet + 1, ':');

		if (!at || (next && at > next) ||
		    (at++, !gdb_read_thread(&at, &process, &thread))) {
			timeline_resume_all(server->timeline);
			return;
		}
		if (packet[1] != 't')
			resumed[count++] = (struct resumption){
				.process = process > 0 ? process : 0,
				.thread = thread > 0 ? thread : 0,
			};
		packet = next;
	}
	timeline_resume_only(server->timeline, resumed, count);
}

/*
 * The one that it stopped with is the recording's anyway, and is passed or not
 * as it was then.  What happened in a copy was not recorded: no handler gets
 * it.
 */
static void take_signal(struct gdb_server *server, const char *packet)
{
	const struct debug_stop *stop = &server->stop;
	uint64_t number = 0;

	gdb_read_number(&packet, &number);
	if (!server->copy.is_there && number &&
	    !(stop->kind == STOP_SIGNAL &&
	      (uint64_t)gdb_signal(stop->number) == number))
		gdb_print(server, "reel: what was recorded gets no other "
			  "signals: it goes on without\n");
	gdb_copy_discard(server);
}

/*
 * vCont;ACTION[:THREAD]...: the recorded order of threads is what it is, so
 * the first one says what to do, and all of them who may stop.
 */
static void resume(struct gdb_server *server, const char *packet)
{
	pid_t process, thread = 0;
	uint64_t start = 0, end = 0;
	const char *action = packet + 1, *at;

	if (packet[0] != ';' || !strchr("cCsSrt", action[0])) {
		gdb_error(server, EINVAL);
		return;
	}
	at = action + 1;
	if (action[0] == 'r' && (!gdb_read_until(&at, ',', &start) ||
				 !gdb_read_number(&at, &end))) {
		gdb_error(server, EINVAL);
		return;
	}
	at = strchr(action, ':');
	if (at) {
		at++;
		if (!gdb_read_thread(&at, &process, &thread))
			thread = 0;
	}
	if (strchr("CS", action[0]))
		take_signal(server, action + 1);
	choose(server, packet);
	run(server, strchr("sSr", action[0]) ? "s" : "c", thread, start, end);
}

/* ---- memory ---- */

static void read_memory(struct gdb_server *server, const char *packet,
			int is_binary)
{
	struct replay_task *task = gdb_task(server);
	AUTO(heap_free) uint8_t *bytes = NULL;
	struct memory *memory;
	uint64_t address, length;
	size_t got;

	if (!gdb_read_until(&packet, ',', &address) ||
	    !gdb_read_until(&packet, 0, &length) || !task) {
		gdb_error(server, EINVAL);
		return;
	}
	if (length > MEMORY_MAX)
		length = MEMORY_MAX;
	bytes = xmalloc(length + 1);
	memory = inspect_shown_memory(task);
	got = memory->read(memory, address, bytes, length);
	if (is_binary && !length && server->is_lldb) {
		gdb_ok(server); /* lldb asks whether it may */
		return;
	}
	if (!got && length)
		gdb_error(server, EFAULT);
	else if (is_binary)
		gdb_reply_binary(&server->reply, bytes, got);
	else
		gdb_reply_hex(&server->reply, bytes, got);
}

/* ---- leaving ---- */

/* ";PROCESS" or nothing, which is all of them.  Who is killed, is left. */
static void detach(struct gdb_server *server, const char *packet)
{
	uint64_t process = 0;

	gdb_ok(server);
	if (packet[0] == ';') {
		packet++;
		gdb_read_number(&packet, &process);
	}
	if (process)
		timeline_detach(server->timeline, (pid_t)process);
	if (!process || !server->timeline->attached_count)
		server->is_over = 1;
}

/* ---- packets ---- */

static void v_packet(struct gdb_server *server, const char *packet,
		     size_t length)
{
	if (!strcmp(packet, "vCont?"))
		gdb_reply_text(&server->reply, "vCont;c;C;s;S;r");
	else if (!strncmp(packet, "vCont;", 6))
		resume(server, packet + 5);
	else if (!strncmp(packet, "vFile:", 6))
		gdb_file(server, packet + 6, length - 6);
	else if (!strncmp(packet, "vKill", 5))
		detach(server, packet + 5);
}

static void read_registers(struct gdb_server *server, const char *packet)
{
	struct replay_task *task = gdb_task(server);
	uint64_t number;

	if (!task)
		gdb_error(server, ESRCH);
	else if (packet[0] == 'g')
		gdb_registers(server, task);
	else if (packet++, !gdb_read_until(&packet, 0, &number) ||
		 number > 0xffff ||
		 !gdb_register(server, task, (unsigned)number))
		gdb_error(server, EINVAL);
}

static void step_or_continue(struct gdb_server *server, const char *packet)
{
	if (packet[0] == 'C' || packet[0] == 'S')
		take_signal(server, packet + 1);
	timeline_resume_only(server->timeline, &server->chosen, 1);
	if (!strcmp(packet, "bs") || !strcmp(packet, "bc"))
		run(server, packet, server->resumed, 0, 0);
	else if (packet[0] == 's' || packet[0] == 'S')
		run(server, "s", server->resumed, 0, 0);
	else if (packet[0] == 'c' || packet[0] == 'C')
		run(server, "c", 0, 0, 0);
}

static void handle(struct gdb_server *server, const char *packet,
		   size_t length)
{
	if (gdb_scratch(server, packet, length))
		return;
	switch (packet[0]) {
	case '?':
		gdb_stop_reply(server);
		break;
	case 'g':
	case 'p':
		read_registers(server, packet);
		break;
	case 'm':
	case 'x':
		read_memory(server, packet + 1, packet[0] == 'x');
		break;
	case 'G':
	case 'P':
		gdb_copy_registers(server, packet);
		break;
	case 'M':
	case 'X':
		gdb_copy_write(server, packet, length);
		break;
	case 'z':
	case 'Z':
		gdb_break(server, packet);
		break;
	case 'H':
		set_thread(server, packet + 1);
		break;
	case 'T':
		is_alive(server, packet + 1);
		break;
	case 'b':
	case 'c':
	case 'C':
	case 's':
	case 'S':
		step_or_continue(server, packet);
		break;
	case 'v':
		v_packet(server, packet, length);
		break;
	case 'q':
	case 'Q':
		gdb_query(server, packet);
		break;
	case 'D':
		detach(server, packet + 1);
		break;
	case 'k':
		server->is_over = 1;
		break;
	default:
		break; /* an empty reply: not known here */
	}
}

/* ---- the connection ---- */

static void take_input(struct gdb_server *server, enum gdb_input input)
{
	switch (input) {
	case GDB_PACKET:
		if (!server->is_silent)
			send_bytes(server, "+", 1);
		gdb_reply_clear(&server->reply);
		handle(server, server->parser.bytes, server->parser.length);
		gdb_send(server, &server->reply);
		break;
	case GDB_BAD:
		if (!server->is_silent)
			send_bytes(server, "-", 1);
		break;
	case GDB_AGAIN:
		if (!server->is_silent)
			send_bytes(server, server->framed.bytes,
				   server->framed.length);
		break;
	case GDB_INTERRUPT: /* nothing runs now */
	case GDB_NOTHING:
		break;
	}
}

static void serve(struct gdb_server *server)
{
	uint8_t bytes[4096];

	while (!server->is_over) {
		ssize_t got = recv(server->fd, bytes, sizeof(bytes), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
		for (ssize_t i = 0; i < got && !server->is_over; i++)
			take_input(server, gdb_parser_feed(&server->parser,
							   bytes[i]));
	}
}

int gdb_serve(struct timeline *timeline, int fd)
{
	struct gdb_server *server = xcalloc(1, sizeof(*server));
	struct replay_task *task = timeline_current(timeline);

	server->fd = fd;
	server->timeline = timeline;
	for (size_t i = 0; i < GDB_FILES_MAX; i++)
		server->files[i] = -1;
	server->stop = (struct debug_stop){ .kind = STOP_STEP };
	if (task) {
		server->stop.process = task->recorded_tgid;
		server->stop.thread = task->recorded_tid;
		server->general = server->resumed = task->recorded_tid;
	}
	gdb_conditions_init(server);
	gdb_reply_text(&server->framed, "+");
	serve(server);
	gdb_files_close(server);
	gdb_conditions_deinit(server);
	gdb_reply_deinit(&server->reply);
	gdb_reply_deinit(&server->framed);
	free(server->scratch);
	gdb_bookmarks_free(server);
	gdb_copy_forget(server);
	free(server);
	return timeline->is_lost ? -EIO : 0;
}
