/* SPDX-License-Identifier: MIT */
/* The vDSO with reel's calls in it, wherever the program has it. */
#ifndef REEL_RECORD_VDSO_H
#define REEL_RECORD_VDSO_H

#include <string.h>

#include "src/process_maps.h"

struct recorder;
struct record_task;
struct vdso_copy;

/* What is mapped there becomes ours. */
int record_vdso_replace(struct recorder *recorder, struct record_task *task,
			const struct process_map *map);
/* A syscall instruction in it, or 0. */
remote_addr record_vdso_call_instruction(const struct recorder *recorder,
					 const struct record_task *task);
/* At the end of calls: the program dropped pages in [start, end), */
void record_vdso_discarded(const struct recorder *recorder,
			   struct record_task *task, remote_addr start,
			   remote_addr end);
/* moved the range, */
void record_vdso_moved(struct record_task *task, remote_addr start,
		       remote_addr end, uint64_t distance);
/* or had the kernel map it anew (ARCH_MAP_VDSO_64). */
int record_vdso_mapped(struct recorder *recorder, struct record_task *task);
void record_vdso_free(struct vdso_copy *copy);

/* What its functions read the time from; replay has nothing there. */
static inline int record_vdso_is_clocks(const struct process_map *map)
{
	return !strncmp(map->name, "[vvar", 5);
}

#endif
