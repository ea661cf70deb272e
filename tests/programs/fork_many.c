/* SPDX-License-Identifier: MIT */
/* Twelve children at once; each status belongs to its own pid. */
#include "tracee.h"

int main(void)
{
	pid_t child[12];

	for (int i = 0; i < 12; i++) {
		child[i] = sys(fork());
		if (child[i] == 0) {
			sleep_ms(12 - i);
			_exit(i + 1);
		}
	}
	for (int left = 12; left; left--) {
		int status, i;
		pid_t pid = sys(wait(&status));

		for (i = 0; i < 12 && child[i] != pid; i++)
			;
		check(i < 12 && WIFEXITED(status));
		check(WEXITSTATUS(status) == i + 1);
		say("%d ended with %d\n", pid, WEXITSTATUS(status));
	}
	fails(wait(NULL), ECHILD);
	return success();
}
