/* SPDX-License-Identifier: MIT */
/*
 * Syscall user dispatch: calls become SIGSYS, whose handler answers; the clock
 * of the vDSO does not; a signal comes while the program computes; threads,
 * children and new programs have none of it.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include <ucontext.h>

#include "tracee.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#define DISPATCH_OFF 0
#define DISPATCH_ON 1

static volatile char selector; /* 0: calls are made, 1: they are signals */
static volatile int dispatched, alarms;

static void answer(int number, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	(void)number;
	selector = 0;
	check(info->si_code == 2 /* SYS_USER_DISPATCH */);
	dispatched++;
	user->uc_mcontext.gregs[REG_RAX] = 1000 + info->si_syscall;
	/* With the selector set, rt_sigreturn itself would be dispatched. */
}

/* One that comes before compute() has set the selector is not the one. */
static void on_alarm(int number)
{
	(void)number;
	if (!selector)
		return;
	selector = 0;
	alarms++;
}

static long call_dispatched(long number)
{
	long result;

	selector = 1;
	result = syscall(number, 1, 2, 3);
	check(selector == 0);
	return result;
}

static void vdso(void)
{
	struct timespec time = { 0 };
	int before = dispatched;

	selector = 1;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	sched_getcpu();
	selector = 0;
	check(time.tv_sec > 0 || time.tv_nsec > 0);
	say("dispatched from the vDSO: %d\n", dispatched - before);
}

static void compute(void)
{
	struct itimerval soon = { { 0, 5000 }, { 0, 5000 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };

	sys(setitimer(ITIMER_REAL, &soon, NULL));
	selector = 1;
	while (!alarms)
		for (volatile int i = 0; i < 10000; i++)
			;
	check(selector == 0);
	sys(setitimer(ITIMER_REAL, &never, NULL));
	say("alarm\n");
}

static void *in_thread(void *argument)
{
	selector = 1;
	check(syscall(SYS_getpid) == getpid());
	selector = 0;
	return argument;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t pid;

	if (argc > 1)
		return success();
	handle_info(SIGSYS, answer, 0);
	handle_flags(SIGALRM, on_alarm, 0);
	fails(prctl(PR_SET_SYSCALL_USER_DISPATCH, 7, 0, 0, 0), EINVAL);
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, DISPATCH_ON, 0, 0, &selector))
		skip("no syscall user dispatch");
	for (int i = 0; i < 50; i++)
		check(call_dispatched(SYS_getppid) == 1000 + SYS_getppid);
	say("munmap: %ld\n", call_dispatched(SYS_munmap));
	say("no call: %ld\n", call_dispatched(4000));
	vdso();
	compute();
	check(!pthread_create(&thread, NULL, in_thread, NULL));
	check(!pthread_join(thread, NULL));
	pid = sys(fork());
	if (pid == 0) {
		in_thread(NULL);
		_exit(7);
	}
	await_exit(pid, 7);
	say("%d dispatched\n", dispatched);
	sys(prctl(PR_SET_SYSCALL_USER_DISPATCH, DISPATCH_OFF, 0, 0, 0));
	in_thread(NULL);
	sys(prctl(PR_SET_SYSCALL_USER_DISPATCH, DISPATCH_ON, 0, 0, &selector));
	execl("/proc/self/exe", argv[0], "again", NULL);
	return 1;
}
