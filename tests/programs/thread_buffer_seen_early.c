/* SPDX-License-Identifier: MIT */
/* One thread watches the buffer that another one's sleeping read fills. */
#include "tracee.h"

static volatile char buffer[4096];
static int ends[2];

static void *thread_main(void *unused)
{
	for (int i = 0; i < 20; i++)
		check(read(ends[0], (char *)buffer, sizeof(buffer)) > 0);
	return unused;
}

int main(void)
{
	static char block[3000];
	pthread_t thread;

	sys(pipe(ends));
	pthread_create(&thread, NULL, thread_main, NULL);
	for (int i = 1; i <= 20; i++) {
		int before = 0, middle = 0;

		sleep_ms(1);
		memset(block, i, sizeof(block));
		put(ends[1], block, sizeof(block));
		while (buffer[0] != i)
			if (++before % 16 == 0)
				syscall(SYS_getppid);
		while (buffer[sizeof(block) - 1] != i)
			if (++middle % 16 == 0)
				syscall(SYS_getppid);
		say("seen after %d and %d looks\n", before, middle);
	}
	pthread_join(thread, NULL);
	return success();
}
