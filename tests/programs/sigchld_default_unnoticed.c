/* SPDX-License-Identifier: MIT */
/* A child ends while its parent sleeps in epoll_wait; SIGCHLD unhandled. */
#include <sys/epoll.h>

#include "tracee.h"

int main(void)
{
	int poller = sys(epoll_create1(0));
	struct epoll_event event;
	pid_t child;

	for (int i = 0; i < 3; i++) {
		child = sys(fork());
		if (child == 0) {
			sleep_ms(3);
			_exit(0);
		}
		check(sys(epoll_wait(poller, &event, 1, 15)) == 0);
		await_exit(child, 0);
	}
	return success();
}
