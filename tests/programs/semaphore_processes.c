/* SPDX-License-Identifier: MIT */
/* A POSIX semaphore shared by three processes guards a counter. */
#include <semaphore.h>

#include "tracee.h"

int main(void)
{
	struct shared {
		sem_t semaphore;
		int count;
	} *shared = map_shared(4096);
	pid_t child[3];

	sem_init(&shared->semaphore, 1, 1);
	for (int i = 0; i < 3; i++) {
		child[i] = sys(fork());
		if (child[i])
			continue;
		for (int j = 0; j < 30; j++) {
			int before;

			sem_wait(&shared->semaphore);
			before = shared->count;
			if (j % 10 == 0)
				sched_yield();
			shared->count = before + 1;
			sem_post(&shared->semaphore);
		}
		_exit(0);
	}
	for (int i = 0; i < 3; i++)
		await_exit(child[i], 0);
	check(shared->count == 90);
	return success();
}
