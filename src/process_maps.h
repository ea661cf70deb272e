/* SPDX-License-Identifier: MIT */
/* /proc/PID/maps, parsed (proc(5)). */
#ifndef REEL_PROCESS_MAPS_H
#define REEL_PROCESS_MAPS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/memory.h"

struct process_map {
	remote_addr start, end;
	int protection;	/* PROT_* */
	int is_shared;
	uint64_t offset;
	uint64_t device; /* as makedev() of the superblock */
	uint64_t inode;	 /* 0: anonymous */
	char *name;	 /* unescaped nothing: as the kernel printed it */
};

struct process_maps {
	struct process_map *maps;
	size_t count;
	char *text; /* private: the names point into it */
};

int process_maps_read(pid_t tid, struct process_maps *maps_out);
/*
 * At least those that overlap [start, end): on a kernel that can be asked for
 * them it costs the same however many others there are.
 */
int process_maps_read_range(pid_t tid, remote_addr start, remote_addr end,
			    struct process_maps *maps_out);
void process_maps_deinit(struct process_maps *maps);

/* The mapping that holds addr, or NULL. */
const struct process_map *process_maps_find(const struct process_maps *maps,
					    remote_addr addr);

/*
 * True when /proc is there and calls processes as we do.  One that was mounted
 * in another pid namespace shows others by the pids of our tasks.
 */
int proc_is_ours(void);

/* The whole of a /proc file and a NUL, for the caller to free; or NULL. */
char *read_proc_file(const char *path, size_t *length_out);

#endif
