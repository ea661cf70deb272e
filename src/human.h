/* SPDX-License-Identifier: MIT */
/* Numbers and times for people, and progress on a terminal. */
#ifndef REEL_HUMAN_H
#define REEL_HUMAN_H

#include <inttypes.h>
#include <stdint.h>

#define HUMAN_LENGTH 32

/* Each writes into text and returns it. */
const char *human_size(uint64_t bytes, char text[HUMAN_LENGTH]);
const char *human_time(uint64_t ns, char text[HUMAN_LENGTH]);

/* 2026-11-21 09:02:03, local time; "-" for 0. */
const char *human_date(int64_t realtime_ns, char text[HUMAN_LENGTH]);

/* "exit 0", "SIGSEGV", "SIGABRT (core)"; as wait(2) gives it. */
const char *human_status(int wait_status, char text[HUMAN_LENGTH]);

/*
 * Shows on stderr, when that is a terminal, that an operation is under way,
 * from its second second on: the part done if progress_show() was told, or the
 * time taken.  The end wipes the line again.
 */
void progress_begin(const char *what);
void progress_show(uint64_t done, uint64_t all);
void progress_end(void);

#endif
