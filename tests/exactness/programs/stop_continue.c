/* SPDX-License-Identifier: MIT */
/*
 * A child that computes is stopped and goes on.  When they share memory, the
 * parent sees how far it was.
 *
 * levels: O2
 * variants: alone shared
 * points: none
 */
#include "strike.h"

int main(int argc, char **argv)
{
	static volatile uint64_t private[2];
	volatile uint64_t *counter = private;
	int status;
	pid_t child;

	if (is_variant("shared"))
		counter = map_shared(4096);
	child = sys(fork());
	if (child == 0) {
		while (!counter[1])
			++*counter;
		_exit(3);
	}
	for (int i = 0; i < 4; i++) {
		sleep_ms(3);
		sys(kill(child, SIGSTOP));
		sys(waitpid(child, &status, WUNTRACED));
		check(WIFSTOPPED(status));
		say("stopped at %llu\n", (unsigned long long)*counter);
		sys(kill(child, SIGCONT));
	}
	if (is_variant("shared"))
		counter[1] = 1;
	else
		sys(kill(child, SIGTERM));
	sys(waitpid(child, &status, 0));
	say("status %x, %llu\n", status, (unsigned long long)*counter);
	return success();
}
