/* SPDX-License-Identifier: MIT */
/* Many threads add under one mutex; nothing is lost. */
#include "tracee.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long sum;

static void *thread_main(void *unused)
{
	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&mutex);
		long before = sum;

		if (i % 50 == 0)
			sched_yield();
		sum = before + 1;
		pthread_mutex_unlock(&mutex);
	}
	return unused;
}

int main(void)
{
	pthread_t thread[20];

	for (int i = 0; i < 20; i++)
		check(!pthread_create(&thread[i], NULL, thread_main, NULL));
	for (int i = 0; i < 20; i++)
		pthread_join(thread[i], NULL);
	check(sum == 4000);
	return success();
}
