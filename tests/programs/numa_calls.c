/* SPDX-License-Identifier: MIT */
/* get_mempolicy, mbind, move_pages: answers, or ENOSYS. */
#include "tracee.h"

int main(void)
{
	unsigned long nodes[16] = { 0 };
	char *page = map_private(4096);
	void *pages[1] = { page };
	int mode = -1, status[1] = { -99 };

	page[0] = 1;
	if (syscall(SYS_get_mempolicy, &mode, nodes, 1024, 0, 0))
		skip("no NUMA calls: errno %d", errno);
	say("mode %d nodes %lx\n", mode, nodes[0]);
	say("move_pages %ld: %d\n",
	    syscall(SYS_move_pages, 0, 1, pages, NULL, status, 0), status[0]);
	nodes[0] = 1;
	say("mbind %ld\n", syscall(SYS_mbind, page, 4096, 1, nodes, 64, 0));
	say("set_mempolicy %ld\n", syscall(SYS_set_mempolicy, 0, NULL, 0));
	return success();
}
