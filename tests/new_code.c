/* SPDX-License-Identifier: MIT */
/*
 * Threads that execute memory page by page, write to new mappings and send
 * themselves signals: stops at which reel makes calls in a task's name.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define PAGES 40

static const unsigned char code[] = { 0x8d, 0x47, 0x01, 0xc3 }; /* rdi + 1 */
static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
	(void)signal;
	caught++;
}

static void *run(void *argument)
{
	long sum = 0;

	for (int i = 0; i < PAGES; i++) {
		char *page = mmap(NULL, PAGE,
				  PROT_READ | PROT_WRITE | PROT_EXEC,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (page == MAP_FAILED)
			return NULL;
		memcpy(page, code, sizeof(code));
		sum += ((int (*)(int))page)(i);
		if (i % 8 == 0)
			raise(SIGUSR1);
	}
	*(long *)argument = sum;
	return NULL;
}

int main(void)
{
	long sums[3] = { 0 };
	pthread_t threads[2];

	signal(SIGUSR1, on_signal);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, run, &sums[i]))
			return 1;
	run(&sums[2]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("%ld %ld %ld, %d signals\n", sums[0], sums[1], sums[2],
	       (int)caught);
	return 0;
}
