/* SPDX-License-Identifier: MIT */
/*
 * Processes made and waited for, one after the other (300, or argv[1]); each
 * tenth executes a program.
 */
#include "tracee.h"

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 300;

	if (argc > 2)
		return 7;
	for (int i = 0; i < count; i++) {
		pid_t child = sys(fork());

		if (child == 0) {
			if (i % 10 == 0)
				execl("/proc/self/exe", "again", "0", "0",
				      (char *)NULL);
			_exit(i % 10 ? i % 100 : 8);
		}
		await_exit(child, i % 10 ? i % 100 : 7);
	}
	say("%d processes\n", count);
	return success();
}
