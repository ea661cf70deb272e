/* SPDX-License-Identifier: MIT */
/*
 * Threads with real-time policies compute while others wait for their turn; all
 * see the policies that they set, also after a fork, and with it reset.
 */
#include "tracee.h"

#define RESET_ON_FORK 0x40000000

static int is_over;
static long passes;

static int policy_is(pid_t pid, int policy, int priority)
{
	struct sched_param parameters = { 0 };

	sys(sched_getparam(pid, &parameters));
	return sys(sched_getscheduler(pid)) == policy &&
	       parameters.sched_priority == priority;
}

static void *compute(UNUSED void *unused)
{
	check(policy_is(0, SCHED_FIFO, 20));
	while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE))
		passes++;
	return NULL;
}

static void check_children(int policy, int priority)
{
	pid_t child = sys(fork());
	int status;

	if (!child)
		_exit(!policy_is(0, policy, priority));
	sys(waitpid(child, &status, 0));
	check(!status);
}

int main(void)
{
	struct sched_param parameters = { .sched_priority = 20 };
	struct timespec moment = { 0, 10000000 };
	pthread_t thread;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		say("one core: the thread would keep it\n");
		return 77;
	}
	if (sched_setscheduler(0, SCHED_FIFO, &parameters)) {
		say("no real-time policy: %s\n", strerror(errno));
		return 77;
	}
	check(policy_is(0, SCHED_FIFO, 20));
	check_children(SCHED_FIFO, 20);
	check(!pthread_create(&thread, NULL, compute, NULL));
	for (int i = 0; i < 5; i++)
		nanosleep(&moment, NULL);
	parameters.sched_priority = 10; /* the thread computes before us now */
	sys(sched_setparam(0, &parameters));
	check(policy_is(0, SCHED_FIFO, 10));
	__atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
	check(!pthread_join(thread, NULL));
	sys(sched_setscheduler(0, SCHED_RR | RESET_ON_FORK, &parameters));
	check(policy_is(0, SCHED_RR | RESET_ON_FORK, 10));
	check_children(SCHED_OTHER, 0);
	parameters.sched_priority = 0;
	check(sched_setparam(0, &parameters) == -1 && errno == EINVAL);
	sys(sched_setscheduler(0, SCHED_OTHER | RESET_ON_FORK, &parameters));
	check(policy_is(0, SCHED_OTHER | RESET_ON_FORK, 0));
	puts("EXIT-SUCCESS");
	return 0;
}
