/* SPDX-License-Identifier: MIT */
/*
 * Shares system calls out among threads or processes:
 * many threads|processes NUMBER CALLS, CALLS being all of them together.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 1024

static long share;

static void *work(void *unused)
{
	(void)unused;
	for (long i = 0; i < share; i++)
		getppid();
	return NULL;
}

static int in_threads(int number)
{
	pthread_t threads[MOST];

	for (int i = 0; i < number; i++)
		if (pthread_create(&threads[i], NULL, work, NULL))
			return 1;
	for (int i = 0; i < number; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static int in_processes(int number)
{
	int failed = 0;
	int status;

	for (int i = 0; i < number; i++) {
		pid_t child = fork();

		if (child < 0)
			return 1;
		if (child == 0) {
			work(NULL);
			_exit(0);
		}
	}
	for (int i = 0; i < number; i++)
		failed |= wait(&status) < 0 || status;
	return failed;
}

int main(int argc, char **argv)
{
	int number = argc == 4 ? atoi(argv[2]) : 0;

	if (number < 1 || number > MOST) {
		fprintf(stderr, "many threads|processes NUMBER CALLS\n");
		return 2;
	}
	share = atol(argv[3]) / number;
	return strcmp(argv[1], "threads") ? in_processes(number)
					  : in_threads(number);
}
