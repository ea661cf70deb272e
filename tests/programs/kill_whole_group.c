/* SPDX-License-Identifier: MIT */
/* A fatal signal takes all threads; one of them was in a system call. */
#include "tracee.h"

static void *thread_main(void *unused)
{
	for (;;)
		pause();
	return unused;
}

int main(void)
{
	pid_t child = sys(fork());

	if (child == 0) {
		pthread_t thread;

		for (int i = 0; i < 4; i++)
			pthread_create(&thread, NULL, thread_main, NULL);
		sleep_ms(2);
		pthread_kill(thread, SIGTERM);
		for (;;)
			pause();
	}
	await_signal(child, SIGTERM);
	return success();
}
