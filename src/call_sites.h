/* SPDX-License-Identifier: MIT */
/*
 * What is known of the syscall instructions of an address space: which became
 * jumps to the agent, which can't, and where the trampolines are.  For
 * record_call_site.c, which makes them, and record_site_changes.c.
 */
#ifndef REEL_CALL_SITES_H
#define REEL_CALL_SITES_H

#include "src/call_patch.h"
#include "src/process_maps.h"
#include "src/record_agent.h"

#define SEEN_SITES 512u
#define SEEN_CODE 16u

struct seen_site {
	remote_addr call_end;
	unsigned count;
	enum call_patch_failure failure;
};

/* A mapping whose code was executed. */
struct seen_code {
	remote_addr start, end;
	uint64_t offset;
	struct record_file *file; /* NULL: none whose code is known */
	int is_library; /* and not the program, which may copy its own code */
};

struct area {
	struct call_area area;
	uint8_t bytes[CALL_AREA_LENGTH]; /* to be written again */
};

struct call_sites {
	unsigned users; /* address spaces: it is copied when one changes */
	struct seen_site seen[SEEN_SITES];
	struct seen_code code[SEEN_CODE];
	unsigned next_code; /* to be forgotten */
	struct call_patch *patches;
	size_t count, room;
	struct area **areas;
	size_t area_count;
};

/* Those of this address space alone. */
struct call_sites *call_sites_own(struct space_data *data);
/* The entry for this instruction; another one may lose its place. */
struct seen_site *call_sites_see(struct call_sites *sites,
				 remote_addr call_end);

/* ---- areas of trampolines ---- */

int call_sites_is_in_areas(const struct call_sites *sites, remote_addr addr);
/* Finds a place for the trampoline, in a new area if need be. */
enum call_patch_failure call_sites_place(struct record_task *task,
					 struct memory *memory,
					 struct call_sites *sites,
					 struct call_patch *patch,
					 struct area **area_out);
/* Maps one at start: true, or false where something is. */
int call_sites_map_area(struct record_task *task, remote_addr start);
/* The effect of that on replay. */
void call_sites_area_effect(struct record_task *task, remote_addr start);
/* Writes to the program's code, now and in replay. */
int call_sites_write(struct record_task *task, remote_addr addr,
		     const void *bytes, size_t length);

#endif
