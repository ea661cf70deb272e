/* SPDX-License-Identifier: MIT */
/* Threads that wait in calls so often that these become jumps. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#define ROUNDS 24

static int there[2], back[2];
int seen;

static char take(int fd)
{
	char byte = 0;

	if (read(fd, &byte, 1) != 1)
		_exit(1);
	return byte; /* MARK taken */
}

static void *answer(void *argument)
{
	prctl(PR_SET_NAME, "answers");
	for (int i = 0; i < ROUNDS; i++) {
		seen += take(there[0]); /* MARK answer */
		if (write(back[1], "a", 1) != 1)
			_exit(1);
	}
	return argument;
}

int main(void)
{
	pthread_t thread;

	if (pipe(there) || pipe(back))
		return 1;
	pthread_create(&thread, NULL, answer, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		if (i == 12)
			pthread_setname_np(thread, "re<named>");
		if (write(there[1], "\1", 1) != 1) /* MARK ask */
			return 1;
		take(back[0]); /* MARK asked */
	}
	pthread_join(thread, NULL);
	printf("%d\n", seen); /* MARK joined */
	return 0;
}
