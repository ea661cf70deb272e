/* SPDX-License-Identifier: MIT */
/*
 * getsockopt and setsockopt: lengths, timeouts, buffers, linger, strings.
 *
 * EXPECT-NO-WARNING
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tracee.h"

static int fd;

static void show(const char *what, int level, int option)
{
	unsigned char value[256];
	socklen_t length = sizeof(value);

	if (getsockopt(fd, level, option, value, &length)) {
		say("%s: errno %d\n", what, errno);
		return;
	}
	say("%s: %d bytes\n", what, (int)length);
	say_hex(what, value, length);
}

int main(void)
{
	struct linger linger = { 1, 5 };
	int size = 65536;
	socklen_t length = 2;

	fd = sys(socket(AF_INET, SOCK_STREAM, 0));
	sys(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
	sys(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	show("type", SOL_SOCKET, SO_TYPE);
	show("receive buffer", SOL_SOCKET, SO_RCVBUF);
	show("linger", SOL_SOCKET, SO_LINGER);
	show("timeout", SOL_SOCKET, SO_RCVTIMEO);
	show("device", SOL_SOCKET, SO_BINDTODEVICE);
	show("meminfo", SOL_SOCKET, 55);
	show("congestion", IPPROTO_TCP, TCP_CONGESTION);
	show("user timeout", IPPROTO_TCP, TCP_USER_TIMEOUT);
	show("ttl", IPPROTO_IP, IP_TTL);
	show("cookie", SOL_SOCKET, 57);
	show("unknown", SOL_SOCKET, 9999);
	sys(getsockopt(fd, SOL_SOCKET, SO_TYPE, &size, &length));
	check(length == 2);
	return success();
}
