/* SPDX-License-Identifier: MIT */
/*
 * Every way to learn a pid, in a pid namespace where a process has other pids
 * than outside, and a namespace within it.
 */
#include <linux/sched.h>
#include <sys/socket.h>

#include "tracee.h"

static volatile sig_atomic_t sender;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	sender = info->si_pid;
}

static void *thread(void *argument)
{
	*(int *)argument = my_tid();
	return NULL;
}

static void threads(void)
{
	int tid = 0;
	pthread_t id;

	check(!pthread_create(&id, NULL, thread, &tid));
	pthread_join(id, NULL);
	say("thread %d\n", tid);
	check(tid && tid != getpid());
}

static void children(void)
{
	siginfo_t info = { 0 };
	int words[2] = { 0 };
	pid_t child;

	handle_info(SIGCHLD, on_signal, SA_RESTART);
	child = sys(syscall(SYS_clone, CLONE_PARENT_SETTID |
			    CLONE_CHILD_SETTID | SIGCHLD, 0, &words[0],
			    &words[1], 0));
	if (child == 0) {
		check(words[1] == getpid());
		check(syscall(SYS_set_tid_address, words) == getpid());
		_exit(3);
	}
	check(words[0] == child);
	sys(waitid(P_PID, child, &info, WEXITED));
	say("child %d waited for %d SIGCHLD from %d\n", child, info.si_pid,
	    sender);
	check(info.si_pid == child && sender == child && info.si_status == 3);
}

static void chosen(void)
{
	pid_t wanted[1] = { 77 };
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)wanted,
		.set_tid_size = 1,
	};
	pid_t child = syscall(SYS_clone3, &args, sizeof(args));

	if (child == 0)
		_exit(getpid() != 77);
	say("a child with the pid of its parent's choice: %d\n", child);
	if (child > 0)
		await_exit(child, 0);
}

static pid_t peer_of(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	sys(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length));
	return peer.pid;
}

static void pass_credentials(int fd)
{
	struct iovec data = { "c", 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	check(sendmsg(fd, &message, 0) == 1);
}

static pid_t credentials_from(int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct ucred sent;

	check(recvmsg(fd, &message, 0) == 1);
	memcpy(&sent, CMSG_DATA(&control.header), sizeof(sent));
	return sent.pid;
}

static void descriptors(int fd)
{
	struct f_owner_ex owner = { 0 };
	struct flock lock = { .l_type = F_WRLCK };
	int file = make_file("locked", "text", 4, 0600);
	pid_t child;

	check(fcntl(fd, F_SETOWN, getpid()) == 0);
	sys(fcntl(fd, F_GETOWN_EX, &owner));
	say("owner %d %d\n", fcntl(fd, F_GETOWN), owner.pid);
	check(owner.pid == getpid());
	sys(fcntl(file, F_SETLK, &lock));
	child = sys(fork());
	if (child == 0) {
		sys(fcntl(file, F_GETLK, &lock));
		check(lock.l_pid == getppid());
		_exit(0);
	}
	await_exit(child, 0);
	close(file);
}

/* Process 1 of a namespace, with a socket to whoever made it. */
static int inside(int fd, int depth)
{
	int on = 1, ends[2];
	pid_t child;

	check(getpid() == 1 && getppid() == 0 && my_tid() == 1);
	sys(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	say("depth %d: made by %d, sent by %d\n", depth, peer_of(fd),
	    credentials_from(fd));
	pass_credentials(fd);
	threads();
	children();
	chosen();
	descriptors(fd);
	check(getsid(0) == 0 && getpgrp() == 0);
	if (!depth)
		return 0;
	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	sys(setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	child = sys(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0));
	if (child == 0)
		_exit(inside(ends[1], depth - 1));
	pass_credentials(ends[0]);
	say("its first process is %d here, and %d\n", child,
	    credentials_from(ends[0]));
	await_exit(child, 0);
	return 0;
}

int main(void)
{
	struct clone_args args = {
		.flags = CLONE_NEWPID,
		.exit_signal = SIGCHLD,
	};
	int ends[2], on = 1;
	pid_t child;

	if (!is_root() && unshare(CLONE_NEWUSER))
		skip("no user namespace: errno %d", errno);
	scratch();
	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	sys(setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	child = syscall(SYS_clone3, &args, sizeof(args));
	if (child < 0)
		skip("no pid namespace: errno %d", errno);
	if (child == 0)
		_exit(inside(ends[1], 1));
	pass_credentials(ends[0]);
	check(credentials_from(ends[0]) == child);
	await_exit(child, 0);
	return success();
}
