/* SPDX-License-Identifier: MIT */
/* uname, sysinfo, getrusage, times, sched_*, capget, sysconf. */
#include <linux/capability.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>

#include "tracee.h"

int main(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
						 0 };
	struct __user_cap_data_struct data[2];
	struct sched_param priority;
	struct utsname name;
	struct sysinfo info;
	struct rusage usage;
	struct tms used;
	cpu_set_t cpus;

	sys(uname(&name));
	say("%s %s %s\n", name.sysname, name.release, name.nodename);
	sys(sysinfo(&info));
	say("up %ld, free %lu, %d processes\n", info.uptime, info.freeram,
	    info.procs);
	sys(getrusage(RUSAGE_SELF, &usage));
	say("%ld us, %ld faults\n", (long)usage.ru_utime.tv_usec,
	    usage.ru_minflt);
	say("times %ld %ld\n", (long)times(&used), (long)used.tms_utime);
	sys(syscall(SYS_capget, &head, data));
	say("capabilities %x %x\n", data[0].effective, data[1].effective);
	sys(sched_getaffinity(0, sizeof(cpus), &cpus));
	sys(sched_getparam(0, &priority));
	say("policy %d, %d cpus, nice %d\n", sched_getscheduler(0),
	    CPU_COUNT(&cpus), getpriority(PRIO_PROCESS, 0));
	say("processors %ld of %ld\n", sysconf(_SC_NPROCESSORS_ONLN),
	    sysconf(_SC_NPROCESSORS_CONF));
	return success();
}
