/* SPDX-License-Identifier: MIT */
/* POSIX timers: SIGEV_SIGNAL with a value, SIGEV_THREAD, overruns. */
#include "tracee.h"

static volatile sig_atomic_t count;
static volatile int value;
static pthread_barrier_t barrier;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	check(info->si_code == SI_TIMER);
	value = info->si_value.sival_int;
	count++;
}

static void thread_main(union sigval argument)
{
	say("timer thread got %d\n", argument.sival_int);
	pthread_barrier_wait(&barrier);
}

int main(void)
{
	struct itimerspec every = { { 0, 2000000 }, { 0, 2000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGRTMIN,
				  .sigev_value.sival_int = 99 };
	timer_t timer;

	handle_info(SIGRTMIN, handler, SA_RESTART);
	sys(timer_create(CLOCK_MONOTONIC, &event, &timer));
	sys(timer_settime(timer, 0, &every, NULL));
	while (count < 3)
		sleep_ms(1);
	check(value == 99);
	say("overrun %d\n", timer_getoverrun(timer));
	sys(timer_gettime(timer, &every));
	sys(timer_delete(timer));
	pthread_barrier_init(&barrier, NULL, 2);
	event.sigev_notify = SIGEV_THREAD;
	event.sigev_notify_function = thread_main;
	sys(timer_create(CLOCK_REALTIME, &event, &timer));
	every = (struct itimerspec){ { 0, 0 }, { 0, 3000000 } };
	sys(timer_settime(timer, 0, &every, NULL));
	pthread_barrier_wait(&barrier);
	return success();
}
