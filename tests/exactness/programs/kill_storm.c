/* SPDX-License-Identifier: MIT */
/*
 * Threads compute, and send signals to each other now and then.
 *
 * levels: O0 O2
 * variants: pthread_kill tgkill queue process
 */
#include "strike.h"

#define WORKERS 3
#define ROUNDS 6
#define LENGTH 12000000

struct worker {
	pthread_t thread;
	pid_t tid;
	int number;
	uint64_t value;
	volatile uint64_t done;
	volatile uint64_t struck;
};

static struct worker workers[WORKERS];
static const char *kind;
static volatile int ready, leaving;
static _Thread_local struct worker *me;

static void strike_worker(int signal, siginfo_t *info, void *context)
{
	(void)info;
	progress = (uint64_t)me->number;
	progress_within = me->done;
	strike_note(signal, context);
	me->struck = me->struck * 31 + me->done;
}

static void send_to(struct worker *other)
{
	if (!strcmp(kind, "pthread_kill"))
		check(!pthread_kill(other->thread, SIGUSR1));
	else if (!strcmp(kind, "tgkill"))
		sys(syscall(SYS_tgkill, getpid(), other->tid, SIGUSR2));
	else if (!strcmp(kind, "queue"))
		check(!pthread_sigqueue(other->thread, SIGRTMIN,
					(union sigval){ 1 }));
	else
		sys(kill(getpid(), SIGUSR1));
}

static void *work(void *argument)
{
	me = argument;
	me->tid = my_tid();
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	while (ready < WORKERS)
		sched_yield();
	for (int i = 0; i < ROUNDS; i++) {
		for (int j = 0; j < LENGTH; j++) {
			me->value = me->value * 6364136223846793005 + 1;
			me->done++;
		}
		send_to(&workers[(me->number + 1) % WORKERS]);
	}
	__atomic_add_fetch(&leaving, 1, __ATOMIC_SEQ_CST);
	while (leaving < WORKERS)
		sched_yield();
	return NULL;
}

int main(int argc, char **argv)
{
	check(argc > 1);
	kind = argv[1];
	handle_info(SIGUSR1, strike_worker, SA_RESTART);
	handle_info(SIGUSR2, strike_worker, SA_RESTART);
	handle_info(SIGRTMIN, strike_worker, SA_RESTART);
	mask(SIG_BLOCK, SIGUSR1);
	me = &workers[0];
	for (int i = 0; i < WORKERS; i++)
		workers[i].number = i;
	mask(SIG_UNBLOCK, SIGUSR1);
	for (int i = 0; i < WORKERS; i++)
		check(!pthread_create(&workers[i].thread, NULL, work,
				      &workers[i]));
	for (int i = 0; i < WORKERS; i++)
		check(!pthread_join(workers[i].thread, NULL));
	strikes_print();
	for (int i = 0; i < WORKERS; i++)
		say("worker %d: %llu, %llu, struck at %016llx\n", i,
		    (unsigned long long)workers[i].done,
		    (unsigned long long)workers[i].value,
		    (unsigned long long)workers[i].struck);
	return success();
}
