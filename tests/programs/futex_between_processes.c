/* SPDX-License-Identifier: MIT */
/* A futex in shared memory wakes another process. */
#include <linux/futex.h>

#include "tracee.h"

int main(void)
{
	int *word = map_shared(4096);
	pid_t child = sys(fork());

	if (child == 0) {
		for (int turn = 1; turn < 20; turn += 2) {
			while (*(volatile int *)word != turn)
				futex(word, FUTEX_WAIT, turn - 1, NULL, NULL,
				      0);
			*word = turn + 1;
			futex(word, FUTEX_WAKE, 1, NULL, NULL, 0);
		}
		_exit(0);
	}
	for (int turn = 0; turn < 20; turn += 2) {
		*word = turn + 1;
		futex(word, FUTEX_WAKE, 1, NULL, NULL, 0);
		while (*(volatile int *)word != turn + 2)
			futex(word, FUTEX_WAIT, turn + 1, NULL, NULL, 0);
	}
	await_exit(child, 0);
	return success();
}
