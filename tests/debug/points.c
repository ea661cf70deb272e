/* SPDX-License-Identifier: MIT */
/* Threads that compute, so that their turns end in the middle of it. */
#include <pthread.h>
#include <stdio.h>

#define THREADS 3
#define ROUNDS 2
#define PASSES 6000000ul

volatile unsigned long sums[THREADS];
volatile int milestones;
volatile int started;

static void milestone(long me, int round)
{
	milestones++; /* MARK milestone */
	(void)me;
	(void)round;
}

static void *work(void *argument)
{
	long me = (long)argument;

	started++;
	while (started < THREADS)
		;
	for (int round = 0; round < ROUNDS; round++) {
		for (unsigned long i = 0; i < PASSES; i++)
			sums[me] += i; /* MARK pass */
		milestone(me, round);
	}
	return argument;
}

int main(void)
{
	pthread_t threads[THREADS];

	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	for (long i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return milestones; /* MARK end */
}
