/* SPDX-License-Identifier: MIT */
/* epoll_wait sleeps until another process writes; epoll_pwait and pwait2. */
#include <sys/epoll.h>

#include "tracee.h"

static volatile sig_atomic_t got_signal;

static void handler(int number)
{
	got_signal = number;
}

int main(void)
{
	struct epoll_event event = { .events = EPOLLIN }, got[4];
	struct timespec wait = { 5, 0 };
	int ends[2], go[2], poller = sys(epoll_create(1));
	sigset_t empty;
	pid_t child;
	char text[4];

	sys(pipe(ends));
	sys(pipe(go));
	sys(epoll_ctl(poller, EPOLL_CTL_ADD, ends[0], &event));
	handle_flags(SIGUSR1, handler, 0);
	mask(SIG_BLOCK, SIGUSR1);
	sigemptyset(&empty);
	child = sys(fork());
	if (child == 0) {
		sleep_ms(5);
		sys(kill(getppid(), SIGUSR1));
		check(read(go[0], text, 1) == 1);
		sleep_ms(5);
		put(ends[1], "x", 1);
		_exit(0);
	}
	fails(epoll_pwait(poller, got, 4, -1, &empty), EINTR);
	check(got_signal == SIGUSR1);
	put(go[1], "g", 1);
	check(epoll_wait(poller, got, 4, -1) == 1);
	check(read(ends[0], text, 4) == 1);
	await_exit(child, 0);
	put(ends[1], "y", 1);
	int n = syscall(441 /* epoll_pwait2 */, poller, got, 4, &wait, NULL, 8);

	check(n == 1 || (n < 0 && errno == ENOSYS));
	return success();
}
