/* SPDX-License-Identifier: MIT */
/* Traces, events and directories to test with. */
#ifndef REEL_TEST_TRACE_TOOLS_H
#define REEL_TEST_TRACE_TOOLS_H

#include <stddef.h>
#include <stdint.h>

#include "traces/event.h"
#include "traces/info.h"
#include "traces/writer.h"

/* A directory of its own for each test; gone after directory_leave(). */
void directory_enter(void);
void directory_leave(void);

/* Path of name in it, for as long as the test runs. */
const char *in_directory(const char *name);

/* Messages that a test provokes are not for its reader. */
void silence_reports(void);

/* Small numbers that look random and are the same in every run. */
struct dice {
	uint64_t state;
};
uint64_t dice_roll(struct dice *dice, uint64_t sides);
void dice_fill(struct dice *dice, void *bytes, size_t length);

/* The event of this number in an endless row of valid, random ones. */
struct sample {
	struct event event;
	struct effect_list list;
};
void sample_make(struct sample *sample, uint64_t number, size_t bytes_limit);
void sample_deinit(struct sample *sample);

/* 0, or what differs. */
const char *events_differ(const struct event *left, const struct event *right);

extern const struct trace_info sample_info;

/* Their one snapshot. */
extern const char snapshot_bytes[];
extern const size_t snapshot_length;

/* Writes count sample events; flushes after each flush_every, if not 0. */
struct trace_writer *write_samples(const char *path, uint64_t count,
				   size_t bytes_limit, uint64_t flush_every);

/* The same as a finished trace. */
void make_trace(const char *path, uint64_t count, size_t bytes_limit);

/*
 * Reads the trace and compares with the samples.  Returns how many came before
 * the end, or a negative error; *wrong_out tells an event that differs.
 */
int64_t read_samples(const char *path, size_t bytes_limit,
		     const char **wrong_out);

/* Whole files. */
void *file_load(const char *path, size_t *length_out);
void file_store(const char *path, const void *bytes, size_t length);

#endif
