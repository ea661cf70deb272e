/* SPDX-License-Identifier: MIT */
/*
 * Which debug registers stopped a task, where the machine does not say: busy
 * virtual machines lose at times what the processor has in DR6 (the kernel
 * reports TRAP_BRKPT then, as it does for int1).  Then it is judged by what the
 * memory is now, and by what the instruction did that was executed last.
 */
#ifndef REEL_LOST_REASON_H
#define REEL_LOST_REASON_H

#include "replay/watch.h"

/* Bits of registers of watch, after a step from watch->before. */
unsigned lost_reason_of_step(const struct watch *watch,
			     struct memory *memory);
/*
 * The same where the task, with these registers now, came by itself.  Where
 * nothing tells what of several regions it was: all, which is ambiguous.
 */
unsigned lost_reason_of_run(const struct watch *watch, struct memory *memory,
			    const struct registers *registers,
			    int *is_ambiguous_out);

#endif
