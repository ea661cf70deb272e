/* SPDX-License-Identifier: MIT */
/* execvp falls back to the shell when the kernel says ENOEXEC. */
#include "tracee.h"

int main(void)
{
	const char *text = "echo \"shell ran $0 $1\"\nexit 8\n";
	pid_t child;

	scratch();
	close(make_file("plain", text, strlen(text), 0755));
	child = sys(fork());
	if (child == 0) {
		execlp("./plain", "plain", "argument", NULL);
		_exit(99);
	}
	await_exit(child, 8);
	return success();
}
