/* SPDX-License-Identifier: MIT */
/*
 * What the programs here share: a signal strikes a computation again and again,
 * and the handler notes where it was.  Each strike is a line of the output: the
 * instruction, a digest of all registers and two words that the program chose,
 * mostly how far it was.  A replay that strikes elsewhere prints other lines.
 *
 * $STRIKES is how many strikes a program waits for, $MILLISECONDS how long the
 * programs compute that go by time.
 */
#ifndef REEL_STRIKE_H
#define REEL_STRIKE_H

#include "tracee.h"

#include <ucontext.h>

#define STRIKES_MAX 65536
#define STRIKES_PRINTED 400
#define NO_INLINE __attribute__((noinline))

struct strike {
	int signal;
	uint64_t instruction, registers, vectors, first, second;
};

static struct strike strikes[STRIKES_MAX];
static volatile int strike_count;
static volatile int strikes_over; /* 1 when there were enough */
static int strikes_wanted = 12;

/* What the computation wants to have noted. */
static volatile uint64_t progress, progress_within;

UNUSED static long from_environment(const char *name, long otherwise)
{
	const char *value = getenv(name);

	return value ? atol(value) : otherwise;
}

/* All but what says how it was saved: pointers of the x87, software's bytes. */
UNUSED static uint64_t hash_vectors(const ucontext_t *context)
{
	const unsigned char *state = (const void *)context->uc_mcontext.fpregs;
	uint32_t magic, size = 512;
	uint64_t value;

	if (!state)
		return 0;
	memcpy(&magic, state + 464, 4);
	if (magic == 0x46505853)
		memcpy(&size, state + 468, 4);
	value = hash(state, 6) * 31 + hash(state + 24, 464 - 24);
	if (size > 580)
		value = value * 31 + hash(state + 576, size - 580);
	return value;
}

UNUSED static void strike_note(int signal, const ucontext_t *context)
{
	struct strike *strike = &strikes[strike_count];

	if (strike_count >= STRIKES_MAX)
		return;
	strike->signal = signal;
	strike->instruction = context->uc_mcontext.gregs[REG_RIP];
	strike->registers = hash(context->uc_mcontext.gregs, 8 * (REG_EFL + 1));
	strike->vectors = hash_vectors(context);
	strike->first = progress;
	strike->second = progress_within;
	strike_count++;
}

UNUSED static void strike(int signal, siginfo_t *info, void *context)
{
	(void)info;
	if (strikes_over)
		return;
	strike_note(signal, context);
	if (strike_count >= strikes_wanted)
		strikes_over = 1;
}

UNUSED static void every_millisecond(int which)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };

	sys(setitimer(which, &often, NULL));
}

/* From now on SIGALRM strikes; strikes_over becomes 1 at the last. */
UNUSED static void strikes_begin(void)
{
	strikes_wanted = from_environment("STRIKES", strikes_wanted);
	handle_info(SIGALRM, strike, SA_RESTART);
	every_millisecond(ITIMER_REAL);
}

UNUSED static void strikes_print(void)
{
	uint64_t rest = 0;

	for (int i = 0; i < strike_count; i++) {
		const struct strike *each = &strikes[i];

		if (i < STRIKES_PRINTED)
			say("signal %d at %llx, registers %016llx %016llx, "
			    "pass %llu, %llu\n",
			    each->signal, (unsigned long long)each->instruction,
			    (unsigned long long)each->registers,
			    (unsigned long long)each->vectors,
			    (unsigned long long)each->first,
			    (unsigned long long)each->second);
		else
			rest = rest * 31 + hash(each, sizeof(*each));
	}
	if (rest)
		say("and more: %016llx\n", (unsigned long long)rest);
	say("%d strikes\n", strike_count);
}

UNUSED static void strikes_end(void)
{
	struct itimerval never = { 0 };

	for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++)
		sys(setitimer(which, &never, NULL));
	strikes_over = 1;
	strikes_print();
}

/* Names the variant that the program is to be, its only argument. */
#define is_variant(name) (argc > 1 && !strcmp(argv[1], name))

UNUSED static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	sys(clock_gettime(clock, &now));
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

#endif
