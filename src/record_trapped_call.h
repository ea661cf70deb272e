/* SPDX-License-Identifier: MIT */
/*
 * Where reel runs under a seccomp filter, as in a container, that filter may
 * answer a call, and a stop that another filter asks for is lost then
 * (seccomp(2): an errno is before SECCOMP_RET_TRACE).  SECCOMP_RET_TRAP is
 * before an errno.  So there reel's own filter makes a SIGSYS of each call that
 * is not the agent's; the recorder takes it, and has the call made again, with
 * stops at its entry and exit, past its own filter.
 */
#ifndef REEL_RECORD_TRAPPED_CALL_H
#define REEL_RECORD_TRAPPED_CALL_H

#include "src/recorder.h"

#define TRAPPED_CALL_DATA 0x7265u /* si_errno of such a SIGSYS */

/* In place of the SIGSYS the task, at its stop, makes the call. */
int record_is_trapped_call(const struct record_task *task,
			   const siginfo_t *info,
			   const struct registers *registers);
int record_trapped_call(struct recorder *recorder, struct record_task *task,
			struct registers *registers);
/* It was stopped, and such a SIGSYS is what comes next. */
int record_is_at_trap(const struct record_task *task);
/* Registers of a task that such a SIGSYS stopped: at the call. */
void record_rewind_trapped(struct registers *registers);

#endif
