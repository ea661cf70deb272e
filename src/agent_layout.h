/* SPDX-License-Identifier: MIT */
/*
 * The agent: code of ours inside each program, at the same place in recording
 * and replay, that makes system calls without a stop and keeps a record of each
 * (traces/call_record.h); in replay it answers them out of such records.
 *
 * A syscall instruction that was met some times is replaced by a jump to a
 * trampoline near it, which goes on to the agent:
 *
 *	[moved instructions before the call]
 *	movabs $call_end, %rcx
 *	lea    continuation(%rip), %r11
 *	jmp    *AGENT_ENTRY_SLOT
 *	syscall				the traced call
 *  continuation:
 *	[moved instructions after it]
 *	jmp    back
 *
 * The agent goes on at the continuation when the call is done, and two bytes
 * before it when the call is to be made with a stop.  One task runs at a time,
 * and none is left inside that goes on there, so there is one of everything.
 *
 * Instructions whose result the program's state does not determine (rdtsc,
 * cpuid ...) become jumps, too.  They leave no register free but one that they
 * write, which tells the agent where struct agent_instruction is:
 *
 *	lea    data(%rip), %register
 *	jmp    *AGENT_INSTRUCTION_SLOT(register)
 *  data:
 *	struct agent_instruction
 *	the instruction as it is, or the trap that stands for it
 *  continuation:
 *
 * Shared by the agent, which is freestanding, and by reel.
 */
#ifndef REEL_AGENT_LAYOUT_H
#define REEL_AGENT_LAYOUT_H

#ifndef __ASSEMBLER__
#include <stdint.h>
#endif

#define AGENT_START 0x70200000

/* Code: the same bytes in every process. */
#define AGENT_TEXT AGENT_START
#define AGENT_TEXT_LENGTH 0x10000
#define AGENT_CALL_END (AGENT_TEXT + 2) /* of the program's calls */
#define AGENT_OWN_CALL_END (AGENT_TEXT + 6) /* of the agent's own */
#define AGENT_STOP (AGENT_TEXT + 8)	/* an int3 on the way out */
#define AGENT_STOP_END (AGENT_STOP + 1) /* where that stops */
#define AGENT_FAULT (AGENT_TEXT + 12)	/* where it goes on after a SIGSEGV */
#define AGENT_ENTRY_SLOT (AGENT_TEXT + 16) /* holds the entry's address */
/* The same for instructions, by the register's place in user_regs_struct. */
#define AGENT_INSTRUCTION_SLOT(place) (AGENT_TEXT + 128 + 8 * (place))
#define AGENT_INSTRUCTION_SLOTS 15
#define AGENT_SET_UP (AGENT_TEXT + 248) /* maps what else it has */

/* Data of the process, copied by fork. */
#define AGENT_PRIVATE (AGENT_START + 0x10000)
#define AGENT_PRIVATE_LENGTH 0x2000

/* Shared with reel, and after a fork with the child, who never runs at once. */
#define AGENT_SHARED (AGENT_START + 0x20000)
#define AGENT_STACK_TOP (AGENT_SHARED + 0x10000)
/* One is in use, the first from the top that the kernel will not write to. */
#define AGENT_STACK_LENGTH 0x1000
#define AGENT_STACKS 12
#define AGENT_FRAME_LENGTH 128 /* struct agent_frame, at its top */
/* Records go into one part while those of the other are taken or made. */
#define AGENT_RING AGENT_STACK_TOP
#define AGENT_RING_LENGTH 0x100000 /* of a part */
#define AGENT_RINGS 2
#define AGENT_SHARED_LENGTH (0x10000 + AGENT_RINGS * AGENT_RING_LENGTH)
#define AGENT_END (AGENT_SHARED + AGENT_SHARED_LENGTH)

/* Offsets in struct agent_shared that the assembler needs. */
#define AGENT_SAVED_STACK (AGENT_SHARED + 0)
#define AGENT_SAVED_CONTINUATION (AGENT_SHARED + 8)
#define AGENT_SAVED_DATA (AGENT_SHARED + 16)
#define AGENT_IS_STOP_WANTED (AGENT_SHARED + 24)
#define AGENT_STACK (AGENT_SHARED + 28)

#ifndef __ASSEMBLER__

/* What traces and people call memory of ours, trampolines' too. */
#define AGENT_MAPPING_NAME "[reel]"

#define AGENT_DESCRIPTORS 4096
#define AGENT_DEVICES 32 /* as many as bits of devices_in_memory */
#define AGENT_FOLLOWED_BITS 32768
#define AGENT_LEAVES 256
#define AGENT_VDSO_CALLS 32
#define AGENT_NUMBERS 512 /* more than there are calls */
#define AGENT_SPARE_LIMIT 0x40000 /* to clear more takes longer than to map */

enum agent_mode { AGENT_RECORDS = 1, AGENT_REPLAYS };

/* An instruction, in its trampoline. */
struct agent_instruction {
	uint64_t address; /* where the program has it */
	uint8_t kind;	  /* enum instruction_kind */
	uint8_t destination, operand_bytes; /* as in struct instruction */
	uint8_t length;
} __attribute__((packed));

/* What CPUID answers the program. */
struct agent_leaf {
	uint32_t number, subleaf;
	uint32_t eax, ebx, ecx, edx;
	uint32_t is_known;
};

struct agent_shared {
	uint64_t saved_stack, saved_continuation, saved_data;
	uint32_t is_stop_wanted; /* at AGENT_STOP, when the call is done */
	uint32_t stack;		 /* its top */
	uint32_t is_traced;	 /* all calls are to be made with a stop */
	uint32_t mode;		 /* enum agent_mode */
	uint32_t are_paths_slow; /* a file system may wait for the program */
	/*
	 * In both parts of the ring.  Recording: records end at position, and
	 * the part at limit.  Replay: the next record is at position, they end
	 * at limit, and the agent stops after the last when is_last_stopped.
	 */
	union {
		struct {
			uint32_t position;
			uint32_t count; /* of records made or taken so far */
		};
		uint64_t position_and_count; /* change at once */
	};
	uint64_t limit;
	uint32_t is_last_stopped;
	/*
	 * Replay: memory that one of these records mapped, if it was one of
	 * AGENT_SPARE_LIMIT at most.  Where it is unmapped only to be mapped
	 * again, it stays, and is cleared: two stops less.
	 */
	uint32_t is_spare_unmapped; /* as far as the program knows */
	uint64_t spare_start, spare_end;
	uint32_t is_different; /* replay: the call is not the recorded one */
	uint32_t is_made;      /* recording: the call is, its record is not */
	/*
	 * Recording: a call that wakes somebody ends the task's turn, which
	 * is not new any more; or one that woke nobody, whose wait may not have
	 * begun yet; and it did.
	 */
	uint32_t stops_after_wake, stops_after_any_wake, has_woken;
	uint32_t are_others_woken; /* recording: by the task that runs */
	uint32_t will_wait;    /* recording: the call, made with a stop, will */
	/*
	 * Recording: the call was made, and could not write all of its output,
	 * but maybe some.  How much, the stop tells that it comes to now, where
	 * it isn't made again: it may have taken what it couldn't give.  The
	 * record at position has what it read.
	 */
	uint32_t has_faulted;
	/*
	 * Recording: descriptors, or actions of signals, are not those of all
	 * who share this memory, or of others, too: nothing is known of them.
	 */
	uint32_t are_files_apart, are_actions_apart;
	uint64_t blocked;      /* recording: signals of the task that runs */
	uint32_t trapped;      /* recording: bits of enum instruction_kind */
	uint32_t is_host;      /* recording: the processor may be asked */
	/*
	 * Recording: the program has seccomp filters.  By number, the calls
	 * that they always allow, and those of which at most an error comes.
	 */
	uint32_t is_filtered;
	/*
	 * The vDSO's calls, which are none for them: behind where they are, and
	 * bits of the clocks that can be read without a call.
	 */
	uint32_t vdso_clocks, vdso_call_count;
	uint64_t vdso_calls[AGENT_VDSO_CALLS];
	uint8_t allowed[AGENT_NUMBERS / 8], harmless[AGENT_NUMBERS / 8];
	struct agent_leaf leaves[AGENT_LEAVES]; /* agent_leaf_of() */

	/* Recording: what may be done without a stop. */
	uint32_t generation;   /* descriptors' classes are of this one */
	uint32_t device_count; /* file systems that are plain files' */
	uint64_t devices[AGENT_DEVICES];
	uint32_t devices_in_memory; /* a bit for each: it has no disk */
	struct { /* of the session's standard output and error */
		uint64_t device, inode;
	} standard[3];
	uint8_t followed[AGENT_FOLLOWED_BITS / 8]; /* agent_followed_bit() */
};

struct agent_range {
	uint64_t start, end;
};

#define AGENT_RANGES 250

struct agent_private {
	uint32_t generation;
	uint32_t is_stale; /* classes are, since a call with a stop */
	uint32_t are_faults_ignored, zero;
	uint8_t classes[AGENT_DESCRIPTORS]; /* agent_descriptor.h; 0 unknown */
	uint64_t break_end; /* of brk(2); 0: not known */
	/*
	 * Memory that the agent mapped: private, without a file, not
	 * executable.  The recorder need not see what becomes of it.
	 */
	uint64_t plain_count;
	struct agent_range plain[AGENT_RANGES];
};

_Static_assert(sizeof(struct agent_shared) <=
		       AGENT_STACK_TOP - AGENT_SHARED -
		       AGENT_STACKS * AGENT_STACK_LENGTH &&
	       sizeof(struct agent_private) <= AGENT_PRIVATE_LENGTH,
	       "they fit before the stacks, and into their pages");

/* Files of which the recorder must see every change. */
static inline uint32_t agent_followed_bit(uint64_t device, uint64_t inode)
{
	return (uint32_t)((inode * 0x9e3779b97f4a7c15ull ^ device * 31) >> 40) %
	       AGENT_FOLLOWED_BITS;
}

/* Memory in [start, end) is not plain any more. */
static inline void agent_forget_plain(struct agent_range *plain,
				      uint64_t *count, uint64_t start,
				      uint64_t end)
{
	uint64_t kept = 0, all = *count;
	struct agent_range rest = { 0, 0 };

	for (uint64_t i = 0; i < all && i < AGENT_RANGES; i++) {
		struct agent_range range = plain[i];

		if (range.start >= end || range.end <= start) {
			plain[kept++] = range;
			continue;
		}
		if (range.start < start)
			plain[kept++] = (struct agent_range){ range.start,
							      start };
		if (range.end <= end)
			continue;
		/* No more than one is cut in two. */
		if (range.start < start)
			rest = (struct agent_range){ end, range.end };
		else
			plain[kept++] = (struct agent_range){ end, range.end };
	}
	if (rest.end && kept < AGENT_RANGES)
		plain[kept++] = rest;
	*count = kept;
}

/* The place for the answer to a question; another one's when all are taken. */
static inline struct agent_leaf *
agent_leaf_of(struct agent_shared *memory, uint32_t number, uint32_t subleaf)
{
	uint32_t at = ((number ^ number >> 24) * 16 + subleaf) % AGENT_LEAVES;

	for (unsigned i = 0; i < 8; i++) {
		struct agent_leaf *leaf =
			&memory->leaves[(at + i) % AGENT_LEAVES];

		if (!leaf->is_known ||
		    (leaf->number == number && leaf->subleaf == subleaf))
			return leaf;
	}
	return &memory->leaves[at];
}

#endif
#endif
