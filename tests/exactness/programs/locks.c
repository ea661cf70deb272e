/* SPDX-License-Identifier: MIT */
/*
 * Locks that only spin.  The order of the threads is what is printed.
 *
 * levels: O2 O3
 * variants: exchange ticket sequence peterson dekker queue readers
 */
#include "strike.h"

#define ORDER 1000000

static int threads_wanted = 3, rounds = 120000;
static int pause_passes = 200;
static unsigned char order[ORDER];
static volatile int length;
static uint64_t shared[4];
static volatile int word, serving, turn, wants[2], arrived;
static const char *kind;

struct waiter {
	struct waiter *volatile next;
	volatile int is_locked;
};

static struct waiter *volatile last;

static void note_turn(long me)
{
	if (length < ORDER)
		order[length++] = (unsigned char)me;
	shared[0] += (uint64_t)me + 1;
	shared[1] = shared[0] * 31;
}

static void exchange_lock(long me)
{
	while (__atomic_exchange_n(&word, 1, __ATOMIC_ACQUIRE))
		;
	note_turn(me);
	__atomic_store_n(&word, 0, __ATOMIC_RELEASE);
}

static void ticket_lock(long me)
{
	int mine = __atomic_fetch_add(&word, 1, __ATOMIC_ACQUIRE);

	while (serving != mine)
		__builtin_ia32_pause();
	note_turn(me);
	__atomic_store_n(&serving, mine + 1, __ATOMIC_RELEASE);
}

/* Thread 0 writes; the others read what was written in one piece. */
static void sequence_lock(long me)
{
	int before;
	uint64_t a, b;

	if (me == 0) {
		__atomic_fetch_add(&word, 1, __ATOMIC_SEQ_CST);
		note_turn(me);
		__atomic_fetch_add(&word, 1, __ATOMIC_SEQ_CST);
		return;
	}
	do {
		do
			before = __atomic_load_n(&word, __ATOMIC_ACQUIRE);
		while (before & 1);
		a = __atomic_load_n(&shared[0], __ATOMIC_RELAXED);
		b = __atomic_load_n(&shared[1], __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (before != word);
	check(b == a * 31);
	shared[1 + me] = shared[1 + me] * 31 + a;
}

static void peterson_lock(long me)
{
	__atomic_store_n(&wants[me], 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&turn, !me, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&wants[!me], __ATOMIC_SEQ_CST) &&
	       __atomic_load_n(&turn, __ATOMIC_SEQ_CST) == !me)
		;
	note_turn(me);
	__atomic_store_n(&wants[me], 0, __ATOMIC_SEQ_CST);
}

static void dekker_lock(long me)
{
	__atomic_store_n(&wants[me], 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&wants[!me], __ATOMIC_SEQ_CST)) {
		if (turn == me)
			continue;
		__atomic_store_n(&wants[me], 0, __ATOMIC_SEQ_CST);
		while (turn != me)
			;
		__atomic_store_n(&wants[me], 1, __ATOMIC_SEQ_CST);
	}
	note_turn(me);
	turn = (int)!me;
	__atomic_store_n(&wants[me], 0, __ATOMIC_SEQ_CST);
}

static void queue_lock(long me)
{
	struct waiter mine = { NULL, 1 }, *before, *self = &mine;

	before = __atomic_exchange_n(&last, &mine, __ATOMIC_ACQ_REL);
	if (before) {
		before->next = &mine;
		while (__atomic_load_n(&mine.is_locked, __ATOMIC_ACQUIRE))
			;
	}
	note_turn(me);
	if (!mine.next &&
	    __atomic_compare_exchange_n(&last, &self, NULL, 0, __ATOMIC_ACQ_REL,
					__ATOMIC_RELAXED))
		return;
	while (!mine.next)
		;
	__atomic_store_n(&mine.next->is_locked, 0, __ATOMIC_RELEASE);
}

/* -1: a writer; else how many readers. */
static void readers_lock(long me)
{
	int seen;

	do {
		seen = me == 0 ? 0 : word;
		if (seen < 0)
			continue;
	} while (!__atomic_compare_exchange_n(
			 &word, &seen, me == 0 ? -1 : seen + 1, 0,
			 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED) ||
		 seen < 0);
	if (me == 0)
		note_turn(me);
	else
		shared[1 + me] = shared[1 + me] * 31 + shared[0];
	if (me == 0)
		__atomic_store_n(&word, 0, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_sub(&word, 1, __ATOMIC_SEQ_CST);
}

static const struct {
	const char *name;
	void (*lock)(long me);
	int threads;
} kinds[] = {
	{ "exchange", exchange_lock, 3 }, { "ticket", ticket_lock, 3 },
	{ "sequence", sequence_lock, 3 }, { "peterson", peterson_lock, 2 },
	{ "dekker", dekker_lock, 2 },	  { "queue", queue_lock, 3 },
	{ "readers", readers_lock, 3 },
};

static void (*lock)(long me);

static void *run(void *argument)
{
	long me = (long)argument;

	__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
	while (arrived < threads_wanted)
		;
	for (int i = 0; i < rounds; i++) {
		lock(me);
		for (volatile int j = 0; j < pause_passes; j++)
			;
	}
	return NULL;
}

static void print_order(void)
{
	int changes = 0;

	for (int i = 1; i < length; i++)
		if (order[i] != order[i - 1] && changes++ < 100)
			say("%d after %d at %d\n", order[i], order[i - 1], i);
	say("%d turns, %d changes, %016llx %016llx %016llx\n", length, changes,
	    (unsigned long long)hash(order, (size_t)length),
	    (unsigned long long)shared[2], (unsigned long long)shared[3]);
}

int main(int argc, char **argv)
{
	pthread_t threads[3];

	check(argc > 1);
	kind = argv[1];
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kind, kinds[i].name)) {
			lock = kinds[i].lock;
			threads_wanted = kinds[i].threads;
		}
	check(lock);
	/* These hand over to who waits, which spins a turn away each time. */
	if (is_variant("ticket") || is_variant("queue") ||
	    is_variant("dekker") || is_variant("peterson"))
		rounds = 60, pause_passes = 200000;
	for (long i = 0; i < threads_wanted; i++)
		check(!pthread_create(&threads[i], NULL, run, (void *)i));
	for (int i = 0; i < threads_wanted; i++)
		check(!pthread_join(threads[i], NULL));
	print_order();
	return success();
}
