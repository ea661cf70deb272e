/* SPDX-License-Identifier: MIT */
/*
 * Storms of timers: many that signal the process, ones that start threads, and
 * one for each thread.
 *
 * levels: O2
 * variants: signal thread thread_id
 */
#include "strike.h"

#define TIMERS 8
#define NOTIFIED_ENOUGH 6

static volatile int notified;

static void start(struct sigevent *event, long nanoseconds)
{
	struct itimerspec often = { { 0, nanoseconds }, { 0, nanoseconds } };
	timer_t timer;

	sys(timer_create(CLOCK_MONOTONIC, event, &timer));
	sys(timer_settime(timer, 0, &often, NULL));
}

static uint64_t compute(const volatile int *is_over)
{
	uint64_t value = 1;

	for (uint64_t i = 0; !*is_over; i++)
		value = value * 6364136223846793005 + i;
	return value;
}

static void strike_realtime(int signal, siginfo_t *info, void *context)
{
	progress = (uint64_t)info->si_value.sival_int;
	progress_within = (uint64_t)(info->si_overrun > 0);
	strike(signal, info, context);
}

static void many_signals(void)
{
	for (int i = 0; i < TIMERS; i++) {
		struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
					  .sigev_signo = SIGRTMIN + i % 3,
					  .sigev_value.sival_int = i };

		handle_info(SIGRTMIN + i % 3, strike_realtime, SA_RESTART);
		start(&event, 1000000 + 300000 * i);
	}
	say("%llu\n", (unsigned long long)compute(&strikes_over));
}

static pthread_mutex_t print_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile uint64_t counter;
static volatile int notified_enough;

static void notify(union sigval value)
{
	pthread_mutex_lock(&print_lock);
	if (notified < NOTIFIED_ENOUGH)
		say("thread of timer %d at %llu\n", value.sival_int,
		    (unsigned long long)counter);
	if (++notified == NOTIFIED_ENOUGH)
		notified_enough = 1;
	pthread_mutex_unlock(&print_lock);
}

static void many_threads(void)
{
	for (int i = 0; i < 2; i++) {
		struct sigevent event = { .sigev_notify = SIGEV_THREAD,
					  .sigev_notify_function = notify,
					  .sigev_value.sival_int = i };

		start(&event, 5000000 + 1000000 * i);
	}
	while (!notified_enough)
		counter++;
	say("%llu\n", (unsigned long long)counter);
}

struct worker {
	pthread_t thread;
	int number;
	volatile int strikes, is_over;
	uint64_t value;
};

static _Thread_local struct worker *me;

static void strike_worker(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	strike_note(me->number, context);
	if (++me->strikes == 4)
		me->is_over = 1;
}

static void *work(void *argument)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID,
				  .sigev_signo = SIGUSR1 };

	me = argument;
	event._sigev_un._tid = my_tid();
	start(&event, 1000000);
	me->value = compute(&me->is_over);
	mask(SIG_BLOCK, SIGUSR1);
	return NULL;
}

static void timer_for_each(void)
{
	struct worker workers[3] = { 0 };

	handle_info(SIGUSR1, strike_worker, SA_RESTART);
	for (int i = 0; i < 3; i++) {
		workers[i].number = i;
		check(!pthread_create(&workers[i].thread, NULL, work,
				      &workers[i]));
	}
	for (int i = 0; i < 3; i++) {
		check(!pthread_join(workers[i].thread, NULL));
		say("%llu\n", (unsigned long long)workers[i].value);
	}
}

int main(int argc, char **argv)
{
	strikes_wanted = from_environment("STRIKES", strikes_wanted);
	if (is_variant("signal"))
		many_signals();
	else if (is_variant("thread"))
		many_threads();
	else
		timer_for_each();
	strikes_over = 1;
	strikes_print();
	return success();
}
