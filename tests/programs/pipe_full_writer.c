/* SPDX-License-Identifier: MIT */
/* A writer sleeps on a full pipe; one big write comes out whole. */
#include "tracee.h"

enum { SIZE = 300000 };
static char out[SIZE], in[SIZE];

int main(void)
{
	int ends[2];
	size_t total = 0;
	pid_t child;

	sys(pipe2(ends, O_CLOEXEC));
	for (int i = 0; i < SIZE; i++)
		out[i] = i * 7 + i / 251;
	child = sys(fork());
	if (child == 0) {
		check(write(ends[1], out, SIZE) == SIZE);
		_exit(0);
	}
	close(ends[1]);
	sleep_ms(10);
	for (;;) {
		ssize_t n = sys(read(ends[0], in + total, 50000));

		if (n == 0)
			break;
		total += n;
	}
	check(total == SIZE && !memcmp(in, out, SIZE));
	await_exit(child, 0);
	say("hash %016llx\n", (long long)hash(in, SIZE));
	return success();
}
