/* SPDX-License-Identifier: MIT */
/* The vDSO's functions found and called by the program itself. */
#include <sys/auxv.h>

#include "tracee.h"
#include "vdso.h"

int main(void)
{
	const char *base = (void *)getauxval(AT_SYSINFO_EHDR);
	int (*gettime)(clockid_t, struct timespec *);
	time_t (*get_time)(time_t *);
	struct timespec now;

	if (!base)
		skip("no vDSO");
	gettime = find_in_vdso(base, "__vdso_clock_gettime");
	get_time = find_in_vdso(base, "__vdso_time");
	if (!gettime || !get_time)
		skip("this vDSO has no hash table");
	check(gettime(CLOCK_MONOTONIC, &now) == 0);
	say("%ld.%09ld %ld\n", now.tv_sec, now.tv_nsec, (long)get_time(NULL));
	return success();
}
