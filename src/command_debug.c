/* SPDX-License-Identifier: MIT */
/*
 * reel debug: gdb or lldb on a replay.  The server is this process; the
 * debugger is its child, or whoever connects to where --server says.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay/gdb_server.h"
#include "src/commands.h"
#include "src/debug_client.h"
#include "src/session_page.h"
#include "src/trace_path.h"
#include "traces/report.h"

struct debug_values {
	const char *server, *process, *exec;
	int is_lldb;
	char **arguments; /* what stands behind "--", or NULL */
};

static const struct option_row rows[] = {
	{ "lldb", 0, NULL, "start lldb, not gdb" },
	{ "server", 0, "ADDRESS",
	  "start no gdb, but serve one at unix:PATH or\n"
	  "tcp:127.0.0.1:PORT" },
	{ "process", 'p', "PID|NAME",
	  "debug this process, from its first exec on or from the\n"
	  "first one of NAME on: a program, a memfd, or what it was\n"
	  "called as, argv[0] (default: the recorded command)" },
	{ "on-exec", 0, "NAME",
	  "start where NAME is executed; what the process did before\n"
	  "is there to go back to" },
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	struct debug_values *values = context;

	if (!strcmp(option->name, "server"))
		values->server = argument;
	else if (!strcmp(option->name, "on-exec"))
		values->exec = argument;
	else if (!strcmp(option->name, "lldb"))
		values->is_lldb = 1;
	else
		values->process = argument;
	return 0;
}

/* ---- sockets ---- */

static int listen_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, failed;

	if (strlen(path) >= sizeof(address.sun_path))
		return report(-ENAMETOOLONG, "debug: the path of the socket "
			      "has more than %zu bytes",
			      sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mask = umask(0177); /* nobody else may connect */
	failed = fd < 0 || bind(fd, (struct sockaddr *)&address,
				sizeof(address)) || listen(fd, 1);
	umask(mask);
	if (!failed)
		return fd;
	failed = -errno;
	fd_close(&fd);
	return report(failed, "debug: listen at %s", path);
}

static int listen_tcp(const char *text)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int on = 1;
	char *end;
	unsigned long port;
	int fd, failed;

	if (strncmp(text, "127.0.0.1:", 10) ||
	    !(port = strtoul(text + 10, &end, 10)) || *end || port > 65535)
		return report(-EINVAL, "debug: --server wants unix:PATH or "
			      "tcp:127.0.0.1:PORT, not 'tcp:%s'", text);
	address.sin_port = htons((uint16_t)port);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	failed = fd < 0 || bind(fd, (struct sockaddr *)&address,
				sizeof(address)) || listen(fd, 1);
	if (!failed)
		return fd;
	failed = -errno;
	fd_close(&fd);
	return report(failed, "debug: listen at %s", text);
}

static int listen_at(const char *address)
{
	if (!strncmp(address, "unix:", 5))
		return listen_unix(address + 5);
	if (!strncmp(address, "tcp:", 4))
		return listen_tcp(address + 4);
	return report(-EINVAL, "debug: --server wants unix:PATH or "
		      "tcp:127.0.0.1:PORT, not '%s'", address);
}

/* ---- serving ---- */

static int accept_from(int listener, pid_t gdb)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0 || errno != EINTR)
			return fd < 0 ? report(-errno, "debug: accept") : fd;
		if (gdb && waitpid(gdb, NULL, WNOHANG))
			return report(-ECHILD, "debug: the debugger ended");
	}
}

static void ignore(int signal)
{
	(void)signal;
}

static const char *first_program(struct timeline *timeline)
{
	const struct replay_task *task = timeline_current(timeline);
	const struct debug_image *image = task ?
		timeline_image(timeline, task->recorded_tgid) : NULL;

	return image ? image->path : "";
}

/* Returns the debugger's exit status, or a negative error. */
static int serve_child(struct timeline *timeline,
		       const struct debug_client *client)
{
	struct sigaction action = { .sa_handler = ignore };
	AUTO(fd_close) int listener = listen_unix(client->socket);
	AUTO(fd_close) int fd = -1;
	int status = 0, err = 0;
	pid_t child;

	if (listener < 0)
		return listener;
	sigaction(SIGCHLD, &action, NULL);
	child = fork();
	if (child < 0)
		return report(-errno, "debug: fork");
	if (child == 0)
		debug_client_execute(client);
	/* ^C is for the debugger, which interrupts us in its own way. */
	signal(SIGINT, SIG_IGN);
	fd = accept_from(listener, child);
	if (fd >= 0)
		err = gdb_serve(timeline, fd);
	fd_close(&fd);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return err ? err : WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_REEL;
}

static int serve_debugger(struct timeline *timeline, const char *trace_path,
			  const struct debug_values *values)
{
	struct debug_client client = {
		.kind = values->is_lldb ? CLIENT_LLDB : CLIENT_GDB,
		.trace_path = trace_path,
		.program = first_program(timeline),
		.arguments = values->arguments,
	};
	int outcome = debug_client_open(&client);

	if (!outcome)
		outcome = serve_child(timeline, &client);
	debug_client_close(&client);
	return outcome;
}

static int serve_at(struct timeline *timeline, const char *address)
{
	int listener = listen_at(address), fd, err;

	if (listener < 0)
		return listener;
	fd = accept_from(listener, 0);
	if (!strncmp(address, "unix:", 5))
		unlink(address + 5);
	fd_close(&listener);
	if (fd < 0)
		return fd;
	err = gdb_serve(timeline, fd);
	fd_close(&fd);
	return err;
}

static int go_to_process(struct timeline *timeline,
			 const struct debug_values *values)
{
	const char *process = values->process;
	char *end;
	long number = process ? strtol(process, &end, 10) : 0;
	int is_name = process && *end;

	return timeline_go_to_exec(timeline, is_name ? 0 : (pid_t)number,
				   is_name ? process : NULL, values->exec);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct debug_values values = { 0 };
	AUTO(heap_free) char *path = NULL;
	struct timeline *timeline;
	int first, outcome;

	for (int i = 1; i < argc && !values.arguments; i++)
		if (!strcmp(argv[i], "--")) {
			values.arguments = argv + i + 1;
			argv[i] = NULL;
			argc = i;
		}
	first = options_parse(command, argc, argv, &values);
	if (first < 0)
		return options_exit_status(command, first);
	if (refuse_inside_recording() || trace_path_find(argv[first], &path))
		return EXIT_REEL;
	replay_prepare();
	if (timeline_open(path, &timeline))
		return EXIT_REEL;
	outcome = go_to_process(timeline, &values);
	if (!outcome)
		outcome = values.server ?
			serve_at(timeline, values.server) :
			serve_debugger(timeline, path, &values);
	timeline_close(timeline);
	return outcome < 0 ? EXIT_REEL : outcome;
}

const struct command command_debug = {
	.name = "debug",
	.operands = "[TRACE] [-- DEBUGGER-ARGUMENT...]",
	.most = 1,
	.summary = "Debug a trace with gdb or lldb, forwards and backwards",
	.details =
		"TRACE is a path or a name that `reel ls' shows; without it, "
		"the latest. gdb gets\n"
		"the arguments behind --. It reads programs and libraries out "
		"of the trace, those\n"
		"that were only ever in a memfd, too. `help reel' in gdb "
		"lists what reel adds.",
	.example = "  reel record -- ./a.out\n"
		   "  reel debug -- -ex 'break main' -ex continue",
	.options = rows,
	.failure = EXIT_REEL,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
