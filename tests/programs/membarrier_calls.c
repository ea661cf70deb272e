/* SPDX-License-Identifier: MIT */
/* membarrier, and calls that only tell or advise. */
#include "tracee.h"

int main(void)
{
	char list[256];
	long can = syscall(SYS_membarrier, 0, 0, 0);
	size_t size = 0;
	void *head;

	say("membarrier %ld\n", can);
	if (can > 0 && can & 16)
		sys(syscall(SYS_membarrier, 16, 0, 0));
	sys(syscall(SYS_get_robust_list, 0, &head, &size));
	check(size == 24);
	say("syslog %ld\n", syscall(SYS_syslog, 10, NULL, 0));
	say("sysfs %ld\n", syscall(SYS_sysfs, 3, 0, 0));
	say("getcpu %ld\n", syscall(SYS_getcpu, list, list + 8, NULL));
	say("mincore %ld\n", syscall(SYS_mincore, 0, 0, list));
	fails(syscall(SYS_swapoff, "/none"), is_root() ? ENOENT : EPERM);
	fails(syscall(SYS_acct, "/none/such"), is_root() ? ENOENT : EPERM);
	return success();
}
