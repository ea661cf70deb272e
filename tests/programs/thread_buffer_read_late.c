/* SPDX-License-Identifier: MIT */
/* A thread sleeps in read; another one changes the memory around its buffer. */
#include "tracee.h"

static char buffer[64];
static int ends[2];

static void *thread_main(void *unused)
{
	check(read(ends[0], buffer + 10, 20) == 6);
	check(!memcmp(buffer + 10, "inside", 6) && buffer[16] == 'x');
	return unused;
}

int main(void)
{
	pthread_t thread;

	sys(pipe(ends));
	pthread_create(&thread, NULL, thread_main, NULL);
	for (int i = 0; i < 5; i++) {
		sleep_ms(1);
		memset(buffer, 'a' + i, sizeof(buffer));
	}
	memset(buffer, 'x', sizeof(buffer));
	put(ends[1], "inside", 6);
	pthread_join(thread, NULL);
	say("%.30s\n", buffer);
	return success();
}
