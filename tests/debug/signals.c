/* SPDX-License-Identifier: MIT */
/* Signals at calls, at a fault, and in the middle of computing. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

static sigjmp_buf back;
volatile int handled;
volatile int faults;
volatile unsigned long passes;
volatile int is_alarmed;

static void on_user(int number)
{
	handled += number; /* MARK on user */
}

static void on_fault(int number)
{
	faults++; /* MARK on fault */
	siglongjmp(back, number);
}

static void on_alarm(int number)
{
	is_alarmed = number; /* MARK on alarm */
}

static void fault(volatile int *nowhere)
{
	*nowhere = 1; /* MARK fault */
}

int main(void)
{
	struct itimerval soon = { { 0, 0 }, { 0, 20000 } };

	signal(SIGUSR1, on_user);
	signal(SIGSEGV, on_fault);
	signal(SIGALRM, on_alarm);
	raise(SIGUSR1); /* MARK raise */
	if (!sigsetjmp(back, 1)) /* MARK set */
		fault((int *)16);
	setitimer(ITIMER_REAL, &soon, NULL); /* MARK timer */
	while (!is_alarmed)
		passes++; /* MARK pass */
	printf("%d %d\n", handled, faults); /* MARK print */
	return handled + faults;
}
