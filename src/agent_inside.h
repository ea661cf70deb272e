/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the agent share; all are freestanding.
 *
 *   agent_entry.S        from the jump that was a call, and back
 *   agent.c              which of the conditions the call has
 *   agent_transfer.c     reads and writes
 *   agent_message.c      sendmsg and recvmsg
 *   agent_open.c         paths; descriptors that come and go
 *   agent_wait.c         poll, futexes and the like
 *   agent_setting.c      what is set, and for whom it holds
 *   agent_space.c        mappings without files
 *   agent_descriptor.c   what is known of descriptors
 *   agent_memory.c       the program's memory
 *   agent_record.c       the record of a call
 *   agent_replay.c       the same record, when it is the answer
 *   agent_instruction.c  instructions that trapped often
 */
#ifndef REEL_AGENT_INSIDE_H
#define REEL_AGENT_INSIDE_H

#include <stddef.h>
#include <stdint.h>

#include <asm/unistd_64.h>

#include "src/agent_layout.h"

#define shared ((struct agent_shared *)AGENT_SHARED)
#define own ((struct agent_private *)AGENT_PRIVATE)
#define ring ((uint8_t *)AGENT_RING)

/* agent_entry.S: a call of the agent's own (src/seccomp_wrap.c lists them). */
int64_t agent_syscall(uint64_t number, uint64_t a, uint64_t b, uint64_t c,
		      uint64_t d, uint64_t e, uint64_t f);

#define PAGE 4096u
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

/* Registers as agent_entry.S leaves them on the stack. */
struct agent_frame {
	uint64_t r9, r8, r10, rdx, rsi, rdi, rax;
	uint64_t flags, call_end, continuation;
	uint64_t r15, r14, r13, r12, rbp, rbx;
};

_Static_assert(sizeof(struct agent_frame) == AGENT_FRAME_LENGTH,
	       "agent_entry.S knows it");

/* In the order of the arguments of a call: rdi, rsi, rdx, r10, r8, r9. */
static inline uint64_t argument_of(const struct agent_frame *frame, unsigned i)
{
	return ((const uint64_t *)frame)[5 - i];
}

/* The call as the program makes it, which its seccomp filters judge. */
static inline int64_t make(const struct agent_frame *frame)
{
	register uint64_t r10 __asm__("r10") = frame->r10;
	register uint64_t r8 __asm__("r8") = frame->r8;
	register uint64_t r9 __asm__("r9") = frame->r9;
	int64_t result;

	__asm__ volatile("call agent_start"
			 : "=a"(result)
			 : "a"(frame->rax), "D"(frame->rdi), "S"(frame->rsi),
			   "d"(frame->rdx), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "cc", "memory");
	return result;
}

static inline int is_error(int64_t result)
{
	return (uint64_t)result > (uint64_t)-4096;
}

/* ---- memory ---- */

static inline uint64_t padded(uint64_t length)
{
	return (length + 7) & ~7ull;
}

static inline void clear(void *bytes, size_t length)
{
	uint8_t zero = 0;

	__asm__ volatile("rep stosb"
			 : "+D"(bytes), "+c"(length) : "a"(zero) : "memory");
}

static inline void copy(void *to, const void *from, size_t length)
{
	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(from), "+c"(length) : : "memory");
}

static inline void copy_words(void *to, const void *from, size_t length)
{
	uint64_t *target = to;
	const uint64_t *source = from;

	if (length > 256) {
		copy(to, from, length);
		return;
	}
	for (; length >= 8; length -= 8)
		*target++ = *source++;
	for (size_t i = 0; i < length; i++)
		((uint8_t *)target)[i] = ((const uint8_t *)source)[i];
}

/* agent_memory.c */
/*
 * The length with the final NUL, or more than the limit.  Words are read where
 * they are aligned: so none reaches into a page that the string does not.
 */
uint64_t agent_copy_string(char *to, const char *from, uint64_t limit);
int agent_are_faults_seen(void);
/* After an rt_sigprocmask(2). */
void agent_mask_changed(void);
/* False when it would fault where that shows; else it just may. */
int agent_may_read(uint64_t address, uint64_t length);

/* ---- called by agent_entry.S ---- */

/* agent.c: true when the call is done. */
int agent_call(struct agent_frame *frame);
/* agent_replay.c: the same; false when there is no record of the call. */
int agent_replay(struct agent_frame *frame);

/*
 * agent_instruction.c, likewise: registers as in struct user_regs_struct, the
 * general ones and the flags.
 */
int agent_instruction(uint64_t *registers);

#endif
