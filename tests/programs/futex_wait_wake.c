/* SPDX-License-Identifier: MIT */
/* FUTEX_WAIT sleeps until FUTEX_WAKE; EAGAIN when the word has changed. */
#include <linux/futex.h>

#include "tracee.h"

static int word;

static void *thread_main(void *unused)
{
	check(futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == 0 ||
	      errno == EAGAIN);
	return unused;
}

int main(void)
{
	struct timespec soon = { 0, 5000000 };
	pthread_t thread[3];
	long woken = 0;

	fails(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
	fails(futex(&word, FUTEX_WAIT, 0, &soon, NULL, 0), ETIMEDOUT);
	for (int i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, thread_main, NULL);
	sleep_ms(10);
	__atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
	woken = futex(&word, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	say("woke %ld\n", woken);
	return success();
}
