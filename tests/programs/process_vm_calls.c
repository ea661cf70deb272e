/* SPDX-License-Identifier: MIT */
/* process_vm_readv and writev reach into a child. */
#include "tracee.h"

static char text[64] = "the child has its own copy";

int main(void)
{
	char copy[64];
	struct iovec here = { copy, sizeof(copy) };
	struct iovec there = { text, sizeof(text) };
	int go[2];
	pid_t child;

	sys(pipe(go));
	child = sys(fork());
	if (child == 0) {
		char byte;

		check(read(go[0], &byte, 1) == 1);
		say("%s\n", text);
		_exit(strcmp(text, "written from outside") != 0);
	}
	if (process_vm_readv(child, &here, 1, &there, 1, 0) < 0) {
		kill(child, SIGKILL);
		skip("process_vm_readv: errno %d", errno);
	}
	check(!strcmp(copy, "the child has its own copy"));
	strcpy(copy, "written from outside");
	check(process_vm_writev(child, &here, 1, &there, 1, 0) == 64);
	put(go[1], "g", 1);
	await_exit(child, 0);
	return success();
}
