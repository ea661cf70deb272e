/* SPDX-License-Identifier: MIT */
/* Opening a FIFO sleeps until the other side opens it too. */
#include "tracee.h"

int main(void)
{
	char text[8] = "";
	pid_t child;
	int fd;

	scratch();
	sys(mkfifo("fifo", 0600));
	fails(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	child = sys(fork());
	if (child == 0) {
		fd = sys(open("fifo", O_WRONLY));
		put(fd, "through", 7);
		_exit(0);
	}
	sleep_ms(5);
	fd = sys(open("fifo", O_RDONLY));
	check(read(fd, text, 7) == 7 && !strcmp(text, "through"));
	await_exit(child, 0);
	return success();
}
