/* SPDX-License-Identifier: MIT */
/* pthread_kill hits one thread; a process signal goes to one that lets it. */
#include "tracee.h"

static volatile pid_t handled_by;
static pid_t tids[3];
static pthread_barrier_t barrier;

static void handler(int number)
{
	(void)number;
	handled_by = my_tid();
}

static void *thread_main(void *argument)
{
	long i = (long)argument;

	tids[i] = my_tid();
	if (i == 2)
		mask(SIG_UNBLOCK, SIGUSR2);
	pthread_barrier_wait(&barrier);
	while (!__atomic_load_n(&handled_by, __ATOMIC_SEQ_CST))
		sleep_ms(1);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	while (!__atomic_load_n(&handled_by, __ATOMIC_SEQ_CST))
		sleep_ms(1);
	return NULL;
}

int main(void)
{
	pthread_t thread[3];

	handle_flags(SIGUSR1, handler, SA_RESTART);
	handle_flags(SIGUSR2, handler, SA_RESTART);
	mask(SIG_BLOCK, SIGUSR2);
	pthread_barrier_init(&barrier, NULL, 4);
	for (long i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, thread_main, (void *)i);
	pthread_barrier_wait(&barrier);
	pthread_kill(thread[1], SIGUSR1);
	pthread_barrier_wait(&barrier);
	check(handled_by == tids[1]);
	handled_by = 0;
	pthread_barrier_wait(&barrier);
	sys(kill(getpid(), SIGUSR2));
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	check(handled_by == tids[2]);
	return success();
}
