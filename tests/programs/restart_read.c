/* SPDX-License-Identifier: MIT */
/* With SA_RESTART read goes on after the handler, and gets its data. */
#include "tracee.h"

static volatile sig_atomic_t count;

static void handler(int number)
{
	(void)number;
	count++;
}

int main(void)
{
	int ends[2];
	char text[8];
	pid_t child;

	handle_flags(SIGUSR1, handler, SA_RESTART);
	sys(pipe(ends));
	child = sys(fork());
	if (child == 0) {
		for (int i = 0; i < 3; i++) {
			await_state(getppid(), "S");
			sys(kill(getppid(), SIGUSR1));
			sleep_ms(2);
		}
		put(ends[1], "data", 4);
		_exit(0);
	}
	check(read(ends[0], text, 8) == 4);
	check(count >= 1 && count <= 3);
	say("interrupted %d times\n", count);
	await_exit(child, 0);
	return success();
}
