/* SPDX-License-Identifier: MIT */
/* Threads signal each other while they lock, sleep and allocate. */
#include "tracee.h"

static pthread_t thread[4];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;
static volatile sig_atomic_t handled;

static void handler(int number)
{
	(void)number;
	__atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
}

static void *thread_main(void *argument)
{
	long self = (long)argument;

	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 40; i++) {
		char *block = malloc(100 + i);

		pthread_kill(thread[(self + i) % 4], SIGUSR1);
		pthread_mutex_lock(&mutex);
		if (i % 8 == 0)
			sleep_ms(1);
		pthread_mutex_unlock(&mutex);
		free(block);
	}
	pthread_barrier_wait(&barrier);
	return NULL;
}

int main(void)
{
	handle_flags(SIGUSR1, handler, SA_RESTART);
	pthread_barrier_init(&barrier, NULL, 4);
	for (long i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, thread_main, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	say("%d handled\n", handled);
	check(handled > 0 && handled <= 160);
	return success();
}
