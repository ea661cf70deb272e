/* SPDX-License-Identifier: MIT */
/* Affinity, nice, policies, attributes, ioprio: set and read back. */
#include "tracee.h"

int main(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
		uint32_t minimum, maximum;
	} attributes = { 0 };
	struct sched_param zero = { 0 };
	struct timespec slice;
	cpu_set_t cpus, one;
	int first = 0;

	sys(sched_getaffinity(0, sizeof(cpus), &cpus));
	while (!CPU_ISSET(first, &cpus))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	sys(sched_setaffinity(0, sizeof(one), &one));
	sys(sched_getaffinity(0, sizeof(one), &one));
	say("now %d cpus\n", CPU_COUNT(&one));
	sys(nice(1) + 100);
	check(getpriority(PRIO_PROCESS, 0) >= 1);
	sys(sched_setscheduler(0, SCHED_BATCH, &zero));
	check(sched_getscheduler(0) == SCHED_BATCH);
	sys(syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0));
	check(attributes.policy == SCHED_BATCH && attributes.nice >= 1);
	sys(sched_rr_get_interval(0, &slice));
	say("slice %ld ns, ioprio %ld\n", slice.tv_nsec,
	    syscall(SYS_ioprio_get, 1, 0));
	sys(sched_yield());
	return success();
}
