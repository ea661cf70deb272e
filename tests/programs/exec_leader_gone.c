/* SPDX-License-Identifier: MIT */
/* The leader has left by pthread_exit; another thread executes. */
#include "tracee.h"

/* A dead leader has no /proc/self/exe any more. */
static char program[PATH_MAX];

static void *thread_main(void *unused)
{
	char *args[] = { program, "again", NULL };

	await_state(getpid(), "Z");
	execv(program, args);
	check(!"execv must not return");
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	(void)argv;
	if (argc > 1) {
		check(my_tid() == getpid());
		say("leader again: %d\n", my_tid());
		return success();
	}
	check(readlink("/proc/self/exe", program, PATH_MAX - 1) > 0);
	pthread_create(&thread, NULL, thread_main, NULL);
	pthread_exit(NULL);
}
