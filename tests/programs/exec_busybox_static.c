/* SPDX-License-Identifier: MIT */
/* A foreign static program, when there is one: busybox. */
#include "tracee.h"

int main(void)
{
	pid_t child;

	if (access("/bin/busybox", X_OK))
		skip("no busybox");
	child = sys(fork());
	if (child == 0) {
		execl("/bin/busybox", "busybox", "sh", "-c",
		      "echo busybox $$; for i in 1 2 3; do "
		      "echo $i | cat; done; exit 4",
		      NULL);
		_exit(99);
	}
	await_exit(child, 4);
	return success();
}
