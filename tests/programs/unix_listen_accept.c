/* SPDX-License-Identifier: MIT */
/* A unix socket in the file system: listen, accept4, getpeername, peercred. */
#include <sys/socket.h>
#include <sys/un.h>

#include "tracee.h"

static void client(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = sys(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	char text[8] = "";

	strcpy(name.sun_path, "server");
	sys(connect(fd, (void *)&name, sizeof(name)));
	put(fd, "ask", 3);
	check(read(fd, text, 6) == 6);
	_exit(strcmp(text, "answer") != 0);
}

int main(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX }, peer;
	socklen_t length = sizeof(peer);
	struct ucred owner;
	int fd, connection;
	char text[8];
	pid_t child;

	scratch();
	fd = sys(socket(AF_UNIX, SOCK_STREAM, 0));
	strcpy(name.sun_path, "server");
	sys(bind(fd, (void *)&name, sizeof(name)));
	sys(listen(fd, 4));
	child = sys(fork());
	if (child == 0)
		client();
	connection = sys(accept4(fd, (void *)&peer, &length, SOCK_CLOEXEC));
	check(length == 2);
	length = sizeof(owner);
	sys(getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &owner, &length));
	check(owner.pid == child && owner.uid == getuid());
	check(read(connection, text, 3) == 3);
	put(connection, "answer", 6);
	length = sizeof(peer);
	sys(getsockname(connection, (void *)&peer, &length));
	check(!strcmp(peer.sun_path, "server"));
	await_exit(child, 0);
	say("client %d\n", owner.pid);
	return success();
}
