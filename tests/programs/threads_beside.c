/* SPDX-License-Identifier: MIT */
/*
 * One thread sleeps again and again beside others that compute: it waits for
 * the turn of one of them, not for all.  Arguments: how many, and how often
 * (tests/turns).
 * EXPECT-PLAIN-OUTPUT
 */
#include "tracee.h"

#include <time.h>

#define LIMIT 256

static volatile int is_done;

static void *compute(void *argument)
{
	volatile unsigned long number = (unsigned long)argument;

	while (!is_done)
		number = number * 6364136223846793005ul + 1;
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 4;
	unsigned long sleeps = argc > 2 ? strtoul(argv[2], NULL, 10) : 5;
	const struct timespec pause = { .tv_nsec = 1000000 };
	pthread_t threads[LIMIT];

	check(count <= LIMIT);
	for (unsigned long i = 0; i < count; i++)
		check(!pthread_create(&threads[i], NULL, compute, (void *)i));
	for (unsigned long i = 0; i < sleeps; i++)
		check(!nanosleep(&pause, NULL));
	is_done = 1;
	for (unsigned long i = 0; i < count; i++)
		check(!pthread_join(threads[i], NULL));
	say("slept %lu times\n", sleeps);
	return success();
}
