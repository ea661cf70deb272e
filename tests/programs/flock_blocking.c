/* SPDX-License-Identifier: MIT */
/* flock, fcntl and open-file-description locks make another process wait. */
#include <sys/file.h>

#include "tracee.h"

static void lock(int fd, int command, int type)
{
	struct flock range = { .l_type = type, .l_len = 10 };

	sys(fcntl(fd, command, &range));
}

int main(void)
{
	struct flock range = { .l_type = F_WRLCK, .l_len = 100 };
	int fd, other, go[2];
	pid_t child;
	char byte;

	scratch();
	sys(pipe(go));
	fd = make_file("file", "0123456789", 10, 0600);
	sys(flock(fd, LOCK_EX));
	lock(fd, F_SETLKW, F_WRLCK);
	child = sys(fork());
	if (child == 0) {
		other = sys(open("file", O_RDWR));
		fails(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
		sys(fcntl(other, F_GETLK, &range));
		check(range.l_pid == getppid() && range.l_len == 10);
		put(go[1], "g", 1);
		sys(flock(other, LOCK_EX));
		lock(other, F_SETLKW, F_WRLCK);
		_exit(0);
	}
	check(read(go[0], &byte, 1) == 1);
	sleep_ms(5);
	sys(flock(fd, LOCK_UN));
	sleep_ms(5);
	lock(fd, F_SETLK, F_UNLCK);
	await_exit(child, 0);
	lock(fd, F_OFD_SETLK, F_WRLCK);
	return success();
}
