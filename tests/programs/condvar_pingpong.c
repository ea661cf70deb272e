/* SPDX-License-Identifier: MIT */
/* Two threads take turns by a condition variable. */
#include "tracee.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long turn;

static void *thread_main(void *argument)
{
	for (int i = 0; i < 50; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % 2 != (long)argument)
			pthread_cond_wait(&changed, &mutex);
		turn++;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

int main(void)
{
	pthread_t one, two;

	pthread_create(&one, NULL, thread_main, (void *)0);
	pthread_create(&two, NULL, thread_main, (void *)1);
	pthread_join(one, NULL);
	pthread_join(two, NULL);
	check(turn == 100);
	return success();
}
