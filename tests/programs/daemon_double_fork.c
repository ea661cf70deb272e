/* SPDX-License-Identifier: MIT */
/* A daemon by double fork outlives its starter, which waits by a pipe. */
#include "tracee.h"

int main(void)
{
	char text[64] = "";
	int ends[2];
	pid_t child;

	sys(pipe(ends));
	child = sys(fork());
	if (child == 0) {
		sys(setsid());
		if (sys(fork()))
			_exit(0);
		sys(chdir("/"));
		close(ends[0]);
		while (getppid() == child)
			sleep_ms(1);
		snprintf(text, sizeof(text), "daemon %d in session %d",
			 getpid(), getsid(0));
		put(ends[1], text, strlen(text));
		_exit(0);
	}
	close(ends[1]);
	await_exit(child, 0);
	check(read(ends[0], text, sizeof(text)) > 0);
	say("%s\n", text);
	check(read(ends[0], text, sizeof(text)) == 0);
	return success();
}
