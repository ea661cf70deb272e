/* SPDX-License-Identifier: MIT */
/* Several threads call exit_group at about the same time: one status wins. */
#include "tracee.h"

static pthread_barrier_t barrier;

static void *thread_main(void *argument)
{
	pthread_barrier_wait(&barrier);
	syscall(SYS_exit_group, (long)argument);
	return NULL;
}

int main(void)
{
	for (int round = 0; round < 5; round++) {
		pid_t child = sys(fork());
		int status;

		if (child == 0) {
			pthread_t thread;

			pthread_barrier_init(&barrier, NULL, 4);
			for (long i = 1; i < 4; i++)
				pthread_create(&thread, NULL, thread_main,
					       (void *)i);
			thread_main((void *)4);
		}
		status = await(child);
		check(WIFEXITED(status) && WEXITSTATUS(status) >= 1 &&
		      WEXITSTATUS(status) <= 4);
		say("round %d: %d won\n", round, WEXITSTATUS(status));
	}
	return success();
}
