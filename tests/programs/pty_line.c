/* SPDX-License-Identifier: MIT */
/* A pseudo terminal: echo, line editing, ^D, raw mode, window size. */
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "tracee.h"

int main(void)
{
	struct winsize size = { .ws_row = 33, .ws_col = 99 };
	struct termios modes;
	int master, slave;
	char name[64], text[64] = "";

	if (openpty(&master, &slave, name, NULL, &size))
		skip("no pty: errno %d", errno);
	say("%s\n", name);
	sys(ioctl(slave, TIOCGWINSZ, &size));
	check(size.ws_row == 33 && size.ws_col == 99 && isatty(slave));
	put(master, "hellp\177o\n", 8);
	check(read(slave, text, 64) == 6 && !memcmp(text, "hello\n", 6));
	check(read(master, text, 64) > 6);
	put(master, "\4", 1);
	check(read(slave, text, 64) == 0);
	sys(tcgetattr(slave, &modes));
	say("modes %x %x %x %x\n", modes.c_iflag, modes.c_oflag, modes.c_cflag,
	    modes.c_lflag);
	cfmakeraw(&modes);
	sys(tcsetattr(slave, TCSANOW, &modes));
	put(master, "\3x", 2);
	check(read(slave, text, 64) == 2 && text[0] == 3);
	sys(tcflush(slave, TCIOFLUSH));
	sys(tcdrain(slave));
	return success();
}
