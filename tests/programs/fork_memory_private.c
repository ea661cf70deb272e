/* SPDX-License-Identifier: MIT */
/* After fork both sides write the same page and do not see each other. */
#include "tracee.h"

static char page[65536];

int main(void)
{
	int to[2];
	pid_t child;

	sys(pipe(to));
	memset(page, 'a', sizeof(page));
	child = sys(fork());
	if (child == 0) {
		char go;

		memset(page + 4096, 'c', 4096);
		check(read(to[0], &go, 1) == 1);
		check(page[0] == 'a' && page[4096] == 'c');
		say("child %016llx\n", (long long)hash(page, sizeof(page)));
		_exit(0);
	}
	memset(page, 'p', 4096);
	put(to[1], "g", 1);
	await_exit(child, 0);
	check(page[4096] == 'a' && page[0] == 'p');
	say("parent %016llx\n", (long long)hash(page, sizeof(page)));
	return success();
}
