/* SPDX-License-Identifier: MIT */
/* Threads end one by one while the leader calls exit_group. */
#include "tracee.h"

static void *thread_main(void *argument)
{
	sleep_ms((long)argument);
	return NULL;
}

int main(void)
{
	for (int round = 0; round < 5; round++) {
		pid_t child = sys(fork());

		if (child == 0) {
			pthread_t thread;

			for (long i = 0; i < 8; i++)
				pthread_create(&thread, NULL, thread_main,
					       (void *)i);
			sleep_ms(round);
			_exit(20 + round);
		}
		await_exit(child, 20 + round);
	}
	return success();
}
