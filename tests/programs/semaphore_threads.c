/* SPDX-License-Identifier: MIT */
/* Producers and consumers over a bounded queue with semaphores. */
#include <semaphore.h>

#include "tracee.h"

static sem_t slots, items;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int queue[4], head, tail, sum;

static void *produce(void *argument)
{
	for (int i = 1; i <= 40; i++) {
		sem_wait(&slots);
		pthread_mutex_lock(&mutex);
		queue[head++ % 4] = i;
		pthread_mutex_unlock(&mutex);
		sem_post(&items);
	}
	return argument;
}

static void *consume(void *argument)
{
	for (int i = 1; i <= 40; i++) {
		sem_wait(&items);
		pthread_mutex_lock(&mutex);
		sum += queue[tail++ % 4];
		pthread_mutex_unlock(&mutex);
		sem_post(&slots);
	}
	return argument;
}

int main(void)
{
	pthread_t thread[4];

	sem_init(&slots, 0, 4);
	sem_init(&items, 0, 0);
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, i % 2 ? produce : consume,
			       NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	check(sum == 2 * 820);
	return success();
}
