/* SPDX-License-Identifier: MIT */
/* Threads take turns by spinning, and never make a call while they do. */
#include "tracee.h"

#define TURNS 12

static volatile int turn;
static volatile long spins[2];
static int lock;

static void *take_turns(void *argument)
{
	long me = (long)argument;

	for (int i = 0; i < TURNS; i++) {
		while (turn != me)
			spins[me]++;
		while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
			;
		turn = !me;
		__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[2];

	for (long i = 0; i < 2; i++)
		check(!pthread_create(&threads[i], NULL, take_turns,
				      (void *)i));
	for (int i = 0; i < 2; i++)
		check(!pthread_join(threads[i], NULL));
	say("%ld and %ld spins\n", spins[0], spins[1]);
	return success();
}
