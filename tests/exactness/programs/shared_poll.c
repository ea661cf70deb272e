/* SPDX-License-Identifier: MIT */
/*
 * Processes wait for each other by polling a shared word, without a call.
 *
 * variants: bare pause counted
 * levels: O2
 */
#include "strike.h"

#define TURNS 8

static void wait_for(volatile int *turn, int wanted, const char *how)
{
	if (!strcmp(how, "bare"))
		while (*turn != wanted)
			;
	else if (!strcmp(how, "pause"))
		while (*turn != wanted)
			__builtin_ia32_pause();
	else
		while (*turn != wanted)
			progress++;
}

int main(int argc, char **argv)
{
	volatile int *turn = map_shared(4096);
	pid_t child = sys(fork());

	for (int i = child == 0; i < TURNS; i += 2) {
		wait_for(turn, i, argc > 1 ? argv[1] : "bare");
		*turn = i + 1;
	}
	say("process %d: %llu\n", child == 0, (unsigned long long)progress);
	if (child == 0)
		_exit(0);
	await_exit(child, 0);
	check(*turn == TURNS);
	return success();
}
