/* SPDX-License-Identifier: MIT */
/*
 * EXPECT-PLAIN-OUTPUT
 * sigwaitinfo() for a signal that is not blocked: one that is ignored does not
 * end the wait, one that is deadly ends the process (but for those that dump
 * core), and one that has a handler is taken, the handler not called.
 */
#include "tracee.h"

static void on_signal(int number)
{
	say("handler of %d\n", number);
}

static void wait_for(int number)
{
	sigset_t set;
	siginfo_t info;
	int got;

	sigemptyset(&set);
	sigaddset(&set, number);
	sigaddset(&set, SIGRTMIN);
	got = sigwaitinfo(&set, &info);
	if (got == SIGRTMIN)
		say("the other one\n");
	else
		say("%d of %d\n", got, number);
	_exit(0);
}

/* The child is in the call when the signal comes; then another one that ends
   the wait, if that didn't. */
static void try(int number, void (*action)(int))
{
	pid_t child = (pid_t)sys(fork());
	sigset_t last;
	int status;

	if (!child) {
		signal(number, action);
		sigemptyset(&last);
		sigaddset(&last, SIGRTMIN);
		sigprocmask(SIG_BLOCK, &last, NULL);
		wait_for(number);
	}
	await_state(child, "S");
	sys(kill(child, number));
	await_state(child, "SZ");
	kill(child, SIGRTMIN);
	check(waitpid(child, &status, 0) == child);
	say("status %#x\n", status & 0x7f);
}

/* What is ignored leaves no trace in memory either. */
static void time_out(void)
{
	struct itimerspec soon = { .it_value.tv_nsec = 20000000 };
	struct timespec limit = { 0, 100000000 };
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGURG,
	};
	siginfo_t info, before;
	sigset_t set;
	timer_t timer;

	memset(&info, 'i', sizeof(info));
	before = info;
	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	sys(timer_create(CLOCK_MONOTONIC, &event, &timer));
	sys(timer_settime(timer, 0, &soon, NULL));
	fails(sigtimedwait(&set, &info, &limit), EAGAIN);
	check(!memcmp(&info, &before, sizeof(info)));
}

int main(void)
{
	struct rlimit none = { 0, 0 };

	sys(setrlimit(RLIMIT_CORE, &none));
	try(SIGALRM, SIG_DFL);
	try(SIGTERM, SIG_DFL);
	try(SIGRTMIN + 3, SIG_DFL);
	try(SIGABRT, SIG_DFL);
	try(SIGURG, SIG_DFL);
	try(SIGCHLD, SIG_DFL);
	try(SIGUSR1, SIG_IGN);
	try(SIGUSR1, on_signal);
	time_out();
	return success();
}
