/* SPDX-License-Identifier: MIT */
/*
 * What a descriptor is, is asked before it is read: files answer at once, what
 * is empty makes others run first, and a number may be another file's by then.
 */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "tracee.h"

#define TIMES 10 /* the later calls make no stop */

static void ask(int fd, mode_t type)
{
	struct stat status, again;

	sys(fstat(fd, &status));
	check((status.st_mode & S_IFMT) == type);
	sys(fstatat(fd, "", &again, AT_EMPTY_PATH));
	check(again.st_ino == status.st_ino && again.st_dev == status.st_dev);
}

static void read_file(void)
{
	char text[8] = "";
	int fd = sys(open("file", O_RDONLY));

	ask(fd, S_IFREG);
	check(read(fd, text, sizeof(text)) == 4 && !strcmp(text, "text"));
	sys(close(fd));
}

/* Its writer runs when the reader waits. */
static void read_waiting(int reader, int writer, mode_t type)
{
	char text[8] = "";
	pid_t child;

	ask(reader, type);
	child = sys(fork());
	if (child == 0) {
		ask(writer, type);
		sleep_ms(1);
		put(writer, "12345678", 8);
		_exit(0);
	}
	check(read(reader, text, sizeof(text)) == 8);
	say("read %.8s\n", type ? text : "a number");
	await_exit(child, 0);
	sys(close(reader));
	if (reader != writer)
		sys(close(writer));
}

/* A number that was a file's is a pipe's, and the other way round. */
static void replace(void)
{
	int file = sys(open("file", O_RDONLY)), ends[2];
	char text[8] = "";

	ask(file, S_IFREG);
	sys(pipe(ends));
	ask(ends[0], S_IFIFO);
	sys(dup2(ends[0], file));
	sys(close(ends[0]));
	read_waiting(file, ends[1], S_IFIFO);
	file = sys(open("file", O_RDONLY));
	ask(file, S_IFREG);
	check(read(file, text, sizeof(text)) == 4 && !strcmp(text, "text"));
	sys(close(file));
}

int main(void)
{
	int ends[2], fd;

	scratch();
	fd = make_file("file", "text", 4, 0640);
	sys(close(fd));
	for (int i = 0; i < TIMES; i++) {
		read_file();
		sys(pipe(ends));
		read_waiting(ends[0], ends[1], S_IFIFO);
		sys(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
		read_waiting(ends[0], ends[1], S_IFSOCK);
		fd = sys(eventfd(0, 0));
		read_waiting(fd, fd, 0);
		replace();
		fd = sys(open(".", O_RDONLY | O_DIRECTORY));
		ask(fd, S_IFDIR);
		fails(read(fd, &ends, sizeof(ends)), EISDIR);
		sys(close(fd));
		fd = sys(open("/dev/zero", O_RDWR));
		ask(fd, S_IFCHR);
		check(read(fd, &ends, sizeof(ends)) == sizeof(ends) &&
		      !ends[0]);
		sys(close(fd));
	}
	return success();
}
