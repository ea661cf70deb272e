/* SPDX-License-Identifier: MIT */
/* Threads that take turns, and each count. */
#include <pthread.h>
#include <stdio.h>

#define THREADS 3
#define ROUNDS 4

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;
long counted[THREADS];
int shared;

static void count(long me)
{
	pthread_mutex_lock(&mutex);
	shared++; /* MARK shared */
	counted[me]++; /* MARK counted */
	pthread_mutex_unlock(&mutex);
}

static void *work(void *argument)
{
	long me = (long)argument;

	for (int i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&barrier);
		count(me); /* MARK round */
	}
	return argument; /* MARK done */
}

int main(void)
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	for (long i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL); /* MARK join */
	printf("%d\n", shared); /* MARK joined */
	return shared;
}
