/* SPDX-License-Identifier: MIT */
/* A reader sleeps on an empty pipe until a writer comes. */
#include "tracee.h"

int main(void)
{
	int ends[2];
	char text[32];
	pid_t child;

	sys(pipe(ends));
	child = sys(fork());
	if (child == 0) {
		for (int i = 0; i < 3; i++) {
			sleep_ms(5);
			put(ends[1], "tick", 4);
		}
		_exit(0);
	}
	close(ends[1]);
	for (int i = 0; i < 3; i++)
		check(read(ends[0], text, 4) == 4);
	check(read(ends[0], text, sizeof(text)) == 0);
	await_exit(child, 0);
	return success();
}
