/* SPDX-License-Identifier: MIT */
/* epoll: level and edge triggered, one shot, and its user data. */
#include <sys/epoll.h>

#include "tracee.h"

int main(void)
{
	struct epoll_event event = { .events = EPOLLIN }, got[4];
	int ends[2], poller = sys(epoll_create1(EPOLL_CLOEXEC));
	char byte;

	sys(pipe(ends));
	event.data.u64 = 0x123456789abcdef0;
	sys(epoll_ctl(poller, EPOLL_CTL_ADD, ends[0], &event));
	fails(epoll_ctl(poller, EPOLL_CTL_ADD, ends[0], &event), EEXIST);
	check(epoll_wait(poller, got, 4, 0) == 0);
	put(ends[1], "ab", 2);
	check(epoll_wait(poller, got, 4, -1) == 1);
	check(epoll_wait(poller, got, 4, -1) == 1);
	check(got[0].data.u64 == 0x123456789abcdef0);
	event.events = EPOLLIN | EPOLLET;
	sys(epoll_ctl(poller, EPOLL_CTL_MOD, ends[0], &event));
	check(epoll_wait(poller, got, 4, 100) == 1);
	check(epoll_wait(poller, got, 4, 1) == 0);
	event.events = EPOLLIN | EPOLLONESHOT;
	sys(epoll_ctl(poller, EPOLL_CTL_MOD, ends[0], &event));
	check(epoll_wait(poller, got, 4, 100) == 1);
	check(epoll_wait(poller, got, 4, 1) == 0);
	check(read(ends[0], &byte, 1) == 1);
	sys(epoll_ctl(poller, EPOLL_CTL_DEL, ends[0], NULL));
	fails(epoll_ctl(poller, EPOLL_CTL_DEL, ends[0], NULL), ENOENT);
	return success();
}
