/* SPDX-License-Identifier: MIT */
/* Two processes wait for each other with sched_yield on a shared word. */
#include "tracee.h"

int main(void)
{
	volatile int *turn = map_shared(4096);
	pid_t child = sys(fork());
	long spins = 0;

	if (child == 0) {
		for (int i = 1; i < 40; i += 2) {
			while (*turn != i)
				sched_yield();
			*turn = i + 1;
		}
		_exit(0);
	}
	for (int i = 0; i < 40; i += 2) {
		while (*turn != i) {
			sched_yield();
			spins++;
		}
		*turn = i + 1;
	}
	await_exit(child, 0);
	say("yielded %ld times\n", spins);
	return success();
}
