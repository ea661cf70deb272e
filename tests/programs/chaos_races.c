/* SPDX-License-Identifier: MIT */
/*
 * Races that hardly ever show: tests/chaos asks for one by name, and gets exit
 * status 1 when it showed.  Without a name all of them are tried.
 */
#include "tracee.h"

#define ROUNDS 6
#define CALLS 10
#define ITEMS 80
#define CONSUMERS 3

/* An update is lost when the other thread's comes in between. */
static volatile int updates;

static void *update(void *argument)
{
	int value;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < CALLS; i++)
			syscall(SYS_getppid);
		value = updates;
		syscall(SYS_getppid);
		updates = value + 1;
	}
	return argument;
}

static int lost_update(void)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		check(!pthread_create(&threads[i], NULL, update, NULL));
	for (int i = 0; i < 2; i++)
		check(!pthread_join(threads[i], NULL));
	return updates != 2 * ROUNDS;
}

/* As if 10 ms were always enough for the other thread. */
static int *volatile box;

static void *fill_box(void *argument)
{
	static int value;

	box = &value;
	return argument;
}

static int wrong_order(void)
{
	pthread_t thread;
	int is_early = 0;

	for (int round = 0; round < ROUNDS; round++) {
		box = NULL;
		check(!pthread_create(&thread, NULL, fill_box, NULL));
		sleep_ms(10);
		is_early |= !box;
		check(!pthread_join(thread, NULL));
	}
	return is_early;
}

/* A consumer that is woken does not look again whether there is something. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int items, missing, left;

static void *consume(void *argument)
{
	pthread_mutex_lock(&mutex);
	while (left > 0) {
		if (!items)
			pthread_cond_wait(&condition, &mutex);
		if (--items < 0) {
			missing = 1;
			items = 0;
		}
		left--;
		pthread_mutex_unlock(&mutex);
		sched_getcpu();
		pthread_mutex_lock(&mutex);
	}
	pthread_mutex_unlock(&mutex);
	return argument;
}

static int no_second_look(void)
{
	pthread_t threads[CONSUMERS];

	left = ITEMS;
	for (int i = 0; i < CONSUMERS; i++)
		check(!pthread_create(&threads[i], NULL, consume, NULL));
	for (int done = 0; !done;) {
		pthread_mutex_lock(&mutex);
		items++;
		pthread_cond_signal(&condition);
		done = left <= 0;
		pthread_mutex_unlock(&mutex);
		syscall(SYS_getppid);
	}
	/* Those who wait in vain, now that nothing is left. */
	pthread_mutex_lock(&mutex);
	items += CONSUMERS;
	pthread_cond_broadcast(&condition);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < CONSUMERS; i++)
		check(!pthread_join(threads[i], NULL));
	return missing;
}

int main(int argc, char **argv)
{
	static int (*const races[])(void) = {
		lost_update, wrong_order, no_second_look,
	};
	static const char *const names[] = { "update", "order", "look" };

	for (int i = 0; i < 3; i++) {
		int shows = 0;

		if (argc < 2 || !strcmp(argv[1], names[i]))
			shows = races[i]();
		say("%s: %s\n", names[i], shows ? "wrong" : "right");
		if (argc > 1 && shows)
			return 1;
	}
	return success();
}
