/* SPDX-License-Identifier: MIT */
/* A detached thread runs on while the program ends under it. */
#include "tracee.h"

static int to_main[2];

static void *thread_main(void *unused)
{
	put(to_main[1], "x", 1);
	for (;;)
		pause();
	return unused;
}

int main(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	char byte;

	sys(pipe(to_main));
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	check(!pthread_create(&thread, &attributes, thread_main, NULL));
	check(read(to_main[0], &byte, 1) == 1);
	return success();
}
