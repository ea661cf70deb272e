/* SPDX-License-Identifier: MIT */
/* A thread is cancelled while it sleeps in read; its cleanup runs. */
#include "tracee.h"

static int cleaned, ends[2];

static void cleanup(void *unused)
{
	(void)unused;
	cleaned = 1;
}

static void *thread_main(void *unused)
{
	char byte;

	pthread_cleanup_push(cleanup, NULL);
	check(read(ends[0], &byte, 1) == 1);
	pthread_cleanup_pop(0);
	return unused;
}

int main(void)
{
	pthread_t thread;
	void *value;

	sys(pipe(ends));
	check(!pthread_create(&thread, NULL, thread_main, NULL));
	sleep_ms(10);
	check(!pthread_cancel(thread));
	check(!pthread_join(thread, &value));
	check(value == PTHREAD_CANCELED && cleaned);
	return success();
}
