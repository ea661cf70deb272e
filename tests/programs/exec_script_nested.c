/* SPDX-License-Identifier: MIT */
/* A script whose interpreter is a script; too many of them are ELOOP. */
#include "tracee.h"

static void run(const char *path, int code)
{
	pid_t child = sys(fork());

	if (child == 0) {
		execl(path, path, "last", NULL);
		_exit(errno);
	}
	await_exit(child, code);
}

int main(void)
{
	char text[PATH_MAX + 64], path[64];
	const char *where = scratch();

	close(make_file("s0", "#!/bin/sh\necho $*; exit 3\n", 26, 0755));
	for (int i = 1; i < 8; i++) {
		snprintf(text, sizeof(text), "#!%s/s%d\n", where, i - 1);
		snprintf(path, sizeof(path), "s%d", i);
		close(make_file(path, text, strlen(text), 0755));
	}
	run("./s1", 3);
	run("./s3", 3);
	run("./s7", ELOOP);
	return success();
}
