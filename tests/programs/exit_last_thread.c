/* SPDX-License-Identifier: MIT */
/* Every thread leaves by exit, not exit_group; the last one's status counts. */
#include "tracee.h"

static void *thread_main(void *argument)
{
	sleep_ms((long)argument);
	syscall(SYS_exit, 40 + (long)argument);
	return NULL;
}

int main(void)
{
	pid_t child = sys(fork());

	if (child == 0) {
		pthread_t thread;

		pthread_create(&thread, NULL, thread_main, (void *)5);
		pthread_create(&thread, NULL, thread_main, (void *)20);
		syscall(SYS_exit, 7);
	}
	int status = await(child);

	check(WIFEXITED(status));
	say("status %d\n", WEXITSTATUS(status));
	return success();
}
