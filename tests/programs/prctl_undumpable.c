/* SPDX-License-Identifier: MIT */
/* A process that forbids dumps, as agents with secrets do, forks and works. */
#include "tracee.h"

static void *thread_main(void *unused)
{
	say("thread %d: %d\n", my_tid(), prctl(PR_GET_DUMPABLE));
	return unused;
}

int main(void)
{
	char *page = map_private(4096);
	pthread_t thread;
	pid_t child;

	sys(prctl(PR_SET_DUMPABLE, 0));
	check(prctl(PR_GET_DUMPABLE) == 0);
	pthread_create(&thread, NULL, thread_main, NULL);
	pthread_join(thread, NULL);
	child = sys(fork());
	if (child == 0) {
		check(prctl(PR_GET_DUMPABLE) == 0);
		prctl(4242, page);
		child = sys(fork());
		if (child == 0)
			_exit(4);
		await_exit(child, 4);
		execl("/bin/sh", "sh", "-c", "echo shell $$; exit 5", NULL);
		_exit(99);
	}
	await_exit(child, 5);
	sys(prctl(PR_SET_DUMPABLE, 1));
	return success();
}
