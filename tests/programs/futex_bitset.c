/* SPDX-License-Identifier: MIT */
/* FUTEX_WAIT_BITSET with an absolute time, and a wake by mask. */
#include <linux/futex.h>

#include "tracee.h"

static int word, awake;

static void *thread_main(void *argument)
{
	while (futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, (long)argument) &&
	       errno == EINTR)
		;
	__atomic_or_fetch(&awake, (long)argument, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(void)
{
	struct timespec until;
	pthread_t one, two;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 1000;
	fails(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &until,
		    NULL, ~0u),
	      ETIMEDOUT);
	pthread_create(&one, NULL, thread_main, (void *)1);
	pthread_create(&two, NULL, thread_main, (void *)2);
	while (futex(&word, FUTEX_WAKE_BITSET, 100, NULL, NULL, 2) == 0)
		sleep_ms(1);
	pthread_join(two, NULL);
	check(awake == 2);
	while (futex(&word, FUTEX_WAKE_BITSET, 100, NULL, NULL, 1) == 0)
		sleep_ms(1);
	pthread_join(one, NULL);
	check(awake == 3);
	return success();
}
