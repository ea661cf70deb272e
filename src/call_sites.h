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

/* One of them replaces a byte that this one would, too. */
int call_sites_overlap(const struct call_sites *sites,
		       const struct call_patch *patch);
/* The instruction before call_end is a jump. */
int call_sites_have(const struct call_sites *sites, remote_addr call_end);
/* The kernel is about to run the instruction again, in another's name. */
int call_sites_restart(const struct recorder *recorder,
		       const struct record_task *by, remote_addr call_end);
/* It is in place from now on; the bytes are the caller's to write. */
void call_sites_add(struct record_task *task, struct call_sites *sites,
		    struct area *area, const struct call_patch *patch);
/* For `reel info`: what has become of it. */
void call_sites_count(struct recorder *recorder, const struct seen_site *seen);

/* ---- areas of trampolines ---- */

int call_sites_is_in_areas(const struct call_sites *sites, remote_addr addr);
/* The one that begins there, mapped if need be; NULL: something is there */
struct area *call_sites_area_at(struct record_task *task,
				struct call_sites *sites, remote_addr start);
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

/* ---- record_jumps_again.c ---- */

/* Of a library, those that were met first become jumps at once. */
#define KNOWN_AT_ONCE 40u

/*
 * What became a jump at the same place of another process does so in this one,
 * with few calls: true, or 0 when each must be looked at.
 */
int record_jumps_again(struct recorder *recorder, struct record_task *task,
		       struct call_sites *sites, const struct seen_code *code);
/* These patches, from this one on, are to be made again elsewhere. */
void record_jumps_keep(const struct record_task *task,
		       const struct call_sites *sites,
		       const struct seen_code *code, size_t first);

#endif
