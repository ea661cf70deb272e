/* SPDX-License-Identifier: MIT */
/* dup, dup2, dup3, fcntl duplicates and flags, close_range. */
#include "tracee.h"

int main(void)
{
	int fd = sys(open("/dev/null", O_RDWR | O_APPEND)), other;

	other = sys(dup(fd));
	check(sys(dup2(fd, 50)) == 50 && sys(dup3(fd, 51, O_CLOEXEC)) == 51);
	check(fcntl(51, F_GETFD) == FD_CLOEXEC && fcntl(50, F_GETFD) == 0);
	fails(dup3(fd, fd, 0), EINVAL);
	fails(dup2(fd, -1), EBADF);
	check(sys(fcntl(fd, F_DUPFD_CLOEXEC, 60)) >= 60);
	check((fcntl(other, F_GETFL) & O_APPEND) == O_APPEND);
	sys(fcntl(fd, F_SETFL, O_NONBLOCK));
	check(fcntl(other, F_GETFL) & O_NONBLOCK);
	if (syscall(436 /* close_range */, 50, 60, 0) == 0)
		fails(fcntl(50, F_GETFD), EBADF);
	else
		check(errno == ENOSYS);
	check(fcntl(other, F_GETFD) == 0);
	say("kcmp %ld\n", syscall(SYS_kcmp, getpid(), getpid(), 0, fd, other));
	return success();
}
