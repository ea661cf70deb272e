/* SPDX-License-Identifier: MIT */
/* What the parts of the agent share (agent*.c, freestanding). */
#ifndef REEL_AGENT_INSIDE_H
#define REEL_AGENT_INSIDE_H

#include <stddef.h>
#include <stdint.h>

#include <asm/unistd_64.h>

#include "src/agent_layout.h"

#define shared ((struct agent_shared *)AGENT_SHARED)
#define own ((struct agent_private *)AGENT_PRIVATE)
#define ring ((uint8_t *)AGENT_RING)

/* agent_entry.S */
int64_t agent_syscall(uint64_t number, uint64_t a, uint64_t b, uint64_t c,
		      uint64_t d, uint64_t e, uint64_t f);

#define TEXT_LIMIT 4096u /* of inputs, as in record_call.c */
#define ROOM_LIMIT (AGENT_RING_LENGTH / 4) /* for a call */
/* With less than this left, the ring is to be emptied. */
#define RING_LEAST (ROOM_LIMIT + 4 * TEXT_LIMIT)

/* Recording: a record of this size is whole. */
static inline void agent_made(uint32_t size)
{
	__asm__ volatile("" : : : "memory");
	/* Whoever is killed here has both, or none. */
	shared->position_and_count += size + (1ull << 32);
	if (shared->position + RING_LEAST > shared->limit)
		shared->is_stop_wanted = 1;
}

/* Replay: a record of this size was taken. */
static inline void agent_took(uint32_t size)
{
	shared->position += size;
	shared->count++;
	if (shared->position >= shared->limit && shared->is_last_stopped)
		shared->is_stop_wanted = 1;
}

/* agent.c, called by agent_entry.S: true when the call is done. */
struct agent_frame;
int agent_call(struct agent_frame *frame);

/*
 * agent_instruction.c, likewise: registers as in struct user_regs_struct, the
 * general ones and the flags.
 */
int agent_instruction(uint64_t *registers);

#endif
