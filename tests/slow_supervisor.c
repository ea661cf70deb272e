/* SPDX-License-Identifier: MIT */
/*
 * For tests/container: runs a command under a seccomp filter that asks this
 * program about each mkdir(2), as container engines have it (seccomp_unotify).
 * The first calls are let go at once, the others when there is a file ./answer.
 *
 *	slow-supervisor COMMAND [ARGUMENT...]
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 20

union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(sizeof(int))];
};

static void pass(int socket, int fd)
{
	union control control = { { 0 } };
	struct iovec vector = { "", 1 };
	struct msghdr message = {
		.msg_iov = &vector, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(socket, &message, 0) != 1)
		_exit(99);
}

static int take(int socket)
{
	union control control = { { 0 } };
	char byte;
	struct iovec vector = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &vector, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &message, 0) != 1 ||
	    message.msg_controllen < CMSG_LEN(sizeof(int)))
		_exit(77);
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

static int install(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdir, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void answer(int listener, int is_late)
{
	struct seccomp_notif asked;
	struct seccomp_notif_resp said = {
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	memset(&asked, 0, sizeof(asked));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked))
		return;
	while (is_late && access("answer", F_OK))
		usleep(10000);
	said.id = asked.id;
	/* An interrupted call is asked about again. */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &said) && errno != ENOENT)
		perror("slow-supervisor");
}

/* Until all under the filter have ended. */
static void supervise(int listener)
{
	struct pollfd ready = { .fd = listener, .events = POLLIN };

	for (int i = 0;; i++) {
		if (poll(&ready, 1, -1) < 0 && errno == EINTR)
			continue;
		if (!(ready.revents & POLLIN))
			return;
		answer(listener, i >= AT_ONCE);
	}
}

int main(int argc, char **argv)
{
	int sockets[2], status, listener;
	pid_t child;

	if (argc < 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		return 99;
	child = fork();
	if (child == 0) {
		close(sockets[0]);
		listener = install();
		if (listener < 0)
			_exit(77);
		pass(sockets[1], listener);
		close(listener);
		close(sockets[1]);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	close(sockets[1]);
	supervise(take(sockets[0]));
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ?
		WEXITSTATUS(status) : 99;
}
