/* SPDX-License-Identifier: MIT */
/* The 32-bit gate int $0x80 from 64-bit code: works, or ends cleanly. */
#include "tracee.h"

int main(void)
{
	int status;
	pid_t child = sys(fork());

	if (child == 0) {
		long result = 20; /* getpid in the 32-bit table */

		asm volatile("int $0x80"
			     : "+a"(result)::"memory", "r8", "r9", "r10",
			       "r11");
		_exit(result == getpid() ? 3 : 4);
	}
	status = await(child);
	say("status %#x\n", status);
	check(WIFSIGNALED(status) || WEXITSTATUS(status) == 3 ||
	      WEXITSTATUS(status) == 4);
	return success();
}
