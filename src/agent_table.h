/* SPDX-License-Identifier: MIT */
/*
 * The agent's rows: what of syscalls.def and agent_calls.def it needs.  Made at
 * build time (agent_table.c), since it can't use the table of reel itself.
 */
#ifndef REEL_AGENT_TABLE_H
#define REEL_AGENT_TABLE_H

#include <stdint.h>

#define AGENT_CONDITIONS(X)                                             \
	X(NONE)                                                         \
	X(ALWAYS)           /* it never waits */                        \
	X(SIMPLE)           /* likewise, and reads no memory; made of   \
			       ALWAYS by agent_table.c */               \
	X(PATH)             /* as long as no file system is slow */     \
	X(STATUS)           /* likewise; maybe of a descriptor */       \
	X(READ)                                                         \
	X(WRITE)                                                        \
	X(FILE_READ)        /* of files alone */                        \
	X(FILE_WRITE)                                                   \
	X(VECTOR_READ)                                                  \
	X(VECTOR_WRITE)                                                 \
	X(DIRECTORY)                                                    \
	X(OPEN)                                                         \
	X(OPEN_AT)                                                      \
	X(CLOSE)                                                        \
	X(NEW_DESCRIPTOR)   /* its result, which is another file now */ \
	X(NEW_PAIR)         /* two, in memory */                        \
	X(NEW_CONNECTION)                                               \
	X(SEND)                                                         \
	X(RECEIVE)                                                      \
	X(POLL)                                                         \
	X(SELECT)                                                       \
	X(EPOLL)                                                        \
	X(FUTEX_WAKE)                                                   \
	X(FUTEX_WAIT)                                                   \
	X(NO_SLEEP)                                                     \
	X(NON_BLOCKING_LOCK)                                            \
	X(FILE_COPY)        /* from one file to another */              \
	X(SYNC)             /* of files that are on no disk */          \
	X(POLL_MASKED)                                                  \
	X(SIGNAL_MASK)      /* that lets no pending signal in */        \
	X(SIGNAL_ACTION)    /* of signals that we need not know of */   \
	X(SOCKET_OPTION)                                                \
	X(LIMIT)            /* is asked for, and not set */             \
	X(MAP)              /* of no file, private, not executable */   \
	X(PLAIN_RANGE)      /* of what MAP mapped */                    \
	X(BREAK)                                                        \
	X(SEND_MESSAGE)                                                 \
	X(RECEIVE_MESSAGE)

enum agent_condition {
#define CONDITION_ENUM(name) CONDITION_##name,
	AGENT_CONDITIONS(CONDITION_ENUM)
#undef CONDITION_ENUM
};

enum agent_direction { AGENT_IN = 1, AGENT_OUT = 2, AGENT_INOUT = 3 };

enum agent_room {
	AGENT_ROOM_FIXED,    /* unit bytes */
	AGENT_ROOM_SIZE,     /* unit x argument, 64 bits */
	AGENT_ROOM_INT,	     /* int; negative: none */
	AGENT_ROOM_UNSIGNED,
	AGENT_ROOM_LENGTH_AT, /* unit x the u32 that the argument points to */
	AGENT_ROOM_STRING,   /* up to NUL */
	AGENT_ROOM_FD_SET,
};

enum agent_filled {
	AGENT_FILLED_ROOM,
	AGENT_FILLED_RETURNED,	/* base + unit x result */
	AGENT_FILLED_LENGTH_AT, /* base + unit x the u32 at argument */
};

enum agent_when {
	AGENT_WHEN_SUCCESS,
	AGENT_WHEN_POSITIVE,
	AGENT_WHEN_INTERRUPTED,
	AGENT_WHEN_WAITED,
	AGENT_WHEN_ALWAYS,
};

#define AGENT_EXTENTS 4

/*
 * All that CONDITION_SIMPLE needs to know of a call, in one word: in the lowest
 * byte how many arguments it has, and one; in each of the others what it
 * writes: the argument that points there, and how many words.
 */
#define AGENT_SIMPLE_BITS 8 /* for each */
#define AGENT_SIMPLE_WORD_BITS 5
#define AGENT_SIMPLE_WORDS ((1u << AGENT_SIMPLE_WORD_BITS) - 1)

struct agent_extent {
	uint8_t argument, direction, room, count;
	uint8_t filled, filled_by, when, is_bulk;
	uint8_t needs_argument; /* used only if it has any of needs */
	uint16_t base;
	uint32_t unit, limit;
	uint64_t needs;
};

/* What has a row of its own, where the key is in two arguments. */
struct agent_other {
	uint32_t first, second;
};

struct agent_row {
	uint8_t condition; /* NONE: look at the requests */
	uint8_t arguments, extents;
	uint8_t key, shift; /* request = (argument key & mask) >> shift */
	uint8_t second; /* argument with the rest of a key in two */
	/* Rows of the requests; where the key is in two, agent_others. */
	uint16_t first, end;
	uint32_t mask;
	uint32_t request;
	uint64_t simple; /* AGENT_SIMPLE_BITS; 0: it is not */
	struct agent_extent extent[AGENT_EXTENTS];
};

#endif
