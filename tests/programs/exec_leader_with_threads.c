/* SPDX-License-Identifier: MIT */
/* The leader executes while other threads sleep; they are gone after it. */
#include <dirent.h>

#include "tracee.h"

static void *sleeper(void *unused)
{
	for (;;)
		pause();
	return unused;
}

int main(int argc, char **argv)
{
	char *args[] = { argv[0], "again", NULL };
	pthread_t thread;

	if (argc > 1) {
		DIR *tasks = opendir("/proc/self/task");
		int count = 0;

		while (tasks && readdir(tasks))
			count++;
		check(count == 3);
		return success();
	}
	for (int i = 0; i < 4; i++)
		check(!pthread_create(&thread, NULL, sleeper, NULL));
	sleep_ms(5);
	sys(execv("/proc/self/exe", args));
}
