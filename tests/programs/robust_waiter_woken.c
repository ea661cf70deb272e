/* SPDX-License-Identifier: MIT */
/* The death of a robust mutex's owner wakes the one who waits for it. */
#include "tracee.h"

static pthread_mutex_t mutex;
static pthread_barrier_t barrier;

static void *owner(void *unused)
{
	pthread_mutex_lock(&mutex);
	pthread_barrier_wait(&barrier);
	sleep_ms(30);
	return unused;
}

int main(void)
{
	pthread_mutexattr_t attributes;
	pthread_t thread;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&mutex, &attributes);
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, owner, NULL);
	pthread_barrier_wait(&barrier);
	check(pthread_mutex_lock(&mutex) == EOWNERDEAD);
	pthread_mutex_consistent(&mutex);
	pthread_mutex_unlock(&mutex);
	pthread_join(thread, NULL);
	return success();
}
