/* SPDX-License-Identifier: MIT */
/* The recorder. */
#ifndef REEL_RECORD_H
#define REEL_RECORD_H

#include <stdint.h>

struct record_options {
	const char *trace_path;	/* the directory to make */
	const char *store_path;	/* shared snapshot store, or NULL */
	char **arguments;	/* the command, NULL-terminated */
	char **environment;	/* NULL-terminated; NULL: the caller's own */
	const char *cpu;	/* "host", "x86-64-v2" or "x86-64-v3" */
	unsigned num_cores;	/* told to the program; 0: the machine's */
	int is_chaotic;		/* turns at random, from this seed */
	uint32_t chaos_seed;
	int aslr;		/* leave address space randomization on */
	int audit;		/* fail on a byte written that no row covers */
	int is_agentless;	/* each call stops */
	int detach_on_failure;	/* a failing recorder lets the program go on */
};

struct record_summary {
	uint64_t events, tasks, processes;
	uint64_t trace_bytes;	/* compressed, without snapshots */
	uint64_t elapsed_ns;
	uint64_t audit_failures;
	int wait_status;	/* of the command, as wait(2) gives it */
};

/*
 * Records the command.  Returns 0 when the recording is good, whatever became
 * of the command; -ENOENT, -EACCES, ... when the command could not be run.
 */
int record_run(const struct record_options *options,
	       struct record_summary *summary_out);

#endif
