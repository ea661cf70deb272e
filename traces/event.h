/* SPDX-License-Identifier: MIT */
/*
 * The event, unit of the trace, and its effects.
 *
 * A trace is a totally ordered list of events.  Each belongs to one task, says
 * in which state (user registers) the task was when it happened, and carries
 * the effects that replay applies, in their order: bytes that the kernel wrote,
 * mappings that appeared, files that changed.  Nothing here assumes that an
 * event was seen by ptrace.  traces/format.md has the encoding.
 */
#ifndef REEL_EVENT_H
#define REEL_EVENT_H

#include <stddef.h>
#include <stdint.h>

/* General registers in the order of the kernel's struct user_regs_struct. */
#define EVENT_REGISTERS 27

enum event_kind {
	EVENT_SYSCALL = 1,   /* a whole call: no other task ran meanwhile */
	EVENT_SYSCALL_ENTER, /* a call begins; its end is an event of its own */
	EVENT_SYSCALL_EXIT,  /* the call of this task's SYSCALL_ENTER ends */
	EVENT_CLONE,	     /* inside a call: a task was made (EFFECT_TASK) */
	EVENT_EXEC,	     /* inside a call: a new program image */
	EVENT_SIGNAL,	     /* a signal was delivered */
	EVENT_INSTRUCTION,   /* an instruction whose result is not determined */
	EVENT_EXIT,	     /* the task is gone */
	EVENT_DIGEST,	     /* digest of the task's writable memory */
	EVENT_NOTE,	     /* for the reader: no effect on replay */
	EVENT_POINT,	     /* a place in user code; see below */
	EVENT_TRACER,	     /* a tracer in the program changed the task: its
				registers, extended registers, memory or debug
				registers.  In a call, registers become those at
				its entry: another call, or other arguments */
	EVENT_KIND_END
};

/*
 * EVENT_POINT: no instruction or call says where the task stood, only its state
 * does: registers, writable memory (EFFECT_DIGEST) and extended registers
 * (EFFECT_XSTATE, compared and not set).  Equal states have equal futures, so
 * replay stops where the state is first the same.  To find it fast: detail is a
 * mask, by 1 << register, of registers that change from pass to pass at this
 * address, and EFFECT_INPUTs are memory at the point: words of 8 bytes that
 * tell passes apart, best first, and longer pieces.  The digest is of a part of
 * memory (src/memory_digest.h); its bytes are the stack pointers of the threads
 * that have this memory, 8 bytes each, below which it is dead.
 */

/* Where the task stands when a signal is delivered (event.detail). */
enum signal_point {
	SIGNAL_AFTER_EVENT,    /* no instruction since the task's last event */
	SIGNAL_BEFORE_SYSCALL, /* at the syscall instruction of its next call */
	SIGNAL_AT_FAULT,       /* raised by the instruction at registers.rip */
	SIGNAL_ANYWHERE,       /* fatal; the place is not known nor needed */
	SIGNAL_AT_CALL,	       /* instead of the call that it would make next */
	SIGNAL_AFTER_STEP,     /* one instruction after the task's last event */
};

/* What the delivery did (event.result). */
enum signal_outcome {
	SIGNAL_HANDLED, /* a handler starts: EFFECT_REGISTERS, frame bytes */
	SIGNAL_FATAL,	/* the thread group dies of it */
	SIGNAL_IGNORED, /* nothing happens to the program */
	SIGNAL_STOPS,	/* the thread group stops until SIGCONT */
	SIGNAL_TRACED,	/* a tracer in the program is told; what it lets
			   through is a signal of its own */
};

enum effect_kind {
	EFFECT_WRITE = 1,   /* address, bytes: the task's memory becomes this */
	EFFECT_INPUT,	    /* address, bytes, id (argument): what a call read.
			       extent: the full length when bytes were cut */
	EFFECT_REGISTERS,   /* bytes: EVENT_REGISTERS x 8; registers become */
	EFFECT_XSTATE,	    /* bytes: extended registers, see format.md */
	EFFECT_MAP,	    /* address, extent, protection (PROT_*), flags
			       (MAP_*), id (file; 0 anonymous), offset, bytes
			       (name as in /proc/PID/maps, may be empty) */
	EFFECT_UNMAP,	    /* address, extent */
	EFFECT_FILE,	    /* id (file, from 1), extent (size), bytes: struct
			       event_file; first use of an inode's content */
	EFFECT_FILE_WRITE,  /* id (file), offset, bytes */
	EFFECT_FILE_SIZE,   /* id (file), extent (the new size) */
	EFFECT_FILE_PUNCH,  /* id (file), offset, extent: now zero */
	EFFECT_TASK,	    /* id (task), address (tid), offset (tgid), extent
			       (clone flags), bytes: its EVENT_REGISTERS x 8 */
	EFFECT_CHILD_WRITE, /* as WRITE, in the memory of the task just made */
	EFFECT_SIGINFO,	    /* bytes: kernel siginfo_t, 128 bytes */
	EFFECT_OUTPUT,	    /* id (1 stdout, 2 stderr), extent (length): the
			       call's output; bytes only where no input of the
			       call holds them */
	EFFECT_DIGEST,	    /* offset: XXH3 64 of the memory; extent: pages;
			       bytes: more stack pointers, 8 bytes each */
	EFFECT_TEXT,	    /* id (enum event_text), bytes: text for people */
	EFFECT_FD,	    /* not recorded yet, shown by dump where it is:
			       id (descriptor number), bytes: what /proc/PID/fd
			       says of it; address: st_dev, offset: st_ino,
			       flags: open flags */
	EFFECT_RLIMIT,	    /* id (resource), address (soft), extent (hard) */
	EFFECT_SKIPPED,	    /* the call was not made: a seccomp filter answered
			       it, or a supervisor */
	EFFECT_DEBUG_REGISTER, /* id (0-3, 6 or 7), offset: its value */
	EFFECT_PROTECT,	    /* address, extent, protection: as by mprotect(2) */
	EFFECT_DETOUR,	    /* address, offset (another address): who comes to
			       the first goes on at the other, as long as bytes
			       (5, a jump) are at address less extent; id: the
			       signal that tells it there */
	EFFECT_KIND_END
};

enum event_text {
	TEXT_COMM = 1,	/* the new comm of the task */
	TEXT_EXE,	/* the text of /proc/PID/exe */
	TEXT_EXECFN,	/* AT_EXECFN */
	TEXT_WARNING,	/* a degraded or refused call, by name */
	TEXT_STUCK,	/* a thread in state D: wchan, file, file system */
	TEXT_MOUNT,	/* the mountinfo line of an object that failed */
};

/* How a snapshot was used (event_file.use, may be or'ed). */
enum file_use {
	FILE_EXECUTED = 1,    /* the program of an exec */
	FILE_INTERPRETER = 2, /* its ELF interpreter */
	FILE_MAPPED_CODE = 4, /* mapped with PROT_EXEC */
	FILE_MAPPED = 8,
	FILE_MEMFD = 16,
	FILE_SHARED = 32,     /* mapped MAP_SHARED */
	FILE_SCRIPT = 64,     /* a #! script given to exec */
	FILE_UNNAMED = 128,   /* no path leads to it: unlinked, O_TMPFILE */
};

/* Fixed part of EFFECT_FILE's bytes; the label follows without a NUL. */
struct event_file {
	uint8_t sha256[32];
	uint64_t device;
	uint64_t inode;
	uint32_t use;	/* enum file_use */
	uint32_t mode;	/* st_mode */
};

_Static_assert(sizeof(struct event_file) == 56, "it is part of the format");

struct effect {
	enum effect_kind kind;
	uint32_t id;
	uint64_t address;
	uint64_t extent;
	uint64_t offset;
	uint32_t protection;
	uint32_t flags;
	const void *bytes; /* not owned */
	size_t length;	   /* of bytes */
};

struct event {
	uint64_t number;  /* from 1; the writer sets it */
	enum event_kind kind;
	int is_buffered;  /* SYSCALL, INSTRUCTION: without a stop; of its
			     registers only those that it reads are known,
			     others are 0.  An instruction's EFFECT_REGISTERS
			     has bits of those that it reads in protection,
			     and of those that it writes in flags.
			     Written by trace_writer_append_calls() alone */
	uint32_t task;	  /* serial number from 1, not the tid */
	uint64_t time_ns; /* CLOCK_MONOTONIC since the recording began */
	int32_t detail;	  /* SYSCALL*: the call's number.  SIGNAL: enum
			     signal_point.  EXIT: wait status.  INSTRUCTION:
			     enum instruction_kind of src/, 0: any one, in
			     memory that was not executable.  POINT: registers
			     that change */
	uint32_t signal;  /* SIGNAL: its number */
	int64_t result;	  /* SYSCALL, SYSCALL_EXIT: as in rax.  SIGNAL: enum
			     signal_outcome */
	/*
	 * The task's registers when the event happened.  At a SYSCALL or
	 * SYSCALL_ENTER: as at the entry, orig_rax and rax both the number.
	 * SYSCALL_EXIT and EXIT carry none (all zero).
	 */
	uint64_t registers[EVENT_REGISTERS];
	struct effect *effects;
	size_t effect_count;
};

/* An effect has at most this many bytes; a longer one must be split. */
#define EVENT_BYTES_LIMIT ((size_t)1 << 30)

/*
 * Says what is wrong with an event that no trace may hold (unknown kinds,
 * lengths and ranges out of bounds), or NULL.  Writer and reader both ask.
 */
const char *event_fault(const struct event *event);

/* The first effect of this kind, or NULL. */
const struct effect *event_find_effect(const struct event *event,
				       enum effect_kind kind);

/* Name of a kind, such as "syscall"; NULL for a value out of range. */
const char *event_kind_name(enum event_kind kind);
const char *effect_kind_name(enum effect_kind kind);

/* The effects of an event under construction; grows, and owns its bytes. */
struct effect_list {
	struct effect *effects;
	size_t count, room;
	struct effect_block *blocks; /* private */
};

/* Appends a zeroed effect of this kind and returns it until the next append. */
struct effect *effect_list_add(struct effect_list *list,
			       enum effect_kind kind);

/* As above with length bytes copied; bytes NULL leaves them to be filled. */
struct effect *effect_list_add_bytes(struct effect_list *list,
				     enum effect_kind kind, const void *bytes,
				     size_t length);

/* Empties the list and keeps its memory for the next event. */
void effect_list_clear(struct effect_list *list);
void effect_list_deinit(struct effect_list *list);

#endif
