/* SPDX-License-Identifier: MIT */
/* A non-blocking connect, poll, SO_ERROR, TCP_INFO; and refusal. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tracee.h"

int main(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	int server = sys(socket(AF_INET, SOCK_STREAM, 0)), error = -1;
	int fd = sys(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	socklen_t length = sizeof(name);
	struct tcp_info info;
	struct pollfd wait;

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(server, (void *)&name, sizeof(name)))
		skip("no loopback: errno %d", errno);
	sys(listen(server, 1));
	sys(getsockname(server, (void *)&name, &length));
	check(connect(fd, (void *)&name, length) == 0 || errno == EINPROGRESS);
	wait = (struct pollfd){ fd, POLLOUT, 0 };
	check(poll(&wait, 1, 5000) == 1);
	length = sizeof(error);
	sys(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
	check(error == 0);
	length = sizeof(info);
	sys(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length));
	check(info.tcpi_state == TCP_ESTABLISHED);
	say("rtt %u us, mss %u\n", info.tcpi_rtt, info.tcpi_snd_mss);
	close(server);
	close(fd);
	fd = sys(socket(AF_INET, SOCK_STREAM, 0));
	fails(connect(fd, (void *)&name, sizeof(name)), ECONNREFUSED);
	return success();
}
