/* SPDX-License-Identifier: MIT */
/* What trace.json says of a trace. */
#ifndef REEL_INFO_H
#define REEL_INFO_H

#include <stddef.h>
#include <stdint.h>

#include "traces/stream.h"

#define TRACE_FORMAT_VERSION 4
#define TRACE_OLDEST_VERSION 2 /* that can be read */

struct trace_info {
	uint32_t version;
	char **arguments;   /* NULL-terminated */
	char **environment; /* NULL-terminated */
	char *directory;    /* cwd */
	char *kernel;	    /* uname: sysname, release, version, machine */
	char *cpu;	    /* brand string */
	char *cpu_choice;   /* --cpu: host, x86-64-v2, x86-64-v3 */
	char *reel_version;
	uint64_t xsave_features; /* XCR0 */
	uint32_t xsave_size;	 /* bytes of an NT_X86_XSTATE regset */
	uint64_t page_size;
	int core;	    /* the one that all ran on; -1 unknown */
	int64_t start_realtime_ns;
	int is_chaotic; /* --chaos, with this seed */
	uint32_t chaos_seed;
	unsigned num_cores; /* --num-cores, or 0 */
	int aslr; /* 1 when --aslr was given */
	/* set at the end */
	int complete; /* recorded to the program's end */
	int64_t end_realtime_ns;
	int exit_status; /* as wait(2) gives it for the first process */
	uint64_t event_count;
	uint64_t task_count;
	uint64_t process_count;
	char *agent_obstacle; /* why no calls were, for people; NULL: none */
	int has_agent; /* calls were made without stops: */
	uint64_t agent_calls;
	uint64_t agent_sites; /* instructions that became jumps */
	uint64_t agent_failures; /* that could not, though often used, and */
	char *agent_reasons;	 /* why, for people; may be NULL */
	/*
	 * Ids, ascending, of files whose content changed after it became a
	 * snapshot, or could.
	 */
	int knows_changes;
	uint32_t *changed_files;
	size_t changed_file_count;
};

/* False only when the file is known to stay what its snapshot says. */
int trace_info_file_changes(const struct trace_info *info, uint32_t id);

void trace_info_deinit(struct trace_info *info);

/* A finished trace's streams, as trace.json describes them. */
struct trace_seals {
	int present; /* 0 when the recorder was killed */
	struct stream_seal events, memory;
};

/*
 * Writes trace.json into the directory, in place of an older one.  seals are
 * those of a finished trace, NULL before.
 */
int trace_info_write(int directory, const struct trace_info *info,
		     const struct trace_seals *seals);

/* The end fields are 0 when there are no seals. */
int trace_info_read(int directory, struct trace_info *info_out,
		    struct trace_seals *seals_out);

#endif
