/* SPDX-License-Identifier: MIT */
/*
 * Deep recursion: the main stack is used up to 100 MiB (or argv[1]), which its
 * limit allows after an exec, and as much of a thread's.
 */
#include "tracee.h"

static long megabytes = 100;

/* About a KiB for each level. */
static __attribute__((noinline)) long dive(long depth)
{
	volatile char room[976];

	room[depth % 976] = (char)depth;
	if (depth == 0)
		return (char *)room - (char *)0;
	return dive(depth - 1) + room[depth % 976] - (char)depth;
}

static void *thread_main(void *unused)
{
	char here;

	(void)unused;
	check(&here - (char *)dive(megabytes * 1024) > megabytes << 19);
	return NULL;
}

int main(int argc, char **argv)
{
	char here, number[32];
	pthread_attr_t attributes;
	struct rlimit limit;
	pthread_t thread;

	if (argc > 1)
		megabytes = atol(argv[1]);
	sys(getrlimit(RLIMIT_STACK, &limit));
	if (argc < 3) {
		limit.rlim_cur = (megabytes + 8) << 20;
		if (setrlimit(RLIMIT_STACK, &limit))
			skip("no stack of %ld MiB is allowed", megabytes);
		sprintf(number, "%ld", megabytes);
		sys(execl("/proc/self/exe", argv[0], number, "again",
			  (char *)NULL));
	}
	check(&here - (char *)dive(megabytes * 1024) > megabytes << 19);
	pthread_attr_init(&attributes);
	check(!pthread_attr_setstacksize(&attributes, (megabytes + 8) << 20));
	check(!pthread_create(&thread, &attributes, thread_main, NULL));
	pthread_join(thread, NULL);
	return success();
}
