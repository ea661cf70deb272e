/* SPDX-License-Identifier: MIT */
/* Descriptors travel over a socket, one close-on-exec, one a memfd. */
#include <sys/socket.h>

#include "tracee.h"

static void give(int socket, int a, int b)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = { .room = "" };
	struct iovec piece = { "fds", 3 };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	int fds[2] = { a, b };

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(head), fds, sizeof(fds));
	check(sendmsg(socket, &message, 0) == 3);
}

static void take(int socket, int fds[2])
{
	char control[256], text[8];
	struct iovec piece = { text, sizeof(text) };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *head;

	check(recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 3);
	head = CMSG_FIRSTHDR(&message);
	check(head && head->cmsg_type == SCM_RIGHTS);
	check(message.msg_controllen == CMSG_SPACE(8));
	memcpy(fds, CMSG_DATA(head), 2 * sizeof(int));
}

int main(void)
{
	int ends[2], pair[2], fds[2], anonymous;
	char text[8];
	pid_t child;

	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	sys(pipe(pair));
	anonymous = sys(memfd("passed", 0));
	put(anonymous, "inside", 6);
	child = sys(fork());
	if (child == 0) {
		take(ends[1], fds);
		check(fcntl(fds[0], F_GETFD) == FD_CLOEXEC);
		check(pread(fds[1], text, 6, 0) == 6);
		put(fds[0], text, 6);
		say("got %d and %d\n", fds[0], fds[1]);
		_exit(0);
	}
	give(ends[0], pair[1], anonymous);
	check(read(pair[0], text, 8) == 6 && !memcmp(text, "inside", 6));
	await_exit(child, 0);
	return success();
}
