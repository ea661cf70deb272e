/* SPDX-License-Identifier: MIT */
/* Threads touch fresh pages of one mapping together, and discard them. */
#include "tracee.h"

static char *memory;

static void *thread_main(void *argument)
{
	long self = (long)argument;

	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 64; i++)
			memory[i * 4096 + self] += self + 1;
		if (self == 0)
			madvise(memory + 32 * 4096, 32 * 4096, MADV_DONTNEED);
		sched_yield();
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[4];

	memory = map_private(64 * 4096);
	for (long i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, thread_main, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	check(memory[3] == 20);
	say("hash %016llx\n", (long long)hash(memory, 64 * 4096));
	return success();
}
