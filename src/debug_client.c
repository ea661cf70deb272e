/* SPDX-License-Identifier: MIT */
#include "src/debug_client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/debug_root.h"
#include "src/options.h"
#include "traces/report.h"

/*
 * What gdb loads by itself stays what it is for the person's other programs: a
 * recorded program may have scripts for gdb in it, and may be anybody's.
 */
static const char gdb_settings[] =
	"set confirm off\n"
	"set sysroot target:\n"
	"set debuginfod enabled off\n"
	"define hookpost-monitor\n"
	"maintenance flush register-cache\n"
	"end\n";

/*
 * gdb's own commands for reel: beside the program, as in a build tree, or where
 * it was installed.  NULL: there are none, and monitor commands do it all.
 */
static char *find_commands(void)
{
	char self[PATH_MAX], *slash;
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *path;

	self[length < 0 ? 0 : length] = '\0';
	slash = strrchr(self, '/');
	if (slash) {
		*slash = '\0';
		path = xasprintf("%s/gdb/reel.py", self);
		if (!access(path, R_OK))
			return path;
		free(path);
	}
	return access(REEL_DATA "/gdb/reel.py", R_OK) ? NULL :
		xstrdup(REEL_DATA "/gdb/reel.py");
}

static void write_gdb(FILE *file)
{
	AUTO(heap_free) char *commands = find_commands();

	fputs(gdb_settings, file);
	if (commands)
		fprintf(file, "source %s\n", commands);
}

/*
 * lldb reads no files by packet, so they are put where it finds them, and what
 * is on this machine at the same paths is not taken for what was recorded.
 */
static void write_lldb(const struct debug_client *client, FILE *file)
{
	AUTO(heap_free) char *root = xasprintf("%s/root", client->directory);
	AUTO(heap_free) char *program = xasprintf("%s/%s", root,
						  client->program);

	if (mkdir(root, 0700) || debug_root_write(client->trace_path, root))
		return;
	fprintf(file, "platform select remote-linux\n"
		"settings set target.load-script-from-symbol-file false\n");
	if (!access(program, R_OK) && !strpbrk(client->program, "\"\\\n"))
		fprintf(file, "target create \"%s\"\n", program);
	else
		fprintf(file, "target create --arch x86_64-pc-linux-gnu\n");
	fprintf(file, "target modules search-paths add / \"%s/\"\n", root);
	fprintf(file, "process connect --plugin gdb-remote "
		"\"unix-connect://%s\"\n", client->socket);
}

static int write_settings(const struct debug_client *client)
{
	AUTO(heap_free) char *path = xasprintf("%s/settings",
					       client->directory);
	FILE *file = fopen(path, "w");

	if (!file)
		return report(-errno, "debug: write %s", path);
	if (client->kind == CLIENT_GDB)
		write_gdb(file);
	else
		write_lldb(client, file);
	return fclose(file) ? report(-errno, "debug: write %s", path) : 0;
}

/* Of no terminal, and nobody's child: it sees the pipe's other end close. */
static void tidy_up_after(const char *directory, int fd)
{
	char byte;

	setsid();
	if (fork())
		_exit(0);
	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
	debug_root_remove(directory);
	_exit(0);
}

static int keep_tidy(struct debug_client *client)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return report(-errno, "debug: make a pipe");
	child = fork();
	if (child == 0) {
		close(ends[1]);
		tidy_up_after(client->directory, ends[0]);
	}
	close(ends[0]);
	client->alive = ends[1];
	if (child < 0)
		return report(-errno, "debug: fork");
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

int debug_client_open(struct debug_client *client)
{
	const char *temporary = getenv("TMPDIR");
	int err;

	client->alive = -1;
	client->directory = xasprintf("%s/reel-debug-XXXXXX",
				      temporary && *temporary ? temporary :
				      "/tmp");
	if (!mkdtemp(client->directory)) {
		free(client->directory);
		client->directory = NULL;
		return report(-errno, "debug: make a directory (set TMPDIR)");
	}
	client->socket = xasprintf("%s/socket", client->directory);
	err = keep_tidy(client);
	return err ? err : write_settings(client);
}

void debug_client_close(struct debug_client *client)
{
	if (client->directory)
		debug_root_remove(client->directory);
	fd_close(&client->alive);
	free(client->directory);
	free(client->socket);
}

void debug_client_execute(const struct debug_client *client)
{
	AUTO(heap_free) char *settings = xasprintf("%s/settings",
						   client->directory);
	AUTO(heap_free) char *target = xasprintf("target remote %s",
						 client->socket);
	const char *gdb[] = { "gdb", "-q", "-x", settings, "-ex", target };
	const char *lldb[] = { "lldb", "-s", settings };
	int is_gdb = client->kind == CLIENT_GDB;
	const char *const *first = is_gdb ? gdb : lldb;
	size_t used = is_gdb ? 6 : 3, count = 0;
	const char **argv;

	while (client->arguments && client->arguments[count])
		count++;
	argv = xcalloc(used + count + 1, sizeof(*argv));
	memcpy(argv, first, used * sizeof(*argv));
	for (size_t i = 0; i < count; i++)
		argv[used + i] = client->arguments[i];
	execvp(argv[0], (char **)(uintptr_t)argv);
	if (!is_gdb) /* as Debian's packages call it */
		execvp("lldb-14", (char **)(uintptr_t)argv);
	report(-errno, "debug: start %s (is it installed?)", argv[0]);
	_exit(EXIT_NOT_FOUND);
}
