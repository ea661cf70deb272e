/* SPDX-License-Identifier: MIT */
/* Functions that a debugger calls, and threads that must not see it. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int number = 3;
double ratio = 1.5;
int *shared;
static int pipes[2];
volatile int turns;

int twice(int n)
{
	number += n;
	return 2 * n; /* MARK twice */
}

double scale(double a, double b)
{
	return a * b + ratio;
}

long sum_on_heap(int n)
{
	long *words[64], sum = 0;

	for (int i = 0; i < 64; i++) {
		words[i] = malloc((size_t)n * sizeof(long));
		for (int j = 0; j < n; j++)
			words[i][j] = i;
	}
	for (int i = 0; i < 64; i++) {
		sum += words[i][n - 1];
		free(words[i]);
	}
	return sum;
}

int speak(const char *text)
{
	return (int)write(1, text, strlen(text));
}

int change_shared(int n)
{
	*shared = n;
	return *shared;
}

int crash(void)
{
	return *(volatile int *)16; /* MARK crash */
}

void give_up(void)
{
	abort();
}

int kill_itself(int number)
{
	return kill(getpid(), number);
}

int kill_another(int number)
{
	return kill(getppid(), number);
}

void for_ever(void)
{
	speak("it runs\n");
	for (;;)
		turns++;
}

int touch(const char *path)
{
	return open(path, O_CREAT | O_WRONLY, 0600);
}

int lock(void)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&mutex);
	return pthread_mutex_lock(&mutex);
}

static void *work(void *argument)
{
	char byte;

	for (int i = 0; i < 3; i++) {
		if (read(pipes[0], &byte, 1) != 1)
			break;
		number++; /* MARK work */
	}
	return argument;
}

int main(void)
{
	pthread_t thread;
	char *filled = malloc(100);

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*shared = 11;
	if (pipe(pipes))
		return 1;
	pthread_create(&thread, NULL, work, NULL);
	for (int i = 0; i < 3; i++) {
		*shared += i;
		if (write(pipes[1], "x", 1) != 1) /* MARK turn */
			return 1;
	}
	pthread_join(thread, NULL);
	snprintf(filled, 100, "number %d shared %d\n", number, *shared);
	write(1, filled, strlen(filled)); /* MARK end */
	return number != 6 || *shared != 14 || twice(4) != 8 || scale(1, 2) < 3 ||
	       sum_on_heap(3) != 2016 || speak("done\n") != 5 ||
	       change_shared(1) != 1; /* MARK last */
}
