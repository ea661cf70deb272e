/* SPDX-License-Identifier: MIT */
/* poll sleeps until one of its descriptors is ready; POLLHUP and POLLNVAL. */
#include "tracee.h"

int main(void)
{
	int one[2], two[2], go[2];
	struct pollfd wait[3];
	pid_t child;

	sys(pipe(one));
	sys(pipe(two));
	sys(pipe(go));
	child = sys(fork());
	if (child == 0) {
		char byte;

		check(read(go[0], &byte, 1) == 1);
		sleep_ms(10);
		put(two[1], "x", 1);
		_exit(0);
	}
	wait[0] = (struct pollfd){ one[0], POLLIN, 0 };
	wait[1] = (struct pollfd){ two[0], POLLIN, 0 };
	wait[2] = (struct pollfd){ -1, POLLIN, 0x7f };
	check(poll(wait, 3, 0) == 0 && wait[2].revents == 0);
	check(poll(wait, 3, 5) == 0);
	put(go[1], "g", 1);
	check(poll(wait, 3, -1) == 1);
	check(wait[1].revents == POLLIN && !wait[0].revents);
	await_exit(child, 0);
	close(one[1]);
	wait[1].fd = 99;
	check(poll(wait, 2, 1000) == 2);
	check(wait[0].revents == POLLHUP && wait[1].revents == POLLNVAL);
	return success();
}
