/* SPDX-License-Identifier: MIT */
/* A request and an answer over a stream socketpair, and shutdown. */
#include <sys/socket.h>

#include "tracee.h"

int main(void)
{
	int ends[2];
	char text[32];
	pid_t child;

	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	child = sys(fork());
	if (child == 0) {
		ssize_t n;

		close(ends[0]);
		while ((n = sys(recv(ends[1], text, sizeof(text), 0))) > 0) {
			for (int i = 0; i < n; i++)
				text[i] ^= 32;
			check(send(ends[1], text, n, MSG_NOSIGNAL) == n);
		}
		_exit(3);
	}
	close(ends[1]);
	check(send(ends[0], "hello", 5, 0) == 5);
	check(recv(ends[0], text, 5, MSG_WAITALL) == 5);
	check(!memcmp(text, "HELLO", 5));
	sys(shutdown(ends[0], SHUT_WR));
	check(recv(ends[0], text, 5, 0) == 0);
	await_exit(child, 3);
	return success();
}
