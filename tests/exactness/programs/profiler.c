/* SPDX-License-Identifier: MIT */
/*
 * What profilers do: timers of processor time, and a sample at each signal.
 *
 * levels: O0 O2
 * variants: prof virtual thread process
 */
#include "strike.h"

static volatile int is_over;
static unsigned samples[64];

static void sample(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *there = context;

	samples[there->uc_mcontext.gregs[REG_RIP] >> 4 & 63]++;
	strike(signal, info, context);
	is_over = strikes_over;
}

static NO_INLINE uint64_t hot(uint64_t value)
{
	for (int i = 0; i < 400; i++)
		value = value * 25214903917 + 11;
	return value;
}

static NO_INLINE uint64_t cold(uint64_t value)
{
	for (int i = 0; i < 100; i++)
		value ^= value << 7, value ^= value >> 9;
	return value;
}

static void time_clock(clockid_t clock)
{
	struct itimerspec often = { { 0, 1000000 }, { 0, 1000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGPROF };
	timer_t timer;

	sys(timer_create(clock, &event, &timer));
	sys(timer_settime(timer, 0, &often, NULL));
}

int main(int argc, char **argv)
{
	uint64_t value = 1;

	strikes_wanted = from_environment("STRIKES", strikes_wanted);
	handle_info(SIGPROF, sample, SA_RESTART);
	handle_info(SIGVTALRM, sample, SA_RESTART);
	if (is_variant("prof"))
		every_millisecond(ITIMER_PROF);
	else if (is_variant("virtual"))
		every_millisecond(ITIMER_VIRTUAL);
	else
		time_clock(is_variant("thread") ? CLOCK_THREAD_CPUTIME_ID :
						  CLOCK_PROCESS_CPUTIME_ID);
	for (; !is_over; progress++)
		value = cold(hot(value));
	strikes_end();
	for (int i = 0; i < 64; i++)
		if (samples[i])
			say("%u samples near %x\n", samples[i], i << 4);
	say("%llu\n", (unsigned long long)value);
	return success();
}
