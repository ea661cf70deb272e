/* SPDX-License-Identifier: MIT */
/*
 * For tracees that execute themselves as a file without a usable path: the
 * second image says what it sees of itself, its parent compares statuses.
 */
#ifndef REEL_EXEC_ANONYMOUS_H
#define REEL_EXEC_ANONYMOUS_H

#include <sys/auxv.h>

#include "tracee.h"

/* Prints what the image is called; a number tells where it was loaded. */
UNUSED static void say_image(const char *who)
{
	char exe[4096] = "", comm[17] = "", maps[512] = "";
	const char *execfn = (const char *)getauxval(AT_EXECFN), *path;
	struct stat status;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	check(n > 0 && fd >= 0);
	check(read(fd, maps, sizeof(maps) - 1) > 0);
	close(fd);
	sys(prctl(PR_GET_NAME, comm));
	sys(stat("/proc/self/exe", &status));
	path = strchr(maps, '/');
	say("%s: pid %d exe=%s comm=%s execfn=%s\n", who, getpid(), exe, comm,
	    execfn);
	say("%s: maps=%.*s size=%ld mode=%o links=%ld\n", who,
	    path ? (int)strcspn(path, "\n") : 0, path ? path : "",
	    (long)status.st_size, status.st_mode, (long)status.st_nlink);
}

/* Runs fd as a program by execveat with an empty path: its exit status. */
UNUSED static int run_fd(int fd, const char *argument)
{
	char *args[] = { "anonymous", (char *)argument, NULL };
	int status;
	pid_t child = sys(fork());

	if (child == 0) {
		syscall(SYS_execveat, fd, "", args, environ, AT_EMPTY_PATH);
		_exit(errno);
	}
	status = await(child);
	check(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Runs a path such as /proc/self/fd/N, given as a format for fd. */
UNUSED static int run_path(const char *format, int fd)
{
	char path[64], *args[] = { "anonymous", "child", NULL };
	int status;
	pid_t child;

	snprintf(path, sizeof(path), format, fd);
	child = sys(fork());
	if (child == 0) {
		execve(path, args, environ);
		_exit(errno);
	}
	status = await(child);
	check(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#endif
