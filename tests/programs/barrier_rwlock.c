/* SPDX-License-Identifier: MIT */
/* Barriers and read-write locks. */
#include "tracee.h"

static pthread_barrier_t barrier;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int serial, value;

static void *thread_main(void *argument)
{
	for (int i = 0; i < 5; i++) {
		if (pthread_barrier_wait(&barrier) ==
		    PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
		pthread_rwlock_rdlock(&lock);
		check(value >= i);
		pthread_rwlock_unlock(&lock);
		pthread_rwlock_wrlock(&lock);
		value++;
		pthread_rwlock_unlock(&lock);
	}
	return argument;
}

int main(void)
{
	pthread_t thread[4];

	pthread_barrier_init(&barrier, NULL, 4);
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, thread_main, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	check(serial == 5 && value == 20);
	return success();
}
