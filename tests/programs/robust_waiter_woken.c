/* SPDX-License-Identifier: MIT */
/* The death of a robust mutex's owner wakes the one who waits for it. */
#include "tracee.h"

static pthread_mutex_t mutex;

static void *owner(void *unused)
{
	pthread_mutex_lock(&mutex);
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
	pthread_create(&thread, NULL, owner, NULL);
	sleep_ms(5);
	check(pthread_mutex_lock(&mutex) == EOWNERDEAD);
	pthread_mutex_consistent(&mutex);
	pthread_mutex_unlock(&mutex);
	pthread_join(thread, NULL);
	return success();
}
