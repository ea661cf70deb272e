/* SPDX-License-Identifier: MIT */
/* A thread that is not the leader executes; it becomes the leader. */
#include "tracee.h"

static char *program;

static void *sleeper(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *thread_main(void *unused)
{
	char pid[16];
	char *args[] = { program, pid, NULL };

	snprintf(pid, sizeof(pid), "%d", getpid());
	say("thread %d executes\n", my_tid());
	execv("/proc/self/exe", args);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	program = argv[0];
	if (argc > 1) {
		check(atoi(argv[1]) == getpid() && my_tid() == getpid());
		say("now %d\n", my_tid());
		return success();
	}
	for (int i = 0; i < 3; i++)
		check(!pthread_create(&thread, NULL, sleeper, NULL));
	check(!pthread_create(&thread, NULL, thread_main, NULL));
	for (;;)
		pause();
}
