/* SPDX-License-Identifier: MIT */
/* The leader has left by pthread_exit; another thread executes. */
#include "tracee.h"

static char *program;

static void *thread_main(void *unused)
{
	char *args[] = { program, "again", NULL };

	await_state(getpid(), "Z");
	execv("/proc/self/exe", args);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	program = argv[0];
	if (argc > 1) {
		check(my_tid() == getpid());
		say("leader again: %d\n", my_tid());
		return success();
	}
	pthread_create(&thread, NULL, thread_main, NULL);
	pthread_exit(NULL);
}
