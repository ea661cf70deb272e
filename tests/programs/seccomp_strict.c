/* SPDX-License-Identifier: MIT */
/*
 * Strict mode: read, write, exit and rt_sigreturn alone, also where a
 * recorder would make other calls; anything else is death of the thread.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include <sys/prctl.h>

#include "filtering.h"

static volatile int count;

static void handler(int signal)
{
	(void)signal;
	count++;
}

static void enter(int by_prctl)
{
	if (by_prctl)
		sys(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	else
		sys(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL));
}

static void leave(int code)
{
	syscall(SYS_exit, code); /* exit_group is not among the four */
}

static void signals(void)
{
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
	char byte;

	signal(SIGALRM, handler);
	sys(setitimer(ITIMER_REAL, &often, NULL));
	enter(1);
	while (count < 5) {
		for (volatile int i = 0; i < 100000; i++)
			;
		check(syscall(SYS_read, 0, &byte, 0) == 0);
	}
	leave(count >= 5 ? 5 : 1);
}

static void clocks(void)
{
	struct timespec time;

	check(!clock_gettime(CLOCK_REALTIME_COARSE, &time)); /* bound */
	enter(0);
	for (int i = 0; i < 5; i++)
		if (clock_gettime(CLOCK_REALTIME_COARSE, &time) ||
		    time.tv_sec < 1000000000 || sched_getcpu() < 0)
			leave(1);
	leave(6);
}

static void counter(void)
{
	enter(1);
	__builtin_ia32_rdtsc(); /* SIGSEGV: the mode forbids it */
	leave(1);
}

static void forbidden(void)
{
	enter(1);
	syscall(SYS_getpid);
	leave(1);
}

static void refused(void)
{
	enter(0);
	syscall(SYS_io_uring_setup, 1, NULL);
	leave(1);
}

static void *strict_thread(void *argument)
{
	enter(1);
	syscall(SYS_getpid);
	return argument;
}

static void one_thread(void)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, strict_thread, NULL));
	check(!pthread_join(thread, NULL));
	leave(status_number("Seccomp") == 0 ? 7 : 1);
}

static void run(const char *name, void (*function)(void))
{
	pid_t pid = sys(fork());

	if (pid == 0) {
		function();
		leave(2);
	}
	say("%s: %#x\n", name, await(pid) & ~0x80); /* a core or none */
}

int main(void)
{
	struct rlimit none = { 0, 0 };

	sys(setrlimit(RLIMIT_CORE, &none));
	check(sched_getcpu() >= 0);
	run("signals", signals);
	run("clocks", clocks);
	run("rdtsc", counter);
	run("forbidden", forbidden);
	run("refused", refused);
	run("one thread", one_thread);
	return success();
}
