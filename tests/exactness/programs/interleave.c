/* SPDX-License-Identifier: MIT */
/*
 * Threads or processes that make no call write down who was when.  However fast
 * the machine is, none ends before turns have changed some times, which they do
 * in the middle of computing alone.
 *
 * levels: O0 O2 O3
 * variants: threads processes
 */
#include "strike.h"

#define WORKERS 3
#define STEPS 40000000
#define CHANGES 8
#define ORDER 4096

struct log {
	volatile long last;
	volatile int length, started;
	struct {
		long who;
		uint64_t when;
	} order[ORDER];
	volatile uint64_t racy, done[WORKERS];
};

static struct log *written;

/* Nothing is atomic here: lost updates are to be lost again. */
static void *work(void *argument)
{
	long me = (long)argument;

	written->started++;
	for (uint64_t i = 0; i < STEPS || written->length < CHANGES; i++) {
		written->racy++;
		if (written->last != me && written->length < ORDER) {
			int at = written->length++;

			written->last = me;
			written->order[at].who = me;
			written->order[at].when = i;
		}
		written->done[me] = i ^ written->racy;
	}
	return NULL;
}

static void run_threads(void)
{
	pthread_t threads[WORKERS];

	for (long i = 0; i < WORKERS; i++)
		check(!pthread_create(&threads[i], NULL, work, (void *)i));
	for (int i = 0; i < WORKERS; i++)
		check(!pthread_join(threads[i], NULL));
}

static void run_processes(void)
{
	pid_t children[WORKERS];

	for (long i = 0; i < WORKERS; i++) {
		children[i] = sys(fork());
		if (children[i] == 0) {
			work((void *)i);
			_exit(0);
		}
	}
	for (int i = 0; i < WORKERS; i++)
		await_exit(children[i], 0);
}

int main(int argc, char **argv)
{
	written = map_shared(sizeof(*written));
	written->last = -1;
	if (is_variant("processes"))
		run_processes();
	else
		run_threads();
	for (int i = 0; i < written->length && i < 200; i++)
		say("%ld from %llu on\n", written->order[i].who,
		    (unsigned long long)written->order[i].when);
	say("%d changes, %llu\n", written->length,
	    (unsigned long long)written->racy);
	return success();
}
