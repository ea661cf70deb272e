/* SPDX-License-Identifier: MIT */
/* Two threads take turns over a condition variable: ping_pong ROUNDS. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long rounds;
static long turns;

static void play(long side)
{
	pthread_mutex_lock(&lock);
	for (long i = 0; i < rounds; i++) {
		while (turns % 2 != side)
			pthread_cond_wait(&changed, &lock);
		turns++;
		pthread_cond_signal(&changed);
	}
	pthread_mutex_unlock(&lock);
}

static void *pong(void *unused)
{
	(void)unused;
	play(1);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	rounds = argc > 1 ? atol(argv[1]) : 1;
	if (pthread_create(&thread, NULL, pong, NULL))
		return 1;
	play(0);
	pthread_join(thread, NULL);
	printf("%ld\n", turns);
	return turns != 2 * rounds;
}
