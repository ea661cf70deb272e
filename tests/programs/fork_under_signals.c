/* SPDX-License-Identifier: MIT */
/* Signals arrive at a whole group while it forks, executes and waits. */
#include "tracee.h"

static volatile sig_atomic_t count;

static void handler(int number)
{
	(void)number;
	count++;
}

int main(void)
{
	pid_t sender, child;

	setpgid(0, 0);
	handle_flags(SIGUSR1, handler, SA_RESTART);
	sender = sys(fork());
	if (sender == 0) {
		signal(SIGUSR1, SIG_IGN);
		for (;;) {
			kill(0, SIGWINCH);
			kill(0, SIGUSR1);
			sleep_ms(1);
		}
	}
	for (int i = 0; i < 25; i++) {
		child = sys(fork());
		if (child == 0) {
			signal(SIGUSR1, SIG_IGN);
			execl("/bin/sh", "sh", "-c", "/bin/true; exit 54",
			      NULL);
			_exit(99);
		}
		await_exit(child, 54);
	}
	sys(kill(sender, SIGKILL));
	await_signal(sender, SIGKILL);
	say("%d handled\n", count);
	return success();
}
