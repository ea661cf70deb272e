/* SPDX-License-Identifier: MIT */
/*
 * A thread computes and makes calls while its process is stopped, by a signal
 * for another thread.  It stands still then, and who shares its memory sees how
 * far it has come.
 */
#include "tracee.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

static volatile long *count;

static void *work(void *unused)
{
	(void)unused;
	for (;;) {
		for (int i = 0; i < 100; i++) {
			syscall(SYS_getppid);
			++*count;
		}
		for (int i = 0; i < 4000000; i++)
			++*count;
	}
	return NULL;
}

/* The main thread stops late, while the other one is on its way. */
static void be_stopped(void)
{
	struct sched_param parameters = { 0 };
	pthread_t thread;

	check(!pthread_create(&thread, NULL, work, NULL));
	sys(sched_setscheduler(0, SCHED_IDLE, &parameters));
	pthread_join(thread, NULL);
}

int main(void)
{
	pid_t child;
	int status;
	long before;

	count = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = sys(fork());
	if (child == 0)
		be_stopped();
	for (int i = 0; i < 24; i++) {
		sleep_ms(2);
		sys(syscall(SYS_tgkill, child, child, SIGSTOP));
		check(waitpid(child, &status, WUNTRACED) == child);
		check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
		before = *count;
		/* For replay to see it, too. */
		fails(close((int)(before | 1 << 30)), EBADF);
		sleep_ms(2);
		check(*count == before);
		sys(kill(child, SIGCONT));
	}
	sys(kill(child, SIGKILL));
	await(child);
	return success();
}
