/* SPDX-License-Identifier: MIT */
/*
 * Locks name their owner by the tid that it has in its own pid namespace:
 * robust ones, whose owner dies, and priority-inheriting ones.
 */
#include <linux/futex.h>

#include "tracee.h"

struct locks {
	pthread_mutex_t robust, inheriting, both;
};

static void init_lock(pthread_mutex_t *mutex, int is_robust, int inherits)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	if (is_robust)
		pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	if (inherits)
		pthread_mutexattr_setprotocol(&attributes,
					      PTHREAD_PRIO_INHERIT);
	check(!pthread_mutex_init(mutex, &attributes));
}

static void die_as_owner(pthread_mutex_t *mutex)
{
	pid_t child = sys(fork());

	if (child == 0) {
		check(!pthread_mutex_lock(mutex));
		say("owned by %d\n", mutex->__data.__owner);
		_exit(0);
	}
	await_exit(child, 0);
	say("word %#x\n", mutex->__data.__lock);
	check(pthread_mutex_lock(mutex) == EOWNERDEAD);
	check(!pthread_mutex_consistent(mutex));
	check(!pthread_mutex_unlock(mutex));
}

static void wait_for_owner(pthread_mutex_t *mutex)
{
	pid_t child;

	check(!pthread_mutex_lock(mutex));
	child = sys(fork());
	if (child == 0) {
		check(!pthread_mutex_lock(mutex));
		check(mutex->__data.__owner == my_tid());
		check(!pthread_mutex_unlock(mutex));
		_exit(0);
	}
	sleep_ms(30);
	check(!pthread_mutex_unlock(mutex));
	await_exit(child, 0);
}

static int inside(struct locks *locks)
{
	init_lock(&locks->robust, 1, 0);
	init_lock(&locks->inheriting, 0, 1);
	init_lock(&locks->both, 1, 1);
	die_as_owner(&locks->robust);
	die_as_owner(&locks->both);
	wait_for_owner(&locks->inheriting);
	return 0;
}

int main(void)
{
	struct locks *locks = map_shared(4096);
	pid_t child;

	if (!is_root() && unshare(CLONE_NEWUSER))
		skip("no user namespace: errno %d", errno);
	child = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (child < 0)
		skip("no pid namespace: errno %d", errno);
	if (child == 0) {
		/* fork() of glibc knows no tid that raw clone changed */
		child = sys(fork());
		if (child == 0)
			_exit(inside(locks));
		await_exit(child, 0);
		_exit(0);
	}
	await_exit(child, 0);
	return success();
}
