/* SPDX-License-Identifier: MIT */
/* When a pidfd tells that a process with threads ended, waitid() finds it. */
#include <pthread.h>

#include "tracee.h"

static void *compute(void *ready)
{
	put(*(int *)ready, "x", 1);
	for (;;)
		pause();
	return NULL;
}

/* Ends from its first thread, from another one, or by a signal. */
static void *end(void *way)
{
	if (*(int *)way == 0)
		_exit(5);
	if (*(int *)way == 1)
		sys(kill(getpid(), SIGTERM));
	pthread_exit(NULL);
}

static void child(int way)
{
	pthread_t thread;
	int ends[2];
	char byte;

	sys(pipe(ends));
	for (int i = 0; i < 3; i++) {
		check(!pthread_create(&thread, NULL, compute, &ends[1]));
		check(read(ends[0], &byte, 1) == 1);
	}
	if (way < 2)
		end(&way);
	way -= 2;
	check(!pthread_create(&thread, NULL, end, &way));
	pthread_exit(NULL);
}

int main(void)
{
	for (int i = 0; i < 20; i++) {
		siginfo_t info = { 0 };
		struct pollfd wait = { .events = POLLIN };
		pid_t pid = sys(fork());
		int way = i % 4;

		if (pid == 0)
			child(way);
		wait.fd = syscall(SYS_pidfd_open, pid, 0);
		if (wait.fd < 0 && errno == ENOSYS)
			skip("no pidfd_open");
		check(poll(&wait, 1, -1) == 1);
		sys(waitid(3 /* P_PIDFD */, wait.fd, &info,
			   WEXITED | WNOHANG));
		check(info.si_pid == pid);
		check(info.si_status == (way % 2 ? SIGTERM : 5));
		sys(close(wait.fd));
	}
	return success();
}
