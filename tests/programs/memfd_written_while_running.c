/* SPDX-License-Identifier: MIT */
/* A running memfd program is written to: its pages change under it. */
#include "exec_anonymous.h"

static const char marker[4096]
	__attribute__((aligned(4096))) = "marker: as it was built";

/* The loader maps pages, so the page's place in the file is aligned too. */
static off_t find_marker(int fd)
{
	char text[16];

	for (off_t at = 0; pread(fd, text, 16, at) == 16; at += 4096)
		if (!memcmp(text, marker, 16))
			return at;
	check(!"the marker must be in the file");
	return 0;
}

static int child_main(void)
{
	const volatile char *seen = marker;
	char byte;

	say("before: %s\n", marker);
	put(5, "r", 1);
	check(read(4, &byte, 1) == 1);
	say("after: %c%c%c\n", seen[8], seen[9], seen[10]);
	return seen[8];
}

int main(int argc, char **argv)
{
	char *args[] = { "anonymous", "child", NULL };
	int fd, to[2], from[2];
	char byte;
	pid_t child;

	(void)argv;
	if (argc > 1)
		return child_main();
	fd = memfd_executable("live", MFD_CLOEXEC);
	copy_self(fd);
	sys(pipe2(to, O_CLOEXEC));
	sys(pipe2(from, O_CLOEXEC));
	child = sys(fork());
	if (child == 0) {
		/* Out of the way: it may be 4 or 5 itself. */
		fd = sys(fcntl(fd, F_DUPFD_CLOEXEC, 50));
		sys(dup2(to[0], 104));
		sys(dup2(from[1], 105));
		sys(dup2(104, 4));
		sys(dup2(105, 5));
		syscall(SYS_execveat, fd, "", args, environ, AT_EMPTY_PATH);
		_exit(99);
	}
	check(read(from[0], &byte, 1) == 1);
	check(pwrite(fd, "NEW", 3, find_marker(fd) + 8) == 3);
	sys(ftruncate(fd, 1 << 23));
	put(to[1], "g", 1);
	await_exit(child, 'N');
	return success();
}
