/* SPDX-License-Identifier: MIT */
/* reel stat: how often a trace's calls were made, failed and waited. */
#ifndef REEL_STAT_H
#define REEL_STAT_H

#include <stdio.h>

#include "traces/reader.h"

/*
 * Writes counts by call, by kind of event and by process; as one JSON object
 * when json is not 0.  Times are known of calls only that let other tasks run,
 * because the trace has an entry and an exit event of these.
 */
int stat_trace(struct trace_reader *reader, FILE *stream, int json);

#endif
