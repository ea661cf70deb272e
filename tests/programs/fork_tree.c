/* SPDX-License-Identifier: MIT */
/* A tree of processes four deep; every level waits for the next. */
#include "tracee.h"

static int grow(int depth)
{
	pid_t left, right;

	if (depth == 0)
		return 1;
	left = sys(fork());
	if (left == 0)
		_exit(grow(depth - 1));
	right = sys(fork());
	if (right == 0)
		_exit(grow(depth - 1));
	int a = await(left), b = await(right);

	check(WIFEXITED(a) && WIFEXITED(b));
	return WEXITSTATUS(a) + WEXITSTATUS(b);
}

int main(void)
{
	check(grow(4) == 16);
	return success();
}
