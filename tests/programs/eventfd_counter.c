/* SPDX-License-Identifier: MIT */
/* eventfd: counter, semaphore mode, blocking between processes. */
#include <sys/eventfd.h>

#include "tracee.h"

int main(void)
{
	uint64_t value = 5;
	int fd = sys(eventfd(0, 0)), counted;
	pid_t child;

	child = sys(fork());
	if (child == 0) {
		sleep_ms(5);
		check(write(fd, &value, 8) == 8);
		_exit(0);
	}
	value = 0;
	check(read(fd, &value, 8) == 8 && value == 5);
	await_exit(child, 0);
	counted = sys(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));
	check(read(counted, &value, 8) == 8 && value == 1);
	check(read(counted, &value, 8) == 8 && value == 1);
	fails(read(counted, &value, 8), EAGAIN);
	value = -1;
	fails(write(fd, &value, 8), EINVAL);
	fails(read(fd, &value, 4), EINVAL);
	return success();
}
