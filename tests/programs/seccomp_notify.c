/* SPDX-License-Identifier: MIT */
/*
 * A supervisor that answers its child's calls: with a value, an error, a
 * descriptor, memory that it fills; and calls that it lets the kernel make.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "filtering.h"

#ifndef SECCOMP_IOCTL_NOTIF_ADDFD
struct seccomp_notif_addfd {
	uint64_t id;
	uint32_t flags, srcfd, newfd, newfd_flags;
};
#define SECCOMP_IOCTL_NOTIF_ADDFD SECCOMP_IOW(3, struct seccomp_notif_addfd)
#endif

static int supervised; /* the child's answers are watched through this */

static void send_fd(int socket, int fd)
{
	char byte = 0, room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1,
				  .msg_control = room,
				  .msg_controllen = sizeof(room) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	check(sendmsg(socket, &message, 0) == 1);
}

static int receive_fd(int socket)
{
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1,
				  .msg_control = room,
				  .msg_controllen = sizeof(room) };
	int fd;

	check(recvmsg(socket, &message, 0) == 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void ask(void)
{
	char text[16] = "";
	char *page = sys(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	int fd;

	say("getppid %ld\n", syscall(SYS_getppid));
	fails(mkdir("/nowhere/at/all", 0), EXDEV);
	check(syscall(SYS_getpriority, 0, 0) == 20);
	fd = sys(open("/nowhere/else", O_RDONLY));
	check(read(fd, text, sizeof(text) - 1) == 5 && !strcmp(text, "hello"));
	check(uname((void *)page) == 0);
	say("uname filled in: %s\n", page);
	page[0] = 'x';
	check(munmap(page, 4096) == 0); /* a lie */
	say("page %c\n", page[0]);
	check(munmap(page, 4096) == 0); /* the truth */
	fails(madvise(page, 4096, MADV_DONTNEED), ENOMEM);
	/* Made by the kernel, where a recorder may have its own answer. */
	sys(prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	check(syscall(SYS_io_uring_setup, 1, NULL) == -1);
	for (int i = 0; i < 50; i++)
		check(syscall(SYS_getppid) == 4711);
}

static void put_memory(pid_t pid, uint64_t address)
{
	struct iovec local = { "Reelix", 7 };
	struct iovec remote = { (void *)(uintptr_t)address, 7 };

	check(process_vm_writev(pid, &local, 1, &remote, 1, 0) == 7);
}

static void add_file(int listener, uint64_t id)
{
	struct seccomp_notif_addfd addfd = { .id = id };
	int pipes[2];

	sys(pipe(pipes));
	check(write(pipes[1], "hello", 5) == 5);
	addfd.srcfd = (uint32_t)pipes[0];
	supervised = sys(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd));
	sys(close(pipes[0]));
	sys(close(pipes[1]));
}

static void answer(int listener, const struct seccomp_notif *asked)
{
	static int unmapped;
	struct seccomp_notif_resp answer = { .id = asked->id };

	switch (asked->data.nr) {
	case SYS_getppid:
		answer.val = 4711;
		break;
	case SYS_mkdir:
		answer.error = -EXDEV;
		break;
	case SYS_openat:
	case SYS_open:
		add_file(listener, asked->id);
		answer.val = supervised;
		break;
	case SYS_uname:
		put_memory((pid_t)asked->pid, asked->data.args[0]);
		break;
	case SYS_munmap:
		if (!unmapped++)
			break;
		/* fall through */
	default:
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	}
	sys(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
}

static void supervise(int listener)
{
	struct pollfd wait = { listener, POLLIN, 0 };

	for (;;) {
		struct seccomp_notif asked = { 0 };

		sys(poll(&wait, 1, -1));
		if (!(wait.revents & POLLIN))
			return; /* POLLHUP: nobody has the filter any more */
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked)) {
			check(errno == ENOENT);
			continue;
		}
		answer(listener, &asked);
	}
}

int main(void)
{
	int sockets[2], listener;
	pid_t pid;

	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	pid = sys(fork());
	if (pid == 0) {
		long fd = sys(INSTALL(SECCOMP_RET_ALLOW,
				      SECCOMP_FILTER_FLAG_NEW_LISTENER,
				      { SYS_getppid, SECCOMP_RET_USER_NOTIF },
				      { SYS_mkdir, SECCOMP_RET_USER_NOTIF },
				      { SYS_openat, SECCOMP_RET_USER_NOTIF },
				      { SYS_open, SECCOMP_RET_USER_NOTIF },
				      { SYS_uname, SECCOMP_RET_USER_NOTIF },
				      { SYS_munmap, SECCOMP_RET_USER_NOTIF },
				      { SYS_prctl, SECCOMP_RET_USER_NOTIF },
				      { SYS_io_uring_setup,
					SECCOMP_RET_USER_NOTIF },
				      { SYS_getpriority,
					SECCOMP_RET_USER_NOTIF }));

		send_fd(sockets[1], (int)fd);
		sys(close((int)fd));
		ask();
		_exit(success());
	}
	listener = receive_fd(sockets[0]);
	supervise(listener);
	return await(pid);
}
