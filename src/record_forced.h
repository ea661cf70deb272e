/* SPDX-License-Identifier: MIT */
/*
 * A trap of ours is a fault to the kernel, whose signal is forced on the task:
 * one that blocks or ignores it does so no longer, and its handler is gone
 * (force_sig_info_to_task() in kernel/signal.c).  The program must not see that
 * of a trap that it knows nothing of.  So what the task blocks, and what such
 * signals do, is kept in mind, and put back at the trap.
 */
#ifndef REEL_RECORD_FORCED_H
#define REEL_RECORD_FORCED_H

#include "src/recorder.h"

/* What is kept in mind: before user code goes on, and at each stop, */
void record_note_mask(struct record_task *task);
void record_follow_mask(struct record_task *task, int is_current, int status);
/* after an rt_sigaction(2), */
void record_note_action(struct record_task *task);
/* when the signal is one of the program's, */
void record_signal_taken(struct record_task *task, int signal);
/* and as tasks come and go. */
struct forced_actions *record_actions_of(struct record_task *maker,
					 uint64_t clone_flags);
void record_actions_exec(struct record_task *task);
void record_actions_release(struct forced_actions *actions);

/*
 * The task stopped at the signal, which the kernel forced on it.  If one was
 * pending already, and blocked, that is told instead: its code is not positive.
 */
int record_is_forced(const struct record_task *task, const siginfo_t *info);
/*
 * By a trap of ours: the task is as before, and what was pending is so again.
 * It may have made calls, so it is not at the signal's stop any more.
 */
void record_undo_force(struct record_task *task, const siginfo_t *info);

#endif
