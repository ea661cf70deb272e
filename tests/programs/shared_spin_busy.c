/* SPDX-License-Identifier: MIT */
/* Two processes wait for each other by spinning on a shared word. */
#include "tracee.h"

#define TURNS 12

static long wait_for(volatile int *turn, int wanted)
{
	long spins = 0;

	while (*turn != wanted)
		spins++;
	return spins;
}

int main(void)
{
	volatile int *turn = map_shared(4096);
	pid_t child = sys(fork());
	long spins = 0;

	for (int i = child == 0; i < TURNS; i += 2) {
		spins += wait_for(turn, i);
		*turn = i + 1;
	}
	if (child == 0)
		_exit(0);
	await_exit(child, 0);
	check(*turn == TURNS);
	say("%ld spins\n", spins);
	return success();
}
