/* SPDX-License-Identifier: MIT */
/* TCP over the loopback: port 0, accept, send in pieces, close. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tracee.h"

static void client(struct sockaddr_in name)
{
	int fd = sys(socket(AF_INET, SOCK_STREAM, 0)), one = 1;
	char text[100];
	size_t total = 0;
	ssize_t n;

	sys(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
	sys(connect(fd, (void *)&name, sizeof(name)));
	put(fd, "GET\n", 4);
	while ((n = sys(read(fd, text, sizeof(text)))) > 0)
		total += n;
	_exit(total == 1000 ? 0 : 1);
}

int main(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET }, peer;
	socklen_t length = sizeof(name);
	static char block[1000];
	int fd = sys(socket(AF_INET, SOCK_STREAM, 0)), connection, one = 1;
	pid_t child;

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sys(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	if (bind(fd, (void *)&name, sizeof(name)))
		skip("no loopback: errno %d", errno);
	sys(listen(fd, 1));
	sys(getsockname(fd, (void *)&name, &length));
	child = sys(fork());
	if (child == 0)
		client(name);
	length = sizeof(peer);
	connection = sys(accept(fd, (void *)&peer, &length));
	check(read(connection, block, 100) == 4);
	for (int i = 0; i < 4; i++)
		put(connection, block + 250 * i, 250);
	close(connection);
	await_exit(child, 0);
	say("port %d, client from port %d\n", ntohs(name.sin_port),
	    ntohs(peer.sin_port));
	return success();
}
