/* SPDX-License-Identifier: MIT */
/* A memfd is passed over a socket and executed by the one who got it. */
#include <sys/socket.h>

#include "exec_anonymous.h"

static void give(int socket, int fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = "" };
	struct iovec piece = { "x", 1 };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	check(sendmsg(socket, &message, 0) == 1);
}

static int take(int socket)
{
	char control[64], byte;
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int fd;

	check(recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

int main(int argc, char **argv)
{
	int ends[2], fd;
	pid_t child;

	(void)argv;
	if (argc > 1) {
		say_image("child");
		return 50;
	}
	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	child = sys(fork());
	if (child == 0)
		_exit(run_fd(take(ends[1]), "child"));
	fd = memfd_executable("passed on", MFD_CLOEXEC);
	copy_self(fd);
	give(ends[0], fd);
	close(fd);
	await_exit(child, 50);
	return success();
}
