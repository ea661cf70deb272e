/* SPDX-License-Identifier: MIT */
/*
 * Threads whose passes differ by one word alone, each on a page of its own, and
 * that take turns without a call.
 */
#include "tracee.h"

#define THREADS 2
#define PASSES 150000000ul
#define PAGE 4096

static struct {
	volatile uint64_t word;
	char rest[PAGE - sizeof(uint64_t)];
} counters[THREADS] __attribute__((aligned(PAGE)));

static void *count(void *argument)
{
	volatile uint64_t *word = argument;

	__asm__ volatile("1: incq (%0); cmpq %1, (%0); jb 1b"
			 : : "r"(word), "r"(PASSES) : "memory", "cc");
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		check(!pthread_create(&threads[i], NULL, count,
				      (void *)&counters[i].word));
	for (int i = 0; i < THREADS; i++)
		check(!pthread_join(threads[i], NULL));
	for (int i = 0; i < THREADS; i++)
		say("%lu\n", (unsigned long)counters[i].word);
	return success();
}
