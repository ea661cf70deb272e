/* SPDX-License-Identifier: MIT */
/* Shared anonymous memory over two generations of fork. */
#include "tracee.h"

int main(void)
{
	int *shared = map_shared(1 << 20);
	pid_t child = sys(fork());

	if (child == 0) {
		pid_t grandchild = sys(fork());

		if (grandchild == 0) {
			shared[200000] = getpid();
			_exit(0);
		}
		await_exit(grandchild, 0);
		shared[100000] = shared[200000];
		shared[0] = getpid();
		_exit(0);
	}
	await_exit(child, 0);
	check(shared[0] == child && shared[100000] == shared[200000]);
	say("%d wrote, %d wrote\n", shared[0], shared[200000]);
	return success();
}
