/* SPDX-License-Identifier: MIT */
/* Refused combinations of flags answer EINVAL and make no process. */
#include "tracee.h"

int main(void)
{
	fails(syscall(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0), EINVAL);
	fails(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), EINVAL);
	fails(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0),
	      EINVAL);
	fails(waitpid(-1, NULL, 0), ECHILD);
	return success();
}
