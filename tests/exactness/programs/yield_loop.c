/* SPDX-License-Identifier: MIT */
/*
 * Threads wait by sched_yield, others compute meanwhile.
 *
 * levels: O2
 */
#include "strike.h"

static volatile int is_done;
static volatile uint64_t yields[2], computed;

static void *wait_yielding(void *argument)
{
	long me = (long)argument;

	while (!is_done) {
		yields[me]++;
		sched_yield();
	}
	return NULL;
}

static void *compute(void *argument)
{
	uint64_t value = 1;

	(void)argument;
	for (int i = 0; i < 60000000; i++) {
		value = value * 6364136223846793005 + 1;
		computed = (uint64_t)i;
	}
	computed = value;
	is_done = 1;
	return NULL;
}

int main(void)
{
	pthread_t threads[3];

	for (long i = 0; i < 2; i++)
		check(!pthread_create(&threads[i], NULL, wait_yielding,
				      (void *)i));
	check(!pthread_create(&threads[2], NULL, compute, NULL));
	for (int i = 0; i < 3; i++)
		check(!pthread_join(threads[i], NULL));
	say("%llu and %llu yields, %llu\n", (unsigned long long)yields[0],
	    (unsigned long long)yields[1], (unsigned long long)computed);
	return success();
}
