/* SPDX-License-Identifier: MIT */
/* A #! script: the kernel gives the interpreter its argument and the path. */
#include "tracee.h"

int main(void)
{
	char *args[] = { "ignored", "a b", NULL };
	const char *text = "#!/bin/sh -e\n"
			   "echo \"$0 got $1, options $-, pid $$\"\n"
			   "exit 17\n";
	pid_t child;

	scratch();
	close(make_file("script", text, strlen(text), 0755));
	child = sys(fork());
	if (child == 0) {
		execv("./script", args);
		_exit(99);
	}
	await_exit(child, 17);
	return success();
}
