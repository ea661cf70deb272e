/* SPDX-License-Identifier: MIT */
/* SO_PASSCRED adds the sender's pid to every message; so does a timestamp. */
#include <sys/socket.h>

#include "tracee.h"

static void show(struct msghdr *message)
{
	struct cmsghdr *head;

	for (head = CMSG_FIRSTHDR(message); head;
	     head = CMSG_NXTHDR(message, head)) {
		struct ucred *owner = (void *)CMSG_DATA(head);

		say("control type %d, %d bytes\n", head->cmsg_type,
		    (int)head->cmsg_len);
		if (head->cmsg_type == SCM_CREDENTIALS)
			say("from %d, uid %d\n", owner->pid, owner->uid);
	}
}

int main(void)
{
	char control[256], text[8];
	struct iovec piece = { text, sizeof(text) };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int ends[2], one = 1;
	pid_t child;

	sys(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	sys(setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
	sys(setsockopt(ends[0], SOL_SOCKET, SO_TIMESTAMP, &one, sizeof(one)));
	child = sys(fork());
	if (child == 0) {
		put(ends[1], "mine", 4);
		_exit(0);
	}
	check(recvmsg(ends[0], &message, 0) == 4);
	show(&message);
	message.msg_controllen = 20;
	put(ends[1], "x", 1);
	check(recvmsg(ends[0], &message, 0) == 1);
	check(message.msg_flags & MSG_CTRUNC);
	say("cut to %d\n", (int)message.msg_controllen);
	await_exit(child, 0);
	return success();
}
