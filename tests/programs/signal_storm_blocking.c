/* SPDX-License-Identifier: MIT */
/* A fast timer interrupts every kind of sleeping call, with SA_RESTART. */
#include <sys/file.h>

#include "tracee.h"

static volatile sig_atomic_t ticks;

static void handler(int number)
{
	(void)number;
	ticks++;
}

static void use(int *ends)
{
	struct timespec wait = { 0, 2000000 };
	struct pollfd ready = { ends[0], POLLIN, 0 };
	pid_t child = sys(fork());
	char text[8];
	int status;

	if (child == 0) {
		sleep_ms(2);
		put(ends[1], "data", 4);
		sleep_ms(2);
		_exit(3);
	}
	poll(&ready, 1, 1);
	nanosleep(&wait, NULL);
	check(read(ends[0], text, 8) == 4);
	while (waitpid(child, &status, 0) < 0)
		check(errno == EINTR);
	check(WEXITSTATUS(status) == 3);
}

int main(void)
{
	struct itimerval every = { { 0, 700 }, { 0, 700 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };
	int ends[2];

	sys(pipe(ends));
	handle_flags(SIGALRM, handler, SA_RESTART);
	sys(setitimer(ITIMER_REAL, &every, NULL));
	for (int i = 0; i < 15; i++)
		use(ends);
	sys(setitimer(ITIMER_REAL, &never, NULL));
	say("%d ticks\n", ticks);
	check(ticks > 5);
	return success();
}
