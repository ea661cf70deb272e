/* SPDX-License-Identifier: MIT */
/*
 * Terminal ioctls on a pty and their refusals elsewhere.
 *
 * EXPECT-NO-WARNING
 */
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "tracee.h"

int main(void)
{
	int master, slave, value = 0, packet = 1;
	struct pollfd wait;
	char text[16];

	if (openpty(&master, &slave, NULL, NULL, NULL))
		skip("no pty: errno %d", errno);
	sys(ioctl(master, TIOCGPTN, &value));
	say("pty %d, slave %s\n", value, ptsname(master));
	sys(ioctl(master, TIOCPKT, &packet));
	put(slave, "out", 3);
	check(read(master, text, 16) == 4 && text[0] == 0);
	sys(ioctl(master, TIOCOUTQ, &value));
	put(master, "in\n", 3);
	wait = (struct pollfd){ slave, POLLIN, 0 };
	check(poll(&wait, 1, 1000) == 1);
	sys(ioctl(slave, FIONREAD, &value));
	check(value == 3);
	fails(ioctl(slave, TIOCGPGRP, &value), ENOTTY);
	fails(ioctl(sys(open("/dev/null", O_RDONLY)), TCGETS, text), ENOTTY);
	sys(ioctl(slave, TIOCEXCL));
	sys(tcsendbreak(slave, 0));
	return success();
}
