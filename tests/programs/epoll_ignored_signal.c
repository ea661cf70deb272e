/* SPDX-License-Identifier: MIT */
/* A signal that is ignored does not interrupt epoll_wait. */
#include <sys/epoll.h>

#include "tracee.h"

int main(void)
{
	struct epoll_event event;
	int epoll = sys(epoll_create1(0));
	pid_t child;

	child = sys(fork());
	if (child == 0) {
		for (int i = 0; i < 5; i++) {
			sleep_ms(10);
			kill(getppid(), SIGWINCH);
		}
		_exit(0);
	}
	/* SIGWINCH and SIGCHLD are ignored by default: only time ends it. */
	check(epoll_wait(epoll, &event, 1, 200) == 0);
	await_exit(child, 0);
	return success();
}
