/* SPDX-License-Identifier: MIT */
/* The processes of a trace and the counts of its events, for people. */
#ifndef REEL_PROCESS_TREE_H
#define REEL_PROCESS_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "traces/reader.h"

#define NO_PROCESS SIZE_MAX

struct process_node {
	uint32_t task;	  /* serial of its first thread */
	int pid;	  /* as the program saw it */
	size_t parent;	  /* index, or NO_PROCESS, as the next three */
	size_t first_child, last_child, next_sibling;
	size_t depth;	  /* 0: nobody in the trace made it */
	uint64_t threads; /* over its whole life */
	uint64_t events;
	char *comm;	  /* the last exec's; the maker's before */
	char *exe;	  /* text of /proc/PID/exe, or NULL */
	int has_exited;
	int exit_status;  /* as wait(2) gives it */
};

struct process_tree {
	struct process_node *nodes; /* makers stand before what they made */
	size_t count;
	uint64_t event_counts[EVENT_KIND_END];
	size_t *process_of_task; /* private: by serial */
	size_t task_room;
};

/* Reads all events from the first one on. */
int process_tree_read(struct trace_reader *reader,
		      struct process_tree *tree_out);
void process_tree_deinit(struct process_tree *tree);

#endif
