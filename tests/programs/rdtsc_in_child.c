/* SPDX-License-Identifier: MIT */
/* rdtsc in threads, in a forked child and after exec. */
#include <x86intrin.h>

#include "tracee.h"

static void *thread_main(void *unused)
{
	say("thread %llu\n", (long long)__rdtsc());
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;

	if (argc > 1) {
		say("executed %llu\n", (long long)__rdtsc());
		return 0;
	}
	pthread_create(&thread, NULL, thread_main, NULL);
	pthread_join(thread, NULL);
	child = sys(fork());
	if (child == 0) {
		say("child %llu\n", (long long)__rdtsc());
		execl("/proc/self/exe", argv[0], "again", NULL);
		_exit(99);
	}
	await_exit(child, 0);
	return success();
}
