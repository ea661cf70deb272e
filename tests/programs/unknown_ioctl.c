/* SPDX-License-Identifier: MIT */
/* An ioctl no table can know: recording notes it and goes on. */
#include <sys/ioctl.h>

#include "tracee.h"

int main(void)
{
	static char room[64];
	int fd = sys(open("/dev/null", O_RDWR));

	fails(ioctl(fd, 0x5eadbeef, room), ENOTTY);
	fails(ioctl(fd, _IOWR('~', 250, char[64]), room), ENOTTY);
	fails(ioctl(99, 0x5eadbeef, room), EBADF);
	fails(fcntl(fd, 4242, room), EINVAL);
	fails(prctl(4242, room), EINVAL);
	fd = sys(open("/dev/urandom", O_RDONLY));
	sys(ioctl(fd, 0x80045200 /* RNDGETENTCNT */, room));
	say("entropy %d\n", *(int *)room);
	return success();
}
