/* SPDX-License-Identifier: MIT */
/*
 * Threads that stop each other and go on, again and again, as Go's do: whoever
 * has been woken finds that it is to stop, if the one that woke it goes on
 * first.  Meanwhile there is work for those that run: it must get done.
 * EXPECT-PLAIN-OUTPUT
 */
#include <linux/futex.h>

#include "tracee.h"

#define WORK 200

static uint32_t stop_note, park_note, is_stopping, is_done;
static unsigned long work;

static uint32_t get(uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void set(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static void sleep_until_set(uint32_t *word)
{
	while (!get(word))
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, NULL);
}

static void wake(uint32_t *word)
{
	set(word, 1);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}

/* Stops the other thread and lets it go on, without end. */
static void *stop_and_start(void *argument)
{
	while (!get(&is_done)) {
		set(&stop_note, 0);
		set(&is_stopping, 1);
		sleep_until_set(&stop_note);
		set(&is_stopping, 0);
		wake(&park_note);
	}
	return argument;
}

static void stop_if_told(void)
{
	if (!get(&is_stopping))
		return;
	set(&park_note, 0);
	wake(&stop_note);
	sleep_until_set(&park_note);
}

int main(void)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, stop_and_start, NULL));
	while (work < WORK) {
		/* Only a thread that is not to stop does any work. */
		stop_if_told();
		if (!get(&is_stopping))
			work++;
	}
	set(&is_done, 1);
	/* It may wait for this one to stop once more. */
	while (get(&is_stopping)) {
		set(&park_note, 0);
		wake(&stop_note);
		if (!get(&is_stopping))
			break;
		sched_yield();
	}
	wake(&stop_note);
	check(!pthread_join(thread, NULL));
	say("work is done\n");
	return success();
}
