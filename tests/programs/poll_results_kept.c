/* SPDX-License-Identifier: MIT */
/*
 * What an earlier poll(2) answered stays in memory while the next one waits:
 * the kernel writes it only when that returns.
 */
#include "tracee.h"

#include <poll.h>

static void read_byte(int fd)
{
	char byte;

	check(read(fd, &byte, 1) == 1);
}

int main(void)
{
	struct pollfd *fds;
	int to[2], from[2];
	pid_t child;

	fds = map_private(4096);
	sys(pipe(to));
	sys(pipe(from));
	child = sys(fork());
	if (child == 0) {
		for (int i = 0; i < 20; i++) {
			read_byte(to[0]);
			sleep_ms(2);
			sys(write(from[1], "x", 1));
		}
		_exit(0);
	}
	fds[0] = (struct pollfd){ from[0], POLLIN, 0 };
	for (int i = 0; i < 20; i++) {
		sys(write(to[1], "x", 1));
		check(poll(fds, 1, -1) == 1);
		check(fds[0].revents == POLLIN);
		read_byte(from[0]);
	}
	await_exit(child, 0);
	return success();
}
