/* SPDX-License-Identifier: MIT */
/* A repeated timer interrupts a program that makes many system calls. */
#include "tracee.h"

static volatile sig_atomic_t ticks;
static volatile long calls, at[10];

static void handler(int number)
{
	(void)number;
	if (ticks < 10)
		at[ticks] = calls;
	ticks++;
}

int main(void)
{
	struct itimerval every = { { 0, 3000 }, { 0, 3000 } }, left;

	handle_flags(SIGALRM, handler, SA_RESTART);
	sys(setitimer(ITIMER_REAL, &every, NULL));
	while (ticks < 10) {
		syscall(SYS_getppid);
		calls++;
	}
	sys(getitimer(ITIMER_REAL, &left));
	every = (struct itimerval){ { 0, 0 }, { 0, 0 } };
	sys(setitimer(ITIMER_REAL, &every, NULL));
	for (int i = 0; i < 10; i++)
		say("tick %d at call %ld\n", i, at[i]);
	say("left %ld us\n", (long)left.it_value.tv_usec);
	return success();
}
