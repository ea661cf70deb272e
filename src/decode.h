/* SPDX-License-Identifier: MIT */
/*
 * Turns a recorded system call into text, as strace(1) writes it.
 *
 * The rows of syscall_rows.h say what an argument is; the bytes that the event
 * saved are the memory that it points to.  What was not saved is printed as
 * an address.
 */
#ifndef REEL_DECODE_H
#define REEL_DECODE_H

#include "src/decode_memory.h"
#include "src/decode_text.h"
#include "src/syscall_table.h"
#include "traces/event.h"

/* What a descriptor stands for, from EFFECT_FD. */
struct decode_fd {
	uint32_t number;
	char *label;
	size_t length;
};

/* A call and what is known of it; the type's functions come below. */
struct decoder {
	struct syscall_call call;
	struct saved_memory before;  /* what the kernel read */
	struct saved_memory written; /* what it wrote */
	struct saved_memory after;   /* both; written wins */
	struct memory *memory;	     /* the one of these now printed from */
	struct decode_fd *fds;
	size_t fd_count;
	int exited;		     /* call.result is valid */
	unsigned printed;	     /* arguments that the entry's line had */
	struct text *text;	     /* what is being written */
	unsigned argument;	     /* the one being written */
	int is_array;		     /* it is an array, even of one element */
};

void decoder_init(struct decoder *decoder);
void decoder_deinit(struct decoder *decoder);

/* Takes what a SYSCALL or SYSCALL_ENTER event says of the entry. */
void decoder_enter(struct decoder *decoder, const struct event *event);

/* Copies what still belongs to the event, so that it can be forgotten. */
void decoder_keep(struct decoder *decoder);

/* Takes what an event inside the call (EVENT_CLONE) says it wrote. */
void decoder_add_writes(struct decoder *decoder, const struct event *event);

/* Takes what a SYSCALL or SYSCALL_EXIT event says of the end. */
void decoder_exit(struct decoder *decoder, const struct event *event);

/* How many arguments the call has. */
unsigned decoder_arguments(const struct decoder *decoder);

/* Name of an argument, such as "buf". */
const char *decoder_argument_name(const struct decoder *decoder,
				  unsigned argument);

/* Writes one argument. */
void decode_argument(struct decoder *decoder, unsigned argument,
		     struct text *text);

/* Writes "read(3, " with the arguments that are known at entry. */
void decode_entry(struct decoder *decoder, struct text *text);

/* Writes the other arguments, ") = " and the result. */
void decode_rest(struct decoder *decoder, struct text *text);

/* Writes the whole call. */
void decode_call(struct decoder *decoder, struct text *text);

/* Writes what stands after the "=". */
void decode_result(struct decoder *decoder, struct text *text);

/* Writes 3</etc/passwd>. */
void decode_fd(struct decoder *decoder, int64_t fd, struct text *text);

#endif
