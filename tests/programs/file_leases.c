/* SPDX-License-Identifier: MIT */
/* A lease is broken by another process: SIGIO, then the open goes on. */
#include "tracee.h"

static volatile sig_atomic_t got;

static void handler(int number)
{
	got = number;
}

int main(void)
{
	pid_t child;
	int fd;

	scratch();
	fd = make_file("file", "x", 1, 0600);
	close(fd);
	fd = sys(open("file", O_RDONLY));
	handle_flags(SIGIO, handler, 0);
	if (fcntl(fd, F_SETLEASE, F_RDLCK))
		skip("no leases: errno %d", errno);
	check(fcntl(fd, F_GETLEASE) == F_RDLCK);
	child = sys(fork());
	if (child == 0) {
		close(sys(open("file", O_WRONLY)));
		_exit(0);
	}
	while (!got)
		sleep_ms(1000);
	sys(fcntl(fd, F_SETLEASE, F_UNLCK));
	await_exit(child, 0);
	return success();
}
