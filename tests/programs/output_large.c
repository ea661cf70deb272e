/* SPDX-License-Identifier: MIT */
/* A megabyte of output, from two processes. */
#include "tracee.h"

int main(void)
{
	static char line[1000];
	pid_t child = sys(fork());

	for (int i = 0; i < 500; i++) {
		memset(line, 'a' + (i + child) % 26, 999);
		line[999] = '\n';
		put(1, line, sizeof(line));
	}
	if (child == 0)
		_exit(0);
	await_exit(child, 0);
	return success();
}
