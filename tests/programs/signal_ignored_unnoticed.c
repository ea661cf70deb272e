/* SPDX-License-Identifier: MIT */
/*
 * An ignored signal interrupts nothing: not even the calls that would end with
 * EINTR if it had a handler.
 */
#include <sys/epoll.h>
#include <sys/sem.h>
#include <sys/socket.h>

#include "tracee.h"

static pid_t disturb(void)
{
	pid_t child = sys(fork());

	if (child)
		return child;
	for (int i = 0; i < 6; i++) {
		sleep_ms(2);
		sys(kill(getppid(), i % 2 ? SIGUSR1 : SIGWINCH));
	}
	_exit(0);
}

static void epoll_sleeps(void)
{
	int poller = sys(epoll_create1(0));
	struct epoll_event event;

	check(sys(epoll_wait(poller, &event, 1, 25)) == 0);
	close(poller);
}

static void semaphore_sleeps(void)
{
	struct sembuf down = { 0, -1, 0 };
	struct timespec wait = { 0, 25000000 };
	int set = sys(semget(IPC_PRIVATE, 1, 0600));

	fails(semtimedop(set, &down, 1, &wait), EAGAIN);
	sys(semctl(set, 0, IPC_RMID));
}

static void wait_for_signal(void)
{
	struct timespec wait = { 0, 25000000 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	fails(sigtimedwait(&set, NULL, &wait), EAGAIN);
}

static void receive(void)
{
	struct timeval wait = { 0, 25000 };
	int ends[2];
	char byte;

	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	sys(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)));
	fails(recv(ends[0], &byte, 1, 0), EAGAIN);
}

static void sleep_and_poll(void)
{
	check(poll(NULL, 0, 12) == 0);
	check(usleep(12000) == 0);
}

int main(void)
{
	static void (*const calls[])(void) = { epoll_sleeps, semaphore_sleeps,
					       wait_for_signal, receive,
					       sleep_and_poll };

	signal(SIGUSR1, SIG_IGN);
	for (int i = 0; i < 5; i++) {
		pid_t child = disturb();

		calls[i]();
		await_exit(child, 0);
	}
	return success();
}
