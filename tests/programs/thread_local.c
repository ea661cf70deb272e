/* SPDX-License-Identifier: MIT */
/* Thread-local storage, keys with destructors, and once. */
#include "tracee.h"

static __thread long mine = 7;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int destroyed, made;

static void destroy(void *value)
{
	__atomic_add_fetch(&destroyed, (long)value, __ATOMIC_SEQ_CST);
}

static void make(void)
{
	made++;
	pthread_key_create(&key, destroy);
}

static void *thread_main(void *argument)
{
	pthread_once(&once, make);
	check(mine == 7);
	mine = (long)argument;
	pthread_setspecific(key, argument);
	sched_yield();
	check(mine == (long)argument);
	return NULL;
}

int main(void)
{
	pthread_t thread[5];

	for (long i = 0; i < 5; i++)
		pthread_create(&thread[i], NULL, thread_main, (void *)(i + 1));
	for (int i = 0; i < 5; i++)
		pthread_join(thread[i], NULL);
	check(made == 1 && destroyed == 15 && mine == 7);
	return success();
}
