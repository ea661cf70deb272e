/* SPDX-License-Identifier: MIT */
/*
 * Threads that wait for futexes and wake each other all the time: in a ring, by
 * signals, while others fork, and at the end of the process.
 */
#include <limits.h>
#include <linux/futex.h>
#include <sys/wait.h>

#include "tracee.h"

#define THREADS 3
#define ROUNDS 600
#define SIGNALS 100

static volatile int turn, over, handled, forks;

static void wait_while(volatile int *word, int value)
{
	long result = futex((int *)word, FUTEX_WAIT_BITSET_PRIVATE, value, NULL,
			    NULL, -1);

	check(!result || errno == EAGAIN || errno == EINTR);
}

static void change(volatile int *word)
{
	__atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
	check(futex((int *)word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) >=
	      0);
}

static void *play(void *argument)
{
	int me = (int)(long)argument, now;

	for (int i = 0; i < ROUNDS; i++) {
		while ((now = turn) % THREADS != me)
			wait_while(&turn, now);
		change(&turn);
	}
	return NULL;
}

static void ring(void)
{
	pthread_t threads[THREADS];

	for (long i = 0; i < THREADS; i++)
		check(!pthread_create(&threads[i], NULL, play, (void *)i));
	for (int i = 0; i < THREADS; i++)
		check(!pthread_join(threads[i], NULL));
	check(turn == THREADS * ROUNDS);
}

static void handler(int signal)
{
	(void)signal;
	change(&handled);
}

static void *wait_till_over(void *unused)
{
	while (!over)
		wait_while(&over, 0);
	return unused;
}

/* The thread sleeps, or is about to, when they come. */
static void signals(void)
{
	pthread_t thread;

	handle_flags(SIGUSR1, handler, SA_RESTART);
	check(!pthread_create(&thread, NULL, wait_till_over, NULL));
	for (int i = 0; i < SIGNALS; i++) {
		check(!pthread_kill(thread, SIGUSR1));
		while (handled == i)
			wait_while(&handled, i);
	}
	change(&over);
	check(!pthread_join(thread, NULL));
	check(handled == SIGNALS);
}

static void *fork_often(void *unused)
{
	for (int i = 0; i < 10; i++) {
		int status;
		pid_t child = fork();

		if (!child)
			_exit(i);
		sys(waitpid(child, &status, 0));
		check(WIFEXITED(status) && WEXITSTATUS(status) == i);
		change(&forks);
	}
	return unused;
}

static void while_others_fork(void)
{
	pthread_t thread;
	int now;

	check(!pthread_create(&thread, NULL, fork_often, NULL));
	while ((now = forks) < 10)
		wait_while(&forks, now);
	check(!pthread_join(thread, NULL));
}

/* These errors come before the word is looked at. */
static void errors(void)
{
	int value = turn;

	for (int i = 0; i < 20; i++) {
		fails(futex((int *)&turn, FUTEX_WAIT_BITSET, value, NULL, NULL,
			    0), EINVAL);
		fails(futex((int *)&turn, FUTEX_WAIT | FUTEX_CLOCK_REALTIME,
			    value, NULL, NULL, 0), ENOSYS);
		fails(futex((int *)&turn, FUTEX_WAIT | FUTEX_CLOCK_REALTIME,
			    value + 1, NULL, NULL, 0), ENOSYS);
		fails(futex((int *)&turn, FUTEX_WAIT_BITSET, value + 1, NULL,
			    NULL, 0), EINVAL);
	}
}

int main(void)
{
	pthread_t thread;

	ring();
	signals();
	while_others_fork();
	errors();
	/* This one never ends by itself. */
	over = 0;
	check(!pthread_create(&thread, NULL, wait_till_over, NULL));
	sched_yield();
	return success();
}
