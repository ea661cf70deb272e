/* SPDX-License-Identifier: MIT */
/* O_DIRECT makes a pipe of packets; short reads drop the rest. */
#include "tracee.h"

int main(void)
{
	int ends[2];
	char text[100];

	sys(pipe2(ends, O_DIRECT | O_NONBLOCK));
	put(ends[1], "first", 5);
	put(ends[1], "second one", 10);
	put(ends[1], "third", 5);
	check(read(ends[0], text, sizeof(text)) == 5);
	check(read(ends[0], text, 6) == 6 && !memcmp(text, "second", 6));
	check(read(ends[0], text, sizeof(text)) == 5 && *text == 't');
	fails(read(ends[0], text, 1), EAGAIN);
	return success();
}
