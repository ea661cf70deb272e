/* SPDX-License-Identifier: MIT */
/* ppoll opens the signal mask only while it sleeps; its timeout is updated. */
#include "tracee.h"

static volatile sig_atomic_t got;

static void handler(int number)
{
	got = number;
}

int main(void)
{
	struct timespec wait = { 10, 0 };
	sigset_t empty;
	pid_t child;

	sigemptyset(&empty);
	handle_flags(SIGUSR1, handler, 0);
	mask(SIG_BLOCK, SIGUSR1);
	child = sys(fork());
	if (child == 0) {
		sleep_ms(10);
		sys(kill(getppid(), SIGUSR1));
		_exit(0);
	}
	fails(syscall(SYS_ppoll, NULL, 0, &wait, &empty, 8), EINTR);
	check(got == SIGUSR1 && wait.tv_sec == 9);
	say("left %ld.%09ld\n", wait.tv_sec, wait.tv_nsec);
	await_exit(child, 0);
	return success();
}
