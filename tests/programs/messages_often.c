/* SPDX-License-Identifier: MIT */
/*
 * sendmsg and recvmsg, so often that their instructions are replaced: with names,
 * several buffers, credentials and descriptors, cut short, empty, and waiting.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include "filtering.h"

#define ROUNDS 12

struct letter {
	struct msghdr header;
	struct iovec parts[3];
	struct sockaddr_un name;
	_Alignas(struct cmsghdr) char control[128];
	char text[3][8];
};

static struct msghdr *empty(struct letter *letter)
{
	memset(letter, 0, sizeof(*letter));
	for (int i = 0; i < 3; i++)
		letter->parts[i] = (struct iovec){ letter->text[i], 8 };
	letter->header.msg_iov = letter->parts;
	letter->header.msg_iovlen = 3;
	return &letter->header;
}

static struct msghdr *with_name(struct letter *letter)
{
	empty(letter)->msg_name = &letter->name;
	letter->header.msg_namelen = sizeof(letter->name);
	return &letter->header;
}

static struct msghdr *with_control(struct letter *letter)
{
	empty(letter)->msg_control = letter->control;
	letter->header.msg_controllen = sizeof(letter->control);
	return &letter->header;
}

static void streams(int round)
{
	struct letter out, in;
	int pair[2];

	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	empty(&out);
	snprintf(out.text[0], 8, "round%02d", round);
	memcpy(out.text[1], "12345678", 8);
	check(sendmsg(pair[0], &out.header, 0) == 24);
	check(recvmsg(pair[1], empty(&in), MSG_PEEK) == 24);
	in.parts[1].iov_len = 3;
	in.header.msg_iovlen = 2;
	check(recvmsg(pair[1], &in.header, 0) == 11);
	check(!strcmp(in.text[0], out.text[0]) && !memcmp(in.text[1], "123", 3));
	check(recvmsg(pair[1], empty(&in), MSG_DONTWAIT) == 13);
	check(!memcmp(in.text[0], "45678", 5));
	fails(recvmsg(pair[1], empty(&in), MSG_DONTWAIT), EAGAIN);
	in.header.msg_iovlen = 5000;
	fails(recvmsg(pair[1], &in.header, MSG_DONTWAIT), EMSGSIZE);
	fails(recvmsg(pair[1], (struct msghdr *)8, 0), EFAULT);
	empty(&out)->msg_iov = (struct iovec *)8;
	fails(sendmsg(pair[0], &out.header, 0), EFAULT);
	fails(sendmsg(-1, empty(&out), 0), EBADF);
	close(pair[0]);
	check(recvmsg(pair[1], empty(&in), 0) == 0);
	fails(sendmsg(pair[1], empty(&out), MSG_NOSIGNAL), EPIPE);
	close(pair[1]);
}

static void datagrams(int round)
{
	int to = sys(socket(AF_UNIX, SOCK_DGRAM, 0)), yes = 1;
	int from = sys(socket(AF_UNIX, SOCK_DGRAM, 0));
	struct sockaddr_un here = { .sun_family = AF_UNIX };
	struct letter out, in;
	struct ucred *ucred;

	snprintf(here.sun_path, sizeof(here.sun_path), "to%d", round);
	sys(bind(to, (struct sockaddr *)&here, sizeof(here)));
	with_name(&out)->msg_iovlen = 1;
	out.name = here;
	strcpy(out.text[0], "letter");
	here.sun_path[0] = 'f';
	sys(bind(from, (struct sockaddr *)&here, sizeof(here)));
	sys(setsockopt(to, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)));
	check(sendmsg(from, &out.header, 0) == 8);
	with_name(&in)->msg_control = in.control;
	in.header.msg_controllen = sizeof(in.control);
	in.parts[0].iov_len = 4;
	in.header.msg_iovlen = 1;
	check(recvmsg(to, &in.header, 0) == 4);
	check(in.header.msg_flags & MSG_TRUNC);
	check(in.header.msg_namelen > 2);
	check(!strcmp(in.name.sun_path, here.sun_path));
	ucred = (struct ucred *)CMSG_DATA(CMSG_FIRSTHDR(&in.header));
	check(ucred->pid == getpid());
	check(!memcmp(in.text[0], "lett", 4));
	close(to);
	fails(sendmsg(from, &out.header, 0), ECONNREFUSED);
	close(from);
}

/* The descriptor that comes is a pipe, where a file was before. */
static void descriptors(int round)
{
	int pair[2], ends[2], file = sys(open("file", O_RDWR | O_CREAT, 0600));
	struct letter out, in;
	struct cmsghdr *head;
	int came;

	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	sys(pipe(ends));
	head = CMSG_FIRSTHDR(with_control(&out));
	out.header.msg_controllen = CMSG_SPACE(sizeof(int));
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &ends[0], sizeof(int));
	check(sendmsg(pair[0], &out.header, 0) == 24);
	check(pwrite(file, "x", 1, round) == 1);
	close(file);
	check(recvmsg(pair[1], with_control(&in), MSG_CMSG_CLOEXEC) == 24);
	memcpy(&came, CMSG_DATA(CMSG_FIRSTHDR(&in.header)), sizeof(came));
	check(came == file);
	check(write(ends[1], "pipe", 4) == 4);
	check(read(came, in.text[0], 8) == 4 && !memcmp(in.text[0], "pipe", 4));
	close(came);
	close(ends[0]);
	close(ends[1]);
	close(pair[0]);
	close(pair[1]);
}

static void *sends_late(void *fd)
{
	struct letter out;

	sleep_ms(1);
	strcpy(empty(&out)->msg_iov->iov_base, "late");
	check(sendmsg((int)(intptr_t)fd, &out.header, 0) == 24);
	return NULL;
}

static void waiting(void)
{
	struct letter in;
	pthread_t thread;
	int pair[2];

	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	check(!pthread_create(&thread, NULL, sends_late,
			      (void *)(intptr_t)pair[0]));
	check(recvmsg(pair[1], empty(&in), 0) == 24);
	check(!strcmp(in.text[0], "late"));
	check(!pthread_join(thread, NULL));
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	scratch();
	for (int round = 0; round < 2 * ROUNDS; round++) {
		if (round == ROUNDS)
			sys(INSTALL(SECCOMP_RET_ALLOW, 0,
				    { SYS_sync, SECCOMP_RET_ERRNO }));
		streams(round);
		datagrams(round);
		descriptors(round);
		waiting();
		say("round %d\n", round);
	}
	return success();
}
