/* SPDX-License-Identifier: MIT */
/*
 * Threads wait for each other by looking, again and again, at a word that a
 * lock protects: they change memory all the time, and nothing by that.
 *
 * levels: O0 O2
 * variants: one several
 */
#include "strike.h"

#define ROUNDS 12

static volatile int lock, held, turn;
static volatile long passes;
static int is_several;

static void take(void)
{
	while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	held++;
}

static void give(void)
{
	held--;
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

/* A turn that ends here leaves the lock free, as most of them must. */
static void do_nothing(void)
{
	__asm__ volatile(".rept 2000; nopw 512(%rax,%rax); .endr");
}

static int look(void)
{
	int now;

	take();
	now = turn;
	give();
	do_nothing();
	return now;
}

/* Several places at which the lock is taken are in one pass, or one is. */
static void wait_for(int wanted)
{
	while (look() != wanted) {
		if (!is_several)
			continue;
		take();
		give();
		look();
	}
}

static void pass_to(int next)
{
	take();
	turn = next;
	give();
}

static void *answer(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		wait_for(1);
		say("round %d after %ld passes\n", i, passes);
		pass_to(0);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	is_several = is_variant("several");
	check(!pthread_create(&thread, NULL, answer, NULL));
	for (int i = 0; i < ROUNDS; i++) {
		pass_to(1);
		if (i % 2)
			wait_for(0);
		else
			while (look() != 0)
				passes++;
	}
	check(!pthread_join(thread, NULL));
	return success();
}
