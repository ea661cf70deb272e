/* SPDX-License-Identifier: MIT */
/* The kernel releases a dead owner's robust mutex: EOWNERDEAD. */
#include "tracee.h"

int main(void)
{
	pthread_mutex_t *mutex = map_shared(4096);
	pthread_mutexattr_t attributes;
	pid_t child;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(mutex, &attributes);
	child = sys(fork());
	if (child == 0) {
		pthread_mutex_lock(mutex);
		_exit(0);
	}
	await_exit(child, 0);
	check(pthread_mutex_lock(mutex) == EOWNERDEAD);
	check(!pthread_mutex_consistent(mutex));
	check(!pthread_mutex_unlock(mutex));
	check(!pthread_mutex_lock(mutex));
	return success();
}
