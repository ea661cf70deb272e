/* SPDX-License-Identifier: MIT */
/* Turns, priorities and delays at random: --chaos. */
#ifndef REEL_RECORD_CHAOS_H
#define REEL_RECORD_CHAOS_H

#include "src/recorder.h"

void record_chaos_init(struct recorder *recorder);
/* Who is next, of the ready ones; its turn begins, or goes on. */
struct record_task *record_chaos_pick(struct recorder *recorder);
/* How long a signal waits beyond what it must. */
uint64_t record_chaos_delay(struct recorder *recorder);
/* Whether the first withheld signal waits on at the task's call. */
int record_chaos_holds(const struct recorder *recorder,
		       struct record_task *task);

#endif
