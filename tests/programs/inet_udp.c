/* SPDX-License-Identifier: MIT */
/* UDP: recvfrom, recvmmsg, sendmmsg, a receive timeout. */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "tracee.h"

int main(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	int fd = sys(socket(AF_INET, SOCK_DGRAM, 0));
	struct timeval wait = { 0, 20000 };
	socklen_t length = sizeof(name);
	char text[4][16];
	struct iovec out = { "packet", 6 }, in[4];
	struct mmsghdr messages[4] = { 0 };

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (void *)&name, sizeof(name)))
		skip("no loopback: errno %d", errno);
	sys(getsockname(fd, (void *)&name, &length));
	sys(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)));
	fails(recv(fd, text, 16, 0), EAGAIN);
	sys(connect(fd, (void *)&name, length));
	for (int i = 0; i < 4; i++) {
		messages[i].msg_hdr.msg_iov = &out;
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	check(sendmmsg(fd, messages, 3, 0) == 3);
	check(messages[1].msg_len == 6);
	for (int i = 0; i < 4; i++) {
		in[i] = (struct iovec){ text[i], 16 };
		messages[i].msg_hdr.msg_iov = &in[i];
	}
	check(recvmmsg(fd, messages, 4, MSG_WAITFORONE, NULL) == 3);
	check(messages[2].msg_len == 6 && !memcmp(text[2], "packet", 6));
	say("port %d\n", ntohs(name.sin_port));
	return success();
}
