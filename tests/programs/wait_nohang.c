/* SPDX-License-Identifier: MIT */
/* WNOHANG answers 0 while the child lives, its pid afterwards. */
#include "tracee.h"

int main(void)
{
	int go[2], status, polls = 0;
	pid_t child, got;

	sys(pipe(go));
	child = sys(fork());
	if (child == 0) {
		char byte;

		check(read(go[0], &byte, 1) == 1);
		_exit(2);
	}
	check(waitpid(child, &status, WNOHANG) == 0);
	put(go[1], "g", 1);
	while ((got = sys(waitpid(-1, &status, WNOHANG))) == 0) {
		polls++;
		sleep_ms(1);
	}
	check(got == child && WEXITSTATUS(status) == 2);
	say("asked %d times in vain\n", polls);
	return success();
}
