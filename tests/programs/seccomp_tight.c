/* SPDX-License-Identifier: MIT */
/*
 * A filter that kills for all but four calls, of which none is one that a
 * recorder would make; signals come while the program computes, sleeps and
 * waits, and ignored ones, too.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include "filtering.h"

static volatile int count;

static void handler(int signal)
{
	(void)signal;
	count++;
}

static void compute(int until)
{
	while (count < until)
		for (volatile int i = 0; i < 1000; i++)
			;
}

static void sleep_through(void)
{
	/* Ignored signals do not interrupt: no restart_syscall is made. */
	struct timespec while_child_runs = { 0, 60000000 };

	check(syscall(SYS_nanosleep, &while_child_runs, NULL) == 0);
}

int main(void)
{
	struct itimerval often = { { 0, 3000 }, { 0, 3000 } };
	pid_t pid, parent = getpid();
	char byte = 'x';
	int pipes[2];

	sys(pipe(pipes));
	signal(SIGALRM, handler);
	signal(SIGURG, SIG_IGN);
	pid = sys(fork());
	if (pid == 0) {
		for (int i = 0; i < 20 && !kill(parent, SIGURG); i++)
			sleep_ms(3);
		_exit(0);
	}
	sys(INSTALL(SECCOMP_RET_KILL_PROCESS, 0,
		    { SYS_nanosleep, SECCOMP_RET_ALLOW },
		    { SYS_read, SECCOMP_RET_ALLOW },
		    { SYS_setitimer, SECCOMP_RET_ALLOW },
		    { SYS_wait4, SECCOMP_RET_ALLOW },
		    { SYS_write, SECCOMP_RET_ALLOW },
		    { SYS_rt_sigreturn, SECCOMP_RET_ALLOW },
		    { SYS_exit_group, SECCOMP_RET_ALLOW }));
	sleep_through();
	sys(setitimer(ITIMER_REAL, &often, NULL));
	for (int i = 1; i < 10; i++) {
		compute(count + 1);
		check(write(pipes[1], &byte, 1) == 1);
		check(read(pipes[0], &byte, 1) == 1);
	}
	often.it_interval.tv_usec = often.it_value.tv_usec = 0;
	sys(setitimer(ITIMER_REAL, &often, NULL));
	syscall(SYS_wait4, pid, NULL, 0, NULL);
	say("EXIT-SUCCESS\n");
	syscall(SYS_exit_group, 0);
}
