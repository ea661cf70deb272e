/* SPDX-License-Identifier: MIT */
/* Writing its own memory through /proc/self/mem, even read-only pages. */
#include "tracee.h"

static const char constant[] = "constant text";

int main(void)
{
	char *page = map_private(4096);
	int fd = sys(open("/proc/self/mem", O_RDWR));
	volatile const char *seen = constant;

	strcpy(page, "before");
	sys(mprotect(page, 4096, PROT_READ));
	if (pwrite(fd, "after!", 6, (off_t)(uintptr_t)page) != 6)
		skip("/proc/self/mem is not writable: errno %d", errno);
	check(!strcmp(page, "after!"));
	check(pwrite(fd, "C", 1, (off_t)(uintptr_t)constant) == 1);
	check(seen[0] == 'C');
	return success();
}
