/* SPDX-License-Identifier: MIT */
/* A child stays a zombie until it is waited for. */
#include "tracee.h"

int main(void)
{
	pid_t child = sys(fork());

	if (child == 0)
		_exit(1);
	await_state(child, "Z");
	sys(kill(child, 0));
	await_exit(child, 1);
	fails(kill(child, 0), ESRCH);
	return success();
}
