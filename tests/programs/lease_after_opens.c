/* SPDX-License-Identifier: MIT */
/*
 * A lease is broken by an open that was made often before, without waiting:
 * this one waits for the holder of the lease, who must get to run.
 */
#include "tracee.h"

static volatile sig_atomic_t got;

static void handler(int number)
{
	got = number;
}

static void open_often(void)
{
	for (int i = 0; i < 20; i++)
		close(sys(open("other", O_WRONLY)));
}

int main(void)
{
	pid_t child;
	int fd;

	scratch();
	close(make_file("file", "x", 1, 0600));
	close(make_file("other", "x", 1, 0600));
	open_often();
	fd = sys(open("file", O_RDONLY));
	handle_flags(SIGIO, handler, 0);
	if (fcntl(fd, F_SETLEASE, F_RDLCK))
		skip("no leases: errno %d", errno);
	child = sys(fork());
	if (child == 0) {
		open_often();
		close(sys(open("file", O_WRONLY)));
		_exit(0);
	}
	while (!got)
		sleep_ms(1000);
	sys(fcntl(fd, F_SETLEASE, F_UNLCK));
	await_exit(child, 0);
	return success();
}
