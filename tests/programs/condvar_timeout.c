/* SPDX-License-Identifier: MIT */
/* pthread_cond_timedwait, mutex_timedlock and sem_timedwait run out. */
#include <semaphore.h>

#include "tracee.h"

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static void *thread_main(void *until)
{
	check(pthread_mutex_timedlock(&held, until) == ETIMEDOUT);
	return NULL;
}

int main(void)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	struct timespec until, after;
	pthread_t thread;
	sem_t none;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 10000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&held);
	pthread_create(&thread, NULL, thread_main, &until);
	pthread_mutex_lock(&mutex);
	check(pthread_cond_timedwait(&never, &mutex, &until) == ETIMEDOUT);
	sem_init(&none, 0, 0);
	fails(sem_timedwait(&none, &until), ETIMEDOUT);
	clock_gettime(CLOCK_REALTIME, &after);
	check(after.tv_sec > until.tv_sec || after.tv_nsec >= until.tv_nsec);
	say("at %ld.%09ld\n", after.tv_sec, after.tv_nsec);
	pthread_join(thread, NULL);
	return success();
}
