/* SPDX-License-Identifier: MIT */
/*
 * The pages that reel keeps for itself in every address space of a session,
 * at the same place in recording and replay: below 2 GiB, within reach of
 * rel32 from non-PIE code, above the programs and their heaps.
 */
#ifndef REEL_SESSION_PAGE_H
#define REEL_SESSION_PAGE_H

#include "src/agent_layout.h"

#define SESSION_PAGE 0x70000000ul
#define SESSION_PAGE_LENGTH 0x2000ul
#define SESSION_END ((unsigned long)AGENT_END) /* of all that reel keeps */
/* replay: code (one syscall instruction, int3), then data for arguments */
#define SESSION_DATA (SESSION_PAGE + 0x1000ul)

/*
 * Recording alone: a seccomp filter that is being installed, and scratch
 * buffers behind it (record_scratch.c), few, since mlockall() counts them.
 */
#define FILTER_START (SESSION_PAGE + 0x4000ul) /* record_seccomp.c */
#define SCRATCH_START (SESSION_PAGE + 0x10000ul)
#define SCRATCH_SLOT 0x10000ul
#define SCRATCH_SLOTS 16
#define SESSION_RESERVED (0x10000ul + SCRATCH_SLOTS * SCRATCH_SLOT)

/*
 * A recorded process has these pages, so it can't have them for processes that
 * it would record or replay itself: reported, and -EBUSY.
 */
int refuse_inside_recording(void);

#endif
