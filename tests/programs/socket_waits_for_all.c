/* SPDX-License-Identifier: MIT */
/*
 * What a blocking call of a socket waits for, in one place again and again: all
 * that MSG_WAITALL and SO_RCVLOWAT ask for, and room for all of a write.
 */
#include "tracee.h"

#include <sys/socket.h>

#define ROUNDS 60

static void *write_little(void *argument)
{
	for (int i = 0; i < ROUNDS * 20; i++)
		check(write(*(int *)argument, "01234", 5) == 5);
	return NULL;
}

static void *read_little(void *argument)
{
	char bytes[500];
	long length = 0;

	while (length < ROUNDS * 4000)
		length += sys(read(*(int *)argument, bytes, sizeof(bytes)));
	return NULL;
}

static void set(int fd, int option, int value)
{
	sys(setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)));
}

/* Ordinary ones first, so that the place is known. */
static void read_often(int flags)
{
	char bytes[100];
	pthread_t thread;
	int fds[2];

	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	for (int i = 0; i < 20; i++) {
		check(write(fds[1], "0", 1) == 1);
		check(recv(fds[0], bytes, 1, flags) == 1);
	}
	set(fds[0], SO_RCVLOWAT, flags ? 1 : sizeof(bytes));
	check(!pthread_create(&thread, NULL, write_little, &fds[1]));
	for (int i = 0; i < ROUNDS; i++)
		check(recv(fds[0], bytes, sizeof(bytes), flags) ==
		      sizeof(bytes));
	check(!pthread_join(thread, NULL));
	close(fds[0]);
	close(fds[1]);
}

static void write_often(void)
{
	static char bytes[4000];
	pthread_t thread;
	int fds[2];

	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	set(fds[1], SO_SNDBUF, 1);
	check(!pthread_create(&thread, NULL, read_little, &fds[0]));
	for (int i = 0; i < ROUNDS; i++)
		check(write(fds[1], bytes, sizeof(bytes)) == sizeof(bytes));
	check(!pthread_join(thread, NULL));
}

int main(void)
{
	read_often(0);
	read_often(MSG_WAITALL);
	write_often();
	return success();
}
