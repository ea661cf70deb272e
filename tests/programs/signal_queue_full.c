/* SPDX-License-Identifier: MIT */
/* RLIMIT_SIGPENDING: sigqueue says EAGAIN when the queue is full. */
#include "tracee.h"

int main(void)
{
	union sigval value = { .sival_int = 1 };
	struct timespec none = { 0, 0 };
	struct rlimit limit;
	int sent = 0, received = 0;
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sys(getrlimit(RLIMIT_SIGPENDING, &limit));
	limit.rlim_cur = 30;
	sys(setrlimit(RLIMIT_SIGPENDING, &limit));
	while (sigqueue(getpid(), SIGRTMIN, value) == 0 && sent < 1000)
		sent++;
	check(sent == 1000 || errno == EAGAIN);
	while (sigtimedwait(&set, &info, &none) == SIGRTMIN)
		received++;
	say("sent %d received %d\n", sent, received);
	check(sent == received && sent <= 30);
	return success();
}
