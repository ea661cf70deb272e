/* SPDX-License-Identifier: MIT */
/* Two hundred threads alive at once, woken together. */
#include "tracee.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_here = PTHREAD_COND_INITIALIZER;
static int here;

static void *thread_main(void *unused)
{
	pthread_mutex_lock(&mutex);
	if (++here == 200)
		pthread_cond_broadcast(&all_here);
	while (here < 200)
		pthread_cond_wait(&all_here, &mutex);
	pthread_mutex_unlock(&mutex);
	return unused;
}

int main(void)
{
	pthread_attr_t attributes;
	pthread_t thread[200];

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	for (int i = 0; i < 200; i++)
		check(!pthread_create(&thread[i], &attributes, thread_main,
				      NULL));
	for (int i = 0; i < 200; i++)
		pthread_join(thread[i], NULL);
	return success();
}
