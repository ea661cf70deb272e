/* SPDX-License-Identifier: MIT */
/*
 * A timer that fires faster than any stop is dealt with, while calls are made;
 * its handler ends it.
 */
#include "tracee.h"

static timer_t timer;
static volatile int count;

static void on_timer(int number, siginfo_t *info, void *context)
{
	struct itimerspec never = { { 0, 0 }, { 0, 0 } };

	(void)number, (void)info, (void)context;
	getppid();
	if (++count == 100)
		sys(timer_settime(timer, 0, &never, NULL));
}

int main(void)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN,
	};
	struct itimerspec often = { { 0, 1000 }, { 0, 1000 } };

	handle_info(SIGRTMIN, on_timer, 0);
	for (int i = 0; i < 100; i++) /* calls without stops */
		check(getppid() > 0);
	sys(timer_create(CLOCK_MONOTONIC, &event, &timer));
	sys(timer_settime(timer, 0, &often, NULL));
	while (count < 100)
		check(getppid() > 0);
	sys(timer_delete(timer));
	puts("EXIT-SUCCESS");
	return 0;
}
