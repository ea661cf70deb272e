/* SPDX-License-Identifier: MIT */
/*
 * reel debug: gdb on a replay.  The server is this process; gdb is its child,
 * or whoever connects to the address that --server gives.
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
#include "src/session_page.h"
#include "src/trace_path.h"
#include "traces/report.h"

struct debug_values {
	const char *server, *process;
	char **gdb; /* what stands behind "--", or NULL */
};

static const struct option_row rows[] = {
	{ "server", 0, "ADDRESS",
	  "start no gdb, but serve one at unix:PATH or\n"
	  "tcp:127.0.0.1:PORT" },
	{ "process", 'p', "PID|NAME",
	  "debug this process from its first exec on; NAME is that\n"
	  "of a program or memfd (default: the recorded command)" },
	{ 0 },
};

static int set_option(void *context, const struct option_row *option,
		      const char *argument)
{
	struct debug_values *values = context;

	if (!strcmp(option->name, "server"))
		values->server = argument;
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

/* ---- gdb ---- */

static const char hook[] =
	"define hookpost-monitor\nmaintenance flush register-cache\nend\n";

/* What gdb is told before the person's own arguments. */
static void execute_gdb(const char *socket_path, const char *script,
			char **arguments)
{
	AUTO(heap_free) char *target = xasprintf("target remote %s",
						 socket_path);
	size_t count = 0, used = 0;
	const char **argv;

	while (arguments && arguments[count])
		count++;
	argv = xcalloc(count + 16, sizeof(*argv));
	argv[used++] = "gdb";
	argv[used++] = "-q";
	argv[used++] = "-x";
	argv[used++] = script;
	argv[used++] = "-ex";
	argv[used++] = target;
	for (size_t i = 0; i < count; i++)
		argv[used++] = arguments[i];
	execvp("gdb", (char **)(uintptr_t)argv);
	report(-errno, "debug: start gdb (is it installed?)");
	_exit(EXIT_NOT_FOUND);
}

/* Settings that no packet can make. */
static int write_script(const char *path)
{
	static const char settings[] =
		"set confirm off\n"
		"set sysroot target:\n"
		"set auto-load safe-path /\n"
		"set debuginfod enabled off\n";
	FILE *file = fopen(path, "w");

	if (!file)
		return report(-errno, "debug: write %s", path);
	fputs(settings, file);
	fputs(hook, file);
	return fclose(file) ? report(-errno, "debug: write %s", path) : 0;
}

static int accept_from(int listener, pid_t gdb)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0 || errno != EINTR)
			return fd < 0 ? report(-errno, "debug: accept") : fd;
		if (gdb && waitpid(gdb, NULL, WNOHANG))
			return report(-ECHILD, "debug: gdb ended");
	}
}

static void ignore(int signal)
{
	(void)signal;
}

static int serve_with_gdb(struct timeline *timeline, char **arguments)
{
	const char *temporary = getenv("TMPDIR");
	AUTO(heap_free) char *directory =
		xasprintf("%s/reel-debug-XXXXXX",
			  temporary && *temporary ? temporary : "/tmp");
	AUTO(heap_free) char *path = NULL, *script = NULL;
	struct sigaction action = { .sa_handler = ignore };
	int listener, fd = -1, status = 0, err;
	pid_t gdb;

	if (!mkdtemp(directory))
		return report(-errno, "debug: make %s", directory);
	path = xasprintf("%s/socket", directory);
	script = xasprintf("%s/settings", directory);
	listener = listen_unix(path);
	err = listener < 0 ? listener : write_script(script);
	sigaction(SIGCHLD, &action, NULL);
	gdb = err ? -1 : fork();
	if (gdb == 0)
		execute_gdb(path, script, arguments);
	/* ^C is for gdb, which interrupts us in its own way. */
	signal(SIGINT, SIG_IGN);
	if (gdb > 0)
		fd = accept_from(listener, gdb);
	if (fd >= 0)
		err = gdb_serve(timeline, fd);
	fd_close(&fd);
	fd_close(&listener);
	if (gdb > 0)
		while (waitpid(gdb, &status, 0) < 0 && errno == EINTR)
			;
	unlink(path);
	unlink(script);
	rmdir(directory);
	return err ? err : WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_REEL;
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

static int go_to_process(struct timeline *timeline, const char *process)
{
	char *end;
	long number = process ? strtol(process, &end, 10) : 0;
	int is_name = process && *end;

	return timeline_go_to_exec(timeline, is_name ? 0 : (pid_t)number,
				   is_name ? process : NULL);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct debug_values values = { 0 };
	AUTO(heap_free) char *path = NULL;
	struct timeline *timeline;
	int first, outcome;

	for (int i = 1; i < argc && !values.gdb; i++)
		if (!strcmp(argv[i], "--")) {
			values.gdb = argv + i + 1;
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
	outcome = go_to_process(timeline, values.process);
	if (!outcome)
		outcome = values.server ?
			serve_at(timeline, values.server) :
			serve_with_gdb(timeline, values.gdb);
	timeline_close(timeline);
	return outcome < 0 ? EXIT_REEL : outcome;
}

const struct command command_debug = {
	.name = "debug",
	.operands = "[TRACE] [-- GDB-ARGUMENT...]",
	.most = 1,
	.summary = "Debug a trace with gdb, forwards and backwards",
	.details =
		"TRACE is a path or a name that `reel ls' shows; without it, "
		"the latest. gdb gets\n"
		"the arguments behind --. It reads programs and libraries out "
		"of the trace, those\n"
		"that were only ever in a memfd, too. `monitor help' in gdb "
		"lists what reel adds.",
	.example = "  reel record -- ./a.out\n"
		   "  reel debug -- -ex 'break main' -ex continue",
	.options = rows,
	.failure = EXIT_REEL,
	.usage = EXIT_USAGE,
	.set_option = set_option,
	.run = run,
};
