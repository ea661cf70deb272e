/* SPDX-License-Identifier: MIT */
/* What /proc/PID/status says of a task (proc(5)). */
#ifndef REEL_PROCESS_STATUS_H
#define REEL_PROCESS_STATUS_H

#include <stdint.h>
#include <sys/types.h>

struct process_status {
	pid_t parent;	 /* PPid */
	uid_t uids[4];	 /* real, effective, saved, file system */
	gid_t gids[4];
	uint64_t capabilities; /* effective */
	uint64_t blocked, caught; /* signals, bit 0 is signal 1 */
};

/* 0, or -ESRCH with all zero. */
int process_status_read(pid_t tid, struct process_status *status_out);

/* The decimal number of one line ("Seccomp"), or -1 where there is none. */
long process_status_number(pid_t tid, const char *name);

#endif
