/* SPDX-License-Identifier: MIT */
/* File systems that a recorded process serves: see record_served.c. */
#ifndef REEL_RECORD_SERVED_H
#define REEL_RECORD_SERVED_H

#include "src/recorder.h"

/* Those that are there before the program: others serve them. */
void record_served_begin(struct recorder *recorder, pid_t tid);
void record_served_deinit(struct recorder *recorder);
/* The call may have mounted one. */
void record_served_after_call(struct recorder *recorder,
			      const struct record_task *task);
/* Whether what a descriptor of ours (O_PATH will do) leads to is on one. */
int record_is_served(const struct recorder *recorder, int fd);
/* The same for the file of the task's mmap. */
int record_is_map_served(const struct recorder *recorder,
			 const struct record_task *task);

#endif
