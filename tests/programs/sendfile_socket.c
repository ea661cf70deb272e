/* SPDX-License-Identifier: MIT */
/* sendfile from a file into a socket that fills up. */
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "tracee.h"

enum { SIZE = 400000 };
static char block[SIZE];

int main(void)
{
	int ends[2], file;
	off_t offset = 0;
	pid_t child;

	scratch();
	for (int i = 0; i < SIZE; i++)
		block[i] = i % 253;
	file = make_file("file", block, SIZE, 0600);
	sys(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	child = sys(fork());
	if (child == 0) {
		size_t total = 0;
		ssize_t n;

		close(ends[0]);
		while ((n = sys(read(ends[1], block, 30000))) > 0)
			total += n;
		_exit(total == SIZE ? 0 : 1);
	}
	close(ends[1]);
	while (offset < SIZE)
		sys(sendfile(ends[0], file, &offset, SIZE - offset));
	close(ends[0]);
	await_exit(child, 0);
	return success();
}
