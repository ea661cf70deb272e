/* SPDX-License-Identifier: MIT */
/* A data race on a plain word: whatever came of it, replay repeats it. */
#include "tracee.h"

static volatile long racy;

static void *thread_main(void *unused)
{
	for (int i = 0; i < 300; i++) {
		long before = racy;

		if (i % 7 == 0)
			sched_yield();
		racy = before + 1;
	}
	return unused;
}

int main(void)
{
	pthread_t thread[4];

	for (int i = 0; i < 4; i++)
		check(!pthread_create(&thread[i], NULL, thread_main, NULL));
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	check(racy >= 300 && racy <= 1200);
	say("racy sum %ld\n", racy);
	return success();
}
