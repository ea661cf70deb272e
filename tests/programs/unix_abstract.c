/* SPDX-License-Identifier: MIT */
/* Abstract names, and autobind, whose name the kernel chooses. */
#include <sys/socket.h>
#include <sys/un.h>

#include "tracee.h"

int main(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX }, from;
	socklen_t length = sizeof(name), from_length = sizeof(from);
	int server = sys(socket(AF_UNIX, SOCK_DGRAM, 0));
	int client = sys(socket(AF_UNIX, SOCK_DGRAM, 0));
	char text[8];

	sys(bind(server, (void *)&name, sizeof(sa_family_t)));
	sys(getsockname(server, (void *)&name, &length));
	check(length == 8 && name.sun_path[0] == 0);
	say_hex("server", name.sun_path + 1, 5);
	sys(bind(client, (void *)&(sa_family_t){ AF_UNIX },
		 sizeof(sa_family_t)));
	check(sendto(client, "to you", 6, 0, (void *)&name, length) == 6);
	check(recvfrom(server, text, 8, 0, (void *)&from, &from_length) == 6);
	say("from a name of %d bytes\n", (int)from_length);
	return success();
}
