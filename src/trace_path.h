/* SPDX-License-Identifier: MIT */
/*
 * Where traces are and how they are called.
 *
 * The traces directory is $REEL_TRACES, or reel/ in the XDG data directory.  It
 * holds traces under their names, the shared snapshots in store/, and the
 * symbolic link `latest`.
 */
#ifndef REEL_TRACE_PATH_H
#define REEL_TRACE_PATH_H

#include <stdint.h>

/* The traces directory, whether it exists or not, for the caller to free. */
int trace_root(char **path_out);

/* The store of snapshots there, for the caller to free; NULL: no such place. */
char *trace_store(void);

/*
 * The trace that an operand means: a path, or a name in the traces directory;
 * NULL means `latest`.  *path_out is for the caller to free.
 */
int trace_path_find(const char *operand, char **path_out);

/*
 * A free name in the traces directory for a trace out of a packed file: the
 * file's name without an ending, then with a number.
 */
int trace_path_for_file(const char *file, char **path_out);

/* A trace directory reserved for a recording. */
struct new_trace {
	char *path;
	char *store;		/* the shared store; NULL: none can be made */
	char *link;		/* `latest`; NULL: the path was given */
	char *former_latest;	/* what `latest` said before */
	int is_published;
};

/*
 * Makes the directory: path, or <program>-<N> with the smallest free N in the
 * traces directory when path is NULL.
 */
int new_trace_reserve(const char *path, const char *program,
		      struct new_trace *trace_out);

/* Makes `latest` point to it; what goes wrong is warned about only. */
void new_trace_publish(struct new_trace *trace);

/* Undoes both: the command could not be run. */
void new_trace_remove(struct new_trace *trace);
void new_trace_deinit(struct new_trace *trace);

/* Removes a directory with all it holds. */
int remove_tree(const char *path);

/* Bytes of its files: those of the trace proper, and its snapshots. */
struct trace_size {
	uint64_t events, snapshots;
};

int trace_size(const char *path, struct trace_size *size_out);

/* True when path looks like a trace: it has a trace.json. */
int is_trace(const char *path);

#endif
