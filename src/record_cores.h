/* SPDX-License-Identifier: MIT */
/* The cores that the program believes to have. */
#ifndef REEL_RECORD_CORES_H
#define REEL_RECORD_CORES_H

#include "src/recorder.h"

/* Once, before the session pins itself to a core; and which it may be. */
void record_cores_init(struct recorder *recorder);
int record_cores_choose(const struct recorder *recorder);
int record_core_of(const struct recorder *recorder,
		   const struct record_task *task);
/* Of IA32_TSC_AUX, as rdtscp and rdpid give it. */
void record_core_in_register(const struct recorder *recorder,
			     const struct record_task *task, uint64_t *value);
void record_getcpu_exit(const struct recorder *recorder,
			struct record_task *task);

/* sched_setaffinity and sched_getaffinity. */
int record_affinity_entry(struct recorder *recorder, struct record_task *task);
void record_affinity_set(struct recorder *recorder, struct record_task *task);
void record_affinity_get(struct recorder *recorder, struct record_task *task);

/* At the exit of open and its like. */
int record_cores_opened(struct recorder *recorder, struct record_task *task);
/* The task whose /proc/PID/status the descriptor is, or NULL. */
struct record_task *record_status_of(struct recorder *recorder,
				     struct record_task *task, int fd);
/* Before a read, and when it is over. */
void record_cores_read(struct recorder *recorder, struct record_task *task);
void record_pin_again(const struct recorder *recorder,
		      struct record_task *task);
/* Whether a call's path is to be refused with ENOENT. */
int record_cores_hides(struct recorder *recorder, struct record_task *task);
/* At the exit of getdents. */
void record_cores_listed(struct recorder *recorder, struct record_task *task);

#endif
