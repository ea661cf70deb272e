/* SPDX-License-Identifier: MIT */
/* Datagrams keep their borders; MSG_PEEK and MSG_TRUNC look at them. */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tracee.h"

int main(void)
{
	int ends[2], ready;
	char text[32];

	sys(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends));
	check(send(ends[0], "first", 5, 0) == 5);
	check(send(ends[0], "second", 6, 0) == 6);
	check(recv(ends[1], text, 3, MSG_PEEK) == 3);
	check(recv(ends[1], text, 2, MSG_PEEK | MSG_TRUNC) == 5);
	sys(ioctl(ends[1], FIONREAD, &ready));
	check(recv(ends[1], text, 32, 0) == 5);
	check(recv(ends[1], text, 32, 0) == 6 && !memcmp(text, "second", 6));
	fails(recv(ends[1], text, 32, 0), EAGAIN);
	sys(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends));
	check(send(ends[0], "packet", 6, 0) == 6);
	check(recv(ends[1], text, 32, 0) == 6);
	return success();
}
