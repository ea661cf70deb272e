/* SPDX-License-Identifier: MIT */
/* Many processes alive at once (60, or argv[1]), ended by one pipe's end. */
#include "tracee.h"

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 60, ends[2];
	pid_t *child = calloc(count, sizeof(*child));
	char byte;

	sys(pipe(ends));
	for (int i = 0; i < count; i++) {
		child[i] = sys(fork());
		if (child[i] == 0) {
			close(ends[1]);
			check(read(ends[0], &byte, 1) == 0);
			_exit(i % 100);
		}
	}
	close(ends[1]);
	for (int i = 0; i < count; i++)
		await_exit(child[i], i % 100);
	say("%d processes\n", count);
	return success();
}
