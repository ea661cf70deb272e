/* SPDX-License-Identifier: MIT */
/*
 * Calls that take something and cannot give it (EFAULT): it is gone, once, and
 * what comes before the bad address is written.
 */
#include "tracee.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#define ROUNDS 12 /* places that call often are treated differently */

static char *edge; /* what follows is not mapped */

static const struct sockaddr_un listening = { AF_UNIX, "listening" };

static void connect_named(const char *name)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	int fd = sys(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	strcpy(own.sun_path, name);
	sys(bind(fd, (struct sockaddr *)&own, sizeof(own)));
	sys(connect(fd, (const struct sockaddr *)&listening,
		    sizeof(listening)));
	sys(close(fd));
	sys(unlink(name));
}

/* The connection is closed, and the next one is another one. */
static void accepts(void)
{
	int fd = sys(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
	struct sockaddr_un peer;
	socklen_t length;

	sys(bind(fd, (const struct sockaddr *)&listening, sizeof(listening)));
	sys(listen(fd, 8));
	for (int i = 0; i < ROUNDS; i++) {
		connect_named("first");
		memset(edge - 4, 'x', 4);
		length = 8;
		fails(accept(fd, (struct sockaddr *)(edge - 4), &length),
		      EFAULT);
		say("accept: length %u, %.2s\n", length, edge - 2);
		length = sizeof(peer);
		fails(accept(fd, (struct sockaddr *)&peer, &length), EAGAIN);
		connect_named("second");
		sys(close(sys(accept(fd, (struct sockaddr *)&peer, &length))));
		check(!strcmp(peer.sun_path, "second"));
	}
	sys(close(fd));
}

static void datagrams(void)
{
	char text[8];
	int ends[2];

	sys(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends));
	for (int i = 0; i < ROUNDS; i++) {
		struct iovec pieces[2] = { { edge - 3, 3 }, { edge, 5 } };
		struct msghdr message = { .msg_iov = pieces,
					  .msg_iovlen = 2 };

		memset(edge - 4, 'x', 4);
		sys(send(ends[0], "abcdefgh", 8, 0));
		sys(send(ends[0], "ABCDEFGH", 8, 0));
		sys(send(ends[0], "01234567", 8, 0));
		fails(recv(ends[1], edge - 4, 8, 0), EFAULT);
		say("recv: %.4s\n", edge - 4);
		fails(recvmsg(ends[1], &message, 0), EFAULT);
		say("recvmsg: %.4s\n", edge - 4);
		fails(read(ends[1], edge - 2, 8), EFAULT);
		say("read: %.4s\n", edge - 4);
		fails(recv(ends[1], text, 8, 0), EAGAIN);
	}
	sys(close(ends[0]));
	sys(close(ends[1]));
}

static void counters(void)
{
	int fd = sys(eventfd(0, EFD_NONBLOCK));
	uint64_t value = 0x3132333435363738;

	for (int i = 0; i < ROUNDS; i++) {
		memset(edge - 4, 'x', 4);
		check(sys(write(fd, &value, 8)) == 8);
		fails(read(fd, edge - 4, 8), EFAULT);
		say("eventfd: %.4s\n", edge - 4);
		fails(read(fd, &value, 8), EAGAIN);
	}
	sys(close(fd));
}

/* Those are not there afterwards. */
static void pairs(void)
{
	int *half = (int *)(edge - 4);

	for (int i = 0; i < ROUNDS; i++) {
		*half = -1;
		fails(syscall(SYS_pipe2, half, 0), EFAULT);
		say("pipe2: %d\n", *half);
		*half = -1;
		fails(pipe(half), EFAULT);
		say("pipe: %d\n", *half);
		*half = -1;
		fails(socketpair(AF_UNIX, SOCK_STREAM, 0, half), EFAULT);
		say("socketpair: %d\n", *half);
	}
	check(sys(dup(1)) == 3);
}

int main(void)
{
	char *memory = map_private(8192);

	sys(munmap(memory + 4096, 4096));
	edge = memory + 4096;
	scratch();
	accepts();
	datagrams();
	counters();
	pairs();
	return success();
}
