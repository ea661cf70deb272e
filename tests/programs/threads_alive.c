/* SPDX-License-Identifier: MIT */
/* Many threads alive at once (300, or argv[1]), woken together. */
#include "tracee.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_here = PTHREAD_COND_INITIALIZER;
static int here, count = 300;

static void *thread_main(void *unused)
{
	pthread_mutex_lock(&mutex);
	if (++here == count)
		pthread_cond_broadcast(&all_here);
	while (here < count)
		pthread_cond_wait(&all_here, &mutex);
	pthread_mutex_unlock(&mutex);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_attr_t attributes;
	pthread_t *thread;

	if (argc > 1)
		count = atoi(argv[1]);
	thread = calloc(count, sizeof(*thread));
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	for (int i = 0; i < count; i++)
		check(!pthread_create(&thread[i], &attributes, thread_main,
				      NULL));
	for (int i = 0; i < count; i++)
		pthread_join(thread[i], NULL);
	say("%d threads\n", here);
	return success();
}
