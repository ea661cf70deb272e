/* SPDX-License-Identifier: MIT */
/* Two processes lock crosswise; the kernel answers one of them EDEADLK. */
#include "tracee.h"

static int lock(int fd, int start)
{
	struct flock range = { .l_type = F_WRLCK,
			       .l_start = start,
			       .l_len = 1 };

	return fcntl(fd, F_SETLKW, &range) ? errno : 0;
}

int main(void)
{
	int *result = map_shared(4096), fd, go[2];
	pid_t child;
	char byte;

	scratch();
	sys(pipe(go));
	fd = make_file("file", "ab", 2, 0600);
	check(lock(fd, 0) == 0);
	child = sys(fork());
	if (child == 0) {
		check(lock(fd, 1) == 0);
		put(go[1], "g", 1);
		result[1] = lock(fd, 0);
		_exit(0);
	}
	check(read(go[0], &byte, 1) == 1);
	sleep_ms(5);
	result[0] = lock(fd, 1);
	if (result[0] == EDEADLK)
		close(fd);
	await_exit(child, 0);
	say("results %d %d\n", result[0], result[1]);
	check(result[0] == EDEADLK || result[1] == EDEADLK);
	return success();
}
