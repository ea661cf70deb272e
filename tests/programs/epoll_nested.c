/* SPDX-License-Identifier: MIT */
/* An epoll instance inside another; EPOLLRDHUP, EPOLLHUP, and a loop. */
#include <sys/epoll.h>
#include <sys/socket.h>

#include "tracee.h"

int main(void)
{
	struct epoll_event event = { .events = EPOLLIN }, got[4];
	int outer = sys(epoll_create1(0)), inner = sys(epoll_create1(0));
	int ends[2], file;

	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	sys(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event));
	event.events = EPOLLIN | EPOLLRDHUP;
	sys(epoll_ctl(inner, EPOLL_CTL_ADD, ends[0], &event));
	check(epoll_wait(outer, got, 4, 0) == 0);
	put(ends[1], "x", 1);
	check(epoll_wait(outer, got, 4, 1000) == 1);
	close(ends[1]);
	check(epoll_wait(inner, got, 4, 1000) == 1);
	check(got[0].events & EPOLLRDHUP && got[0].events & EPOLLHUP);
	fails(epoll_ctl(inner, EPOLL_CTL_ADD, outer, &event), ELOOP);
	fails(epoll_ctl(inner, EPOLL_CTL_ADD, inner, &event), EINVAL);
	file = sys(open("/proc/self/exe", O_RDONLY));
	fails(epoll_ctl(inner, EPOLL_CTL_ADD, file, &event), EPERM);
	return success();
}
