/* SPDX-License-Identifier: MIT */
/* A priority inheritance mutex: the kernel writes the futex word. */
#include "tracee.h"

static pthread_mutex_t mutex;
static int inside;

static void *thread_main(void *unused)
{
	for (int i = 0; i < 10; i++) {
		check(!pthread_mutex_lock(&mutex));
		check(inside++ == 0);
		sleep_ms(1);
		inside--;
		check(!pthread_mutex_unlock(&mutex));
	}
	return unused;
}

int main(void)
{
	pthread_mutexattr_t attributes;
	pthread_t thread[3];

	pthread_mutexattr_init(&attributes);
	check(!pthread_mutexattr_setprotocol(&attributes,
					     PTHREAD_PRIO_INHERIT));
	if (pthread_mutex_init(&mutex, &attributes))
		skip("no priority inheritance");
	for (int i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, thread_main, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	return success();
}
