/* SPDX-License-Identifier: MIT */
/* select: three sets in, three sets out, and the time that was left. */
#include <sys/select.h>

#include "tracee.h"

int main(void)
{
	struct timeval wait = { 5, 0 };
	fd_set in, out;
	int ends[2], high;
	pid_t child;

	sys(pipe(ends));
	high = sys(dup2(ends[0], 200));
	child = sys(fork());
	if (child == 0) {
		sleep_ms(10);
		put(ends[1], "x", 1);
		_exit(0);
	}
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(high, &in);
	check(select(high + 1, &in, NULL, NULL, &wait) == 1);
	check(FD_ISSET(high, &in) && wait.tv_sec == 4);
	say("left %ld.%06ld\n", wait.tv_sec, (long)wait.tv_usec);
	FD_SET(ends[1], &out);
	wait = (struct timeval){ 0, 0 };
	check(select(high + 1, &in, &out, NULL, &wait) == 2);
	await_exit(child, 0);
	wait = (struct timeval){ 0, 5000 };
	check(select(0, NULL, NULL, NULL, &wait) == 0);
	fails(select(-1, NULL, NULL, NULL, NULL), EINVAL);
	return success();
}
