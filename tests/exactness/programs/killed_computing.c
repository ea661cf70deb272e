/* SPDX-License-Identifier: MIT */
/*
 * Signals end programs in the middle of computing: by an alarm, by another
 * process.  What a process wrote into memory that it shares is seen afterwards.
 *
 * variants: alarm child shared_term shared_kill shared_abort
 * levels: O2
 * points: none
 */
#include "strike.h"

static volatile uint64_t *counter;

static void compute(void)
{
	for (;;)
		++*counter;
}

static void strike_child(int signal)
{
	pid_t child = sys(fork());
	int status;

	if (child == 0)
		compute();
	while (*counter < 1000000)
		sched_yield();
	sys(kill(child, signal));
	sys(waitpid(child, &status, 0));
	check(WIFSIGNALED(status) && WTERMSIG(status) == signal);
	say("it was at %llu\n", (unsigned long long)*counter);
}

static void strike_by_alarm(void)
{
	pid_t child = sys(fork());
	int status;

	if (child == 0) {
		every_millisecond(ITIMER_REAL);
		compute();
	}
	sys(waitpid(child, &status, 0));
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
	say("it was at %llu\n", (unsigned long long)*counter);
}

int main(int argc, char **argv)
{
	static volatile uint64_t private;

	counter = &private;
	if (is_variant("alarm")) {
		strike_by_alarm();
		return success();
	}
	counter = map_shared(4096);
	if (is_variant("child"))
		strike_by_alarm();
	else if (is_variant("shared_term"))
		strike_child(SIGTERM);
	else if (is_variant("shared_kill"))
		strike_child(SIGKILL);
	else
		strike_child(SIGABRT);
	return success();
}
