/* SPDX-License-Identifier: MIT */
/* Threads made and joined, one after the other (500, or argv[1]). */
#include "tracee.h"

static int sum;

static void *thread_main(void *number)
{
	sum += (int)(long)number;
	return NULL;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 500, expected = 0;

	for (int i = 0; i < count; i++) {
		pthread_t thread;

		check(!pthread_create(&thread, NULL, thread_main,
				      (void *)(long)i));
		check(!pthread_join(thread, NULL));
		expected += i;
	}
	check(sum == expected);
	say("%d threads\n", count);
	return success();
}
