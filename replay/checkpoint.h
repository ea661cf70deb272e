/* SPDX-License-Identifier: MIT */
/*
 * The whole state of a replay, kept to come back to: a copy of each of its
 * processes, which never runs and is copied again, and what else the replayer
 * knows.  A replay that is restored goes on as the first time, exactly.
 */
#ifndef REEL_CHECKPOINT_H
#define REEL_CHECKPOINT_H

#include "replay/replayer.h"

struct point_trap;

struct checkpoint;

/*
 * All tasks are stopped, between events or in one that replay_next() would go
 * on with; trap is what is set for it, or NULL.  Only for a replayer that
 * keeps_checkpoints from its beginning.  -EAGAIN when there is no room for it,
 * or -ENODATA at the trace's end: not reported, and nothing has changed.
 */
int checkpoint_create(struct replayer *replayer, const struct point_trap *trap,
		      struct checkpoint **checkpoint_out);
/* The replay is as it was; an error leaves it unusable. */
int checkpoint_restore(struct replayer *replayer,
		       const struct checkpoint *checkpoint);
/* Accepts NULL. */
void checkpoint_destroy(struct replayer *replayer,
			struct checkpoint *checkpoint);

/* It can't be restored any more: a file of which it had pages was cut. */
int checkpoint_is_void(const struct checkpoint *checkpoint);
/* Bytes of memory that its processes have of their own, at most. */
uint64_t checkpoint_bytes(const struct checkpoint *checkpoint);

/* Its task, which must not run; or NULL. */
struct replay_task *checkpoint_task(const struct checkpoint *checkpoint,
				    uint32_t serial);

/* Before the file becomes shorter. */
void checkpoints_shrink(struct replayer *replayer,
			const struct replay_file *file, uint64_t size);

#endif
