/* SPDX-License-Identifier: MIT */
/* setresgid in a threaded program: libc signals every thread to do the same. */
#include "tracee.h"

static pthread_barrier_t barrier;

static void *thread_main(void *unused)
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	say("thread: gid %d\n", (int)syscall(SYS_getegid));
	return unused;
}

int main(void)
{
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, thread_main, NULL));
	pthread_barrier_wait(&barrier);
	sys(setresgid(getgid(), getgid(), getgid()));
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	return success();
}
