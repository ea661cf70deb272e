/* SPDX-License-Identifier: MIT */
/* Threads spawn by vfork at the same time, while others compute and sleep. */
#include "tracee.h"

static void *thread_main(void *argument)
{
	for (volatile int i = 0; i < 5; i++) {
		pid_t child = vfork();

		if (child == 0) {
			if (i % 2)
				execl("/bin/true", "true", NULL);
			_exit(0);
		}
		check(child > 0);
		await_exit(child, 0);
	}
	return argument;
}

static void *sleeper(void *argument)
{
	for (int i = 0; i < 10; i++)
		sleep_ms(1);
	return argument;
}

int main(void)
{
	pthread_t thread[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, i ? thread_main : sleeper,
			       NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	return success();
}
