/* SPDX-License-Identifier: MIT */
/* The main stack grows by some megabytes, and a thread's is used up to 4. */
#include "tracee.h"

static long dive(int depth)
{
	volatile char room[8192];

	memset((char *)room, depth, sizeof(room));
	if (depth == 0)
		return 0;
	return dive(depth - 1) + room[depth % 8192];
}

static void *thread_main(void *unused)
{
	(void)unused;
	return (void *)dive(400);
}

int main(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	void *sum;

	say("sum %ld\n", dive(600));
	pthread_attr_init(&attributes);
	check(!pthread_attr_setstacksize(&attributes, 4 << 20));
	check(!pthread_create(&thread, &attributes, thread_main, NULL));
	pthread_join(thread, &sum);
	check((long)sum == dive(400));
	return success();
}
