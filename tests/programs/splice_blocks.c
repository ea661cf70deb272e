/* SPDX-License-Identifier: MIT */
/* splice sleeps on an empty pipe until another process writes. */
#include "tracee.h"

int main(void)
{
	int one[2], two[2];
	char text[8];
	pid_t child;

	sys(pipe(one));
	sys(pipe(two));
	child = sys(fork());
	if (child == 0) {
		sleep_ms(10);
		put(one[1], "late", 4);
		_exit(0);
	}
	check(splice(one[0], NULL, two[1], NULL, 4096, 0) == 4);
	check(read(two[0], text, 8) == 4);
	await_exit(child, 0);
	return success();
}
