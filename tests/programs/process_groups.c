/* SPDX-License-Identifier: MIT */
/* Sessions and process groups; a signal to a group reaches its members. */
#include "tracee.h"

int main(void)
{
	pid_t first, second;
	int ready[2];
	char bytes[2];

	sys(pipe(ready));
	first = sys(fork());
	if (first == 0) {
		sys(setpgid(0, 0));
		put(ready[1], "1", 1);
		for (;;)
			pause();
	}
	check(read(ready[0], bytes, 1) == 1);
	second = sys(fork());
	if (second == 0) {
		sys(setpgid(0, first));
		put(ready[1], "2", 1);
		for (;;)
			pause();
	}
	check(read(ready[0], bytes, 1) == 1);
	check(getpgid(second) == first && getsid(first) == getsid(0));
	say("group %d, session %d\n", first, getsid(0));
	sys(kill(-first, SIGHUP));
	await_signal(first, SIGHUP);
	await_signal(second, SIGHUP);
	return success();
}
