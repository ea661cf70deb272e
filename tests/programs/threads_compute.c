/* SPDX-License-Identifier: MIT */
/*
 * Threads that compute without a call: their turns end anywhere.  An argument
 * says how many, another for how long (tests/turns).
 * EXPECT-PLAIN-OUTPUT
 */
#include "tracee.h"

#define LIMIT 256

static unsigned long passes = 3000000;

static void *compute(void *argument)
{
	volatile unsigned long number = (unsigned long)argument;

	for (unsigned long i = 0; i < passes; i++)
		number = number * 6364136223846793005ul + 1;
	return (void *)number;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 4;
	pthread_t threads[LIMIT];

	if (argc > 2)
		passes = strtoul(argv[2], NULL, 10);
	check(count <= LIMIT);
	for (unsigned long i = 0; i < count; i++)
		check(!pthread_create(&threads[i], NULL, compute, (void *)i));
	for (unsigned long i = 0; i < count; i++) {
		void *number;

		check(!pthread_join(threads[i], &number));
		say("thread %lu: %p\n", i, number);
	}
	return success();
}
