/* SPDX-License-Identifier: MIT */
/* rseq: registered, or refused with ENOSYS; libc lives with both. */
#include "tracee.h"

static char area[64] __attribute__((aligned(64)));

int main(void)
{
	long result = syscall(334 /* rseq */, area, 32, 0, 0x53053053);

	say("rseq %ld errno %d, cpu %d\n", result, result ? errno : 0,
	    sched_getcpu());
	check(result == 0 || errno == ENOSYS || errno == EINVAL ||
	      errno == EBUSY || errno == EPERM);
	return success();
}
