/* SPDX-License-Identifier: MIT */
/* One process watches the shared buffer that another one's wait fills. */
#include <sys/socket.h>

#include "tracee.h"

struct shared {
	volatile int status;
	volatile char text[64];
};

int main(void)
{
	struct shared *shared = map_shared(4096);
	int ends[2], seen_status = 0, seen_text = 0;
	pid_t child;

	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	shared->status = -1;
	child = sys(fork());
	if (child == 0) {
		pid_t inner = sys(fork());

		if (inner == 0) {
			check(recv(ends[0], (char *)shared->text, 64, 0) == 4);
			_exit(3);
		}
		check(waitpid(inner, (int *)&shared->status, 0) == inner);
		_exit(4);
	}
	await_state(child, "S");
	put(ends[1], "text", 4);
	while (shared->text[3] != 't') {
		seen_text++;
		sched_yield();
	}
	while (shared->status == -1) {
		seen_status++;
		sched_yield();
	}
	check(shared->status == 3 << 8);
	await_exit(child, 4);
	say("seen after %d and %d looks\n", seen_text, seen_status);
	return success();
}
