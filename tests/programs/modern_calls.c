/* SPDX-License-Identifier: MIT */
/* Calls of recent kernels: they work, or are unknown; never a surprise. */
#include "tracee.h"

static void attempt(const char *name, long number, long a, long b, long c,
		    long d)
{
	long result = syscall(number, a, b, c, d, 0, 0);

	say("%s: %ld errno %d\n", name, result, result < 0 ? errno : 0);
}

int main(void)
{
	static char room[4096];
	struct {
		uint32_t size, spare;
		uint64_t id, param;
	} ask = { 24, 0, 0, 0x1ff };
	uint64_t range[2] = { 0, 4096 };
	char *page = map_private(4096);
	struct iovec piece = { page, 4096 };
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0), file;

	scratch();
	file = make_file("file", room, 4096, 0600);
	attempt("cachestat", 451, file, (long)range, (long)room, 0);
	attempt("fchmodat2", 452, AT_FDCWD, (long)"file", 0640, 0);
	attempt("statmount", 457, (long)&ask, (long)room, 4096, 0);
	attempt("listmount", 458, (long)&ask, (long)room, 10, 0);
	attempt("process_madvise", 440, pidfd, (long)&piece, 1, MADV_COLD);
	attempt("process_mrelease", 448, pidfd, 0, 0, 0);
	attempt("mseal", 462, (long)page, 4096, 0, 0);
	attempt("lsm_list_modules", 461, (long)room, (long)&(size_t){ 4096 }, 0,
		0);
	attempt("landlock", 444, 0, 0, 1, 0);
	attempt("futex_wake", 454, (long)room, 1, 1, 2);
	attempt("quotactl_fd", 443, file, 0, 0, 0);
	attempt("mount_setattr", 442, file, 0, 0, 0);
	attempt("set_mempolicy_home_node", 450, (long)page, 0, 0, 0);
	attempt("getxattrat", 464, AT_FDCWD, (long)"file", 0, 0);
	attempt("epoll_pwait2", 441, -1, (long)room, 1, 0);
	return success();
}
