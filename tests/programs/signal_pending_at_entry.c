/* SPDX-License-Identifier: MIT */
/* A signal is pending already when the call that lets it in begins. */
#include <sys/epoll.h>
#include <sys/select.h>

#include "tracee.h"

static volatile sig_atomic_t count;

static void handler(int number)
{
	(void)number;
	count++;
}

int main(void)
{
	struct epoll_event event;
	sigset_t empty;
	int poller = sys(epoll_create1(0));

	handle_flags(SIGUSR1, handler, SA_RESTART);
	mask(SIG_BLOCK, SIGUSR1);
	sigemptyset(&empty);
	raise(SIGUSR1);
	fails(ppoll(NULL, 0, NULL, &empty), EINTR);
	raise(SIGUSR1);
	fails(pselect(0, NULL, NULL, NULL, NULL, &empty), EINTR);
	raise(SIGUSR1);
	fails(epoll_pwait(poller, &event, 1, -1, &empty), EINTR);
	raise(SIGUSR1);
	fails(sigsuspend(&empty), EINTR);
	check(count == 4);
	return success();
}
