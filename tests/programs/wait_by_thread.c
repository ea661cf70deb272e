/* SPDX-License-Identifier: MIT */
/* One thread's child is reaped by another, but not under __WNOTHREAD. */
#include "tracee.h"

static pid_t child;

static void *thread_main(void *unused)
{
	fails(waitpid(child, NULL, __WNOTHREAD), ECHILD);
	await_exit(child, 13);
	return unused;
}

int main(void)
{
	pthread_t thread;

	child = sys(fork());
	if (child == 0)
		_exit(13);
	check(!pthread_create(&thread, NULL, thread_main, NULL));
	pthread_join(thread, NULL);
	fails(wait(NULL), ECHILD);
	return success();
}
