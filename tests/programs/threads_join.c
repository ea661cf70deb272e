/* SPDX-License-Identifier: MIT */
/* Threads return their values to the one that joins them. */
#include "tracee.h"

static void *thread_main(void *argument)
{
	say("thread %d got %ld\n", my_tid(), (long)argument);
	return (void *)((long)argument * 2);
}

int main(void)
{
	pthread_t thread[8];

	for (long i = 0; i < 8; i++)
		check(!pthread_create(&thread[i], NULL, thread_main,
				      (void *)i));
	for (long i = 0; i < 8; i++) {
		void *value;

		check(!pthread_join(thread[i], &value));
		check((long)value == 2 * i);
	}
	return success();
}
