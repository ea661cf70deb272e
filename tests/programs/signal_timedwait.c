/* SPDX-License-Identifier: MIT */
/* sigwait, sigwaitinfo and sigtimedwait take signals without handlers. */
#include "tracee.h"

int main(void)
{
	struct timespec wait = { 0, 5000000 };
	siginfo_t info;
	sigset_t set;
	int number;
	pid_t child;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fails(sigtimedwait(&set, &info, &wait), EAGAIN);
	raise(SIGUSR1);
	check(!sigwait(&set, &number) && number == SIGUSR1);
	child = sys(fork());
	if (child == 0) {
		sleep_ms(5);
		sys(sigqueue(getppid(), SIGRTMIN,
			     (union sigval){ .sival_int = 77 }));
		_exit(0);
	}
	check(sigwaitinfo(&set, &info) == SIGRTMIN);
	check(info.si_pid == child && info.si_value.sival_int == 77);
	say("signal of %d\n", info.si_pid);
	await_exit(child, 0);
	return success();
}
