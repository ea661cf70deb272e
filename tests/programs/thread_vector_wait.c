/* SPDX-License-Identifier: MIT */
/*
 * Vectors that threads wait for are filled by the kernel while another thread
 * computes and is struck by signals.
 */
#include "tracee.h"

#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#define ROUNDS 12
#define READERS 24 /* more than have buffers of reel's own */

static volatile int struck, received;
static volatile uint64_t passes;
static uint64_t expired[READERS];

static void on_signal(int signal)
{
	(void)signal;
	struck++;
}

static void *read_vectors(void *argument)
{
	uint64_t *mine = &expired[(size_t)argument];
	struct itimerspec often = { { 0, 3000000 }, { 0, 1000000 } };
	struct iovec piece = { mine, sizeof(*mine) };
	int fd = sys(timerfd_create(CLOCK_MONOTONIC, 0));

	sys(timerfd_settime(fd, 0, &often, NULL));
	for (int i = 0; i < ROUNDS; i++)
		if (readv(fd, &piece, 1) == sizeof(*mine))
			__atomic_add_fetch(&received, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(void)
{
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, never = { 0 };
	pthread_t threads[READERS];

	check(signal(SIGALRM, on_signal) != SIG_ERR);
	for (size_t i = 0; i < READERS; i++)
		check(!pthread_create(&threads[i], NULL, read_vectors,
				      (void *)i));
	sys(setitimer(ITIMER_REAL, &often, NULL));
	while (struck < 10 || received < READERS * ROUNDS)
		passes++;
	sys(setitimer(ITIMER_REAL, &never, NULL));
	for (int i = 0; i < READERS; i++)
		check(!pthread_join(threads[i], NULL));
	check(received == READERS * ROUNDS);
	return success();
}
