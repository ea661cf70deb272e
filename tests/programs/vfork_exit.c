/* SPDX-License-Identifier: MIT */
/* The parent sleeps in vfork until the child exits, whose writes it sees. */
#include "tracee.h"

int main(void)
{
	volatile int written = 0;
	pid_t child = vfork();

	if (child == 0) {
		written = getpid();
		_exit(3);
	}
	check(child > 0 && written == child);
	await_exit(child, 3);
	say("child %d wrote its pid\n", written);
	return success();
}
