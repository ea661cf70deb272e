/* SPDX-License-Identifier: MIT */
/* A shell writes into a memfd through /proc, which empties it first. */
#include "tracee.h"

int main(void)
{
	int fd = sys(memfd("redirected", 0)), status;
	char command[128], *memory;

	put(fd, "long content before", 19);
	memory = sys(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	snprintf(command, sizeof(command),
		 "echo short >/proc/self/fd/%d; echo $$ >>/dev/fd/%d", fd, fd);
	status = system(command);
	check(status == 0);
	check(!memcmp(memory, "short\n", 6));
	say("%s", memory);
	return success();
}
