/* SPDX-License-Identifier: MIT */
/*
 * A call that waits for nobody is one step to the other threads: what it
 * writes comes in one order with what they read.
 */
#include "tracee.h"

#include <sys/syscall.h>
#include <time.h>

#define CALLS 20000

static volatile struct timespec now;
static volatile int is_over;

static void *thread_main(void *unused)
{
	for (int i = 0; i < CALLS; i++)
		check(!syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now));
	is_over = 1;
	return unused;
}

int main(void)
{
	unsigned long digest = 0;
	pthread_t thread;

	check(!pthread_create(&thread, NULL, thread_main, NULL));
	while (!is_over) {
		digest = digest * 31 + (unsigned long)now.tv_nsec;
		sched_yield();
	}
	pthread_join(thread, NULL);
	say("digest %lx\n", digest);
	return success();
}
