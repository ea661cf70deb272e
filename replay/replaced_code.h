/* SPDX-License-Identifier: MIT */
/*
 * What reel has put in the place of the program's instructions (jumps to
 * trampolines, src/call_patch.h, and traps, src/instruction.h), so that who
 * looks at the program sees what was there, and breaks where it runs now.
 *
 * It came with effects of the trace, like any bytes; here it is known by its
 * looks.  What the program has written over since counts no more.
 */
#ifndef REEL_REPLACED_CODE_H
#define REEL_REPLACED_CODE_H

#include "replay/replayer.h"

/* Before the effect's bytes are written. */
void replaced_code_note(struct replay_task *task, const struct effect *effect);
void replaced_code_copy(struct address_space *space,
			const struct address_space *from);
/* In bytes that were read at the address: what was there before. */
void replaced_code_hide(struct address_space *space, remote_addr address,
			void *bytes, size_t length);

/*
 * Where in a trampoline that instruction is, or what stands for it, where who
 * comes to it from the one before goes; or 0.
 */
remote_addr replaced_code_other(struct replay_task *task,
				remote_addr address);
/* Whether it is in a jump of ours, behind the first byte. */
int replaced_code_is_inside(struct replay_task *task, remote_addr address);

/* Of an address in the trampoline or on the way there, in the program; or 0. */
remote_addr replaced_code_origin(struct replay_task *task, remote_addr rip);
/* In code of ours: whether no instruction of the program is there. */
int replaced_code_is_way(struct replay_task *task, remote_addr rip);
/* In the program's: whether only a hop of ours leads there. */
int replaced_code_is_room(struct replay_task *task, remote_addr rip);

#endif
