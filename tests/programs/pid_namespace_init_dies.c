/* SPDX-License-Identifier: MIT */
/*
 * When the first process of a pid namespace ends, all the others are killed,
 * wherever they are, before its parent hears of it.
 */
#include "tracee.h"

static int *shared;

static void *block(void *argument)
{
	char byte;

	(void)!read(*(int *)argument, &byte, 1);
	return NULL;
}

static void *spin(void *argument)
{
	(void)argument;
	for (;;)
		sched_yield();
	return NULL;
}

static void blocked_child(int fd)
{
	if (sys(fork()) == 0) {
		__atomic_add_fetch(shared, 1, __ATOMIC_SEQ_CST);
		block(&fd);
		_exit(0);
	}
}

static void threaded_child(int fd)
{
	if (sys(fork()) == 0) {
		pthread_t id;

		pthread_create(&id, NULL, block, &fd);
		pthread_create(&id, NULL, spin, NULL);
		__atomic_add_fetch(shared, 1, __ATOMIC_SEQ_CST);
		syscall(SYS_exit, 0); /* its leader is a zombie */
	}
}

static void stopped_child(void)
{
	int status;
	pid_t child = sys(fork());

	if (child == 0) {
		__atomic_add_fetch(shared, 1, __ATOMIC_SEQ_CST);
		raise(SIGSTOP);
		_exit(0);
	}
	check(waitpid(child, &status, WUNTRACED) == child);
	check(WIFSTOPPED(status));
}

static void zombie(void)
{
	if (sys(fork()) == 0)
		_exit(9);
	__atomic_add_fetch(shared, 1, __ATOMIC_SEQ_CST);
}

static void nested(int fd)
{
	pid_t child = sys(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0,
				  0));

	if (child == 0) {
		blocked_child(fd);
		__atomic_add_fetch(shared, 1, __ATOMIC_SEQ_CST);
		block(&fd);
		_exit(0);
	}
}

static void dying(int fd, int how)
{
	pthread_t id;

	blocked_child(fd);
	threaded_child(fd);
	stopped_child();
	zombie();
	nested(fd);
	while (__atomic_load_n(shared, __ATOMIC_SEQ_CST) < 6)
		sched_yield();
	if (how == 1)
		pthread_create(&id, NULL, block, &fd);
	if (how == 2)
		pause();
	_exit(8);
}

/* In three ways: alone, with a thread, killed from outside. */
static void once(int how)
{
	int hold[2];
	pid_t child;
	char byte;

	*shared = 0;
	sys(pipe(hold));
	child = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (child < 0)
		skip("no pid namespace: errno %d", errno);
	if (child == 0) {
		close(hold[1]);
		dying(hold[0], how);
	}
	close(hold[0]);
	if (how == 2) {
		while (__atomic_load_n(shared, __ATOMIC_SEQ_CST) < 6)
			sched_yield();
		await_state(child, "S");
		sys(kill(child, SIGKILL));
		await_signal(child, SIGKILL);
	} else {
		await_exit(child, 8);
	}
	/* Nobody has the other end any more. */
	signal(SIGPIPE, SIG_IGN);
	fails(write(hold[1], &byte, 1), EPIPE);
	close(hold[1]);
	say("dead: %d\n", how);
}

int main(void)
{
	shared = map_shared(4096);
	if (!is_root() && unshare(CLONE_NEWUSER))
		skip("no user namespace: errno %d", errno);
	for (int how = 0; how < 3; how++)
		once(how);
	return success();
}
