/* SPDX-License-Identifier: MIT */
/* The first process ends while its daemon still works for a while. */
#include "tracee.h"

int main(void)
{
	pid_t child = sys(fork());

	if (child == 0) {
		setsid();
		if (fork())
			_exit(0);
		sleep_ms(50);
		say("daemon says goodbye\n");
		_exit(0);
	}
	await_exit(child, 0);
	return success();
}
