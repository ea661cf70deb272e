/* SPDX-License-Identifier: MIT */
/*
 * On disk: puts stage 1 into a memfd with write(2), a piece at a time, and
 * executes it.  Usage: stage0 STAGE1 STAGE2
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char piece[16384];

__attribute__((noinline)) static int put_piece(int to, const char *bytes,
					       ssize_t length)
{
	return write(to, bytes, (size_t)length) == length ? 0 : -1;
}

__attribute__((noinline)) static int fill(int to, const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	while (from >= 0 && (got = read(from, piece, sizeof(piece))) > 0)
		if (put_piece(to, piece, got))
			return -1;
	return from < 0 ? -1 : close(from);
}

__attribute__((noinline)) static void launch(int fd, char **argv)
{
	extern char **environ;

	execveat(fd, "", argv, environ, AT_EMPTY_PATH);
	perror("execveat");
}

int main(int argc, char **argv)
{
	int fd = memfd_create("stage-one", MFD_CLOEXEC);

	if (argc != 3 || fd < 0 || fill(fd, argv[1]))
		return 1;
	launch(fd, argv + 1);
	return 1;
}
