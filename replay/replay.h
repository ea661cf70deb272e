/* SPDX-License-Identifier: MIT */
/* The replayer. */
#ifndef REEL_REPLAY_H
#define REEL_REPLAY_H

#include <stdint.h>

#define REPLAY_DIVERGED 1	/* explained on stderr */
#define REPLAY_INCOMPLETE 2	/* the trace ends before the program does */
#define REPLAY_STOPPED 3	/* a debugger looks at it before it goes on */
#define REPLAY_ENDED 4		/* there are no more events */

enum replay_check {
	CHECK_REGISTERS,	/* call, arguments, registers, inputs */
	CHECK_MEMORY,		/* and the recorded memory digests */
};

struct replay_options {
	const char *trace_path;
	const char *store_path; /* of our own recordings; NULL: none */
	uint64_t last_event;	/* stop after this event; 0: at the end */
	enum replay_check check;
	int quiet;		/* do not re-emit stdout and stderr */
};

struct replay_summary {
	uint64_t events, syscalls, signals, instructions, digests, stops;
	uint64_t elapsed_ns;
	int wait_status;	/* of the first process, as recorded */
};

/* A replay that goes step by step: replay/inspect.h looks at its tasks. */
struct replayer;

/*
 * Closes all descriptors of the process but the standard three.  It must come
 * before replay_open(): what the caller opens in between no trace can map.
 */
void replay_prepare(void);

/* Before the first event.  options and summary must outlive the replayer. */
int replay_open(const struct replay_options *options,
		struct replay_summary *summary, struct replayer **replayer_out);

/*
 * Goes on until event has been replayed (0: to the end).  Returns 0 or one of
 * the outcomes above; then, and after an error, it can't go on.
 */
int replay_to(struct replayer *replayer, uint64_t event);

/* Ends all its tasks; accepts NULL. */
void replay_close(struct replayer *replayer);

/*
 * Replays to the end (or to last_event): 0, or one of the outcomes above.
 * Closes all descriptors of the process but the standard three.
 */
int replay_run(const struct replay_options *options,
	       struct replay_summary *summary_out);

#endif
